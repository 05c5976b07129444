"""Train the convolutional net and serve the board on it, until Ctrl-C: what `make demo` runs."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    log_dir = f"runs/mnist/cnn-{datetime.now():%m%d-%H%M%S}"
    # The board first: it answers at once and waits for the logdir.
    board = subprocess.Popen([Path(sys.executable).with_name("board"), "runs", "--open"])
    train = subprocess.Popen(
        [sys.executable, HERE / "train_mnist.py", "--model", "cnn", "--log-dir", log_dir], stdout=subprocess.DEVNULL
    )
    try:
        return board.wait()
    except KeyboardInterrupt:  # Ctrl-C in a terminal reaches all three processes
        return 0
    finally:
        for process in (train, board):
            process.terminate()
        for process in (train, board):
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
