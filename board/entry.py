"""Where the command ``board`` begins: imports the rest in such a way that Ctrl-C ends it without a word."""

import signal

from board.imports import without_collection

__all__ = ["main"]


def main() -> int:
    """Run ``board.cli.main``."""
    # Half-imported modules have no answer to a KeyboardInterrupt but a traceback: until they are whole the
    # system's own answer serves. Where the interrupt is ignored, as under nohup, it stays so.
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    with without_collection():
        from board.cli import main as run  # late: it imports numpy, a third of a second on a busy machine

    try:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return run()
    except KeyboardInterrupt:  # between the two lines above and run's own answer
        return 130
