"""Train the convolutional net and serve the board on it, until Ctrl-C: what `make demo` runs.

python examples/demo.py [options of board]
"""

import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    # Whatever ends this ends all three: a closed terminal and `kill` as Ctrl-C does.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    log_dir = Path(f"runs/mnist/cnn-{datetime.now():%m%d-%H%M%S}")
    training = [sys.executable, HERE / "train_mnist.py", "--model", "cnn", "--log-dir", log_dir]
    board, train = None, None
    try:
        # The board first: it answers at once and waits for the logdir.
        # Groups of their own: the terminal's Ctrl-C would meet them in the middle of importing.
        serving = [Path(sys.executable).with_name("board"), "runs", "--open", *sys.argv[1:]]
        board = subprocess.Popen(serving, process_group=0)
        train = subprocess.Popen(training, stdout=subprocess.DEVNULL, process_group=0)
        return board.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # asked twice is asked once
        if train:  # once it logs, an interrupt lets it end its file
            train.send_signal(signal.SIGINT if log_dir.exists() else signal.SIGTERM)
            train.wait()
        if board:
            board.terminate()
            board.wait()


if __name__ == "__main__":
    sys.exit(main())
