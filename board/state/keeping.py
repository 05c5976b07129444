"""All that a board keeps, in one place, and the thread that writes what nobody waits for."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from board.errors import NotKeptError
from board.state.choices import Choices
from board.state.colours import Colours
from board.state.database import Database
from board.state.place import find_place
from board.state.views import Views

__all__ = ["State", "scope_of"]

GATHER_S = 0.5  # numbers of runs that appear one after the other are written together
LOOK_S = 2.0  # at what other boards have written
RETRY_S = 20.0  # after a failure; and to see whether the database is still there
STOP_S = 1.0


class State:
    """Views, colours and choices. Any thread may call; only ``see`` is sure never to wait for a disk."""

    def __init__(self, given: str | None, logdirs: Sequence[str]) -> None:
        """Find the place; nothing is read or written yet.

        Args:
            given: a path or a URL, see ``find_place``; None: nothing is kept.
            logdirs: as given on the command line; views and colours are theirs.

        Raises:
            StateError: ``given`` is no such thing.
        """
        self.database = Database(None if given is None else find_place(given))
        scope = scope_of(logdirs)
        self.views = Views(self.database, scope)
        self.colours = Colours(self.database, scope)
        self.choices = Choices(self.database)
        self.on_choices: Callable[[frozenset[str]], None] = lambda keys: None  # told of runs that another board changed
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board-state", daemon=True)

    @property
    def where(self) -> str:
        """The place, for a person."""
        return self.database.place.shown if self.database.place else ""

    def start(self) -> None:
        """Read what is kept, and start the thread."""
        if self.database.place is not None and not self.database.place.refusal:
            self.database.probe()
            self.colours.load()
        self.choices.look()  # what others change from now on is news
        self._thread.start()

    def see(self, runs: Iterable[str]) -> None:
        """Number new runs, for their colours; at once in memory, and soon where it is kept."""
        self.colours.see(runs)
        self._wake.set()

    def close(self) -> None:
        """Write what is not written yet, as far as that takes no longer than a second."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        self.database.close()

    def _run(self) -> None:
        due = RETRY_S
        while not self._stopping.is_set():
            is_woken = self._wake.wait(LOOK_S)
            if changed := self.choices.look():
                self.on_choices(changed)
            due -= LOOK_S
            if is_woken or due <= 0:
                self._wake.clear()
                self._stopping.wait(GATHER_S)
                due = RETRY_S
                self._keep_numbers()
        self._keep_numbers()

    def _keep_numbers(self) -> None:
        with suppress(NotKeptError):  # the reason is in the database's; tried again after a while
            if self.colours.is_lost():  # deleted under us: what we know is written again
                self.colours.write_again()
            self.colours.keep()


def scope_of(logdirs: Sequence[str]) -> str:
    """Return the logdirs as absolute paths, one a line; a name that one was given stands before it."""
    found = []
    for given in logdirs:
        name, sign, path = given.partition("=")
        is_named = bool(sign) and "/" not in name
        folder = Path(path if is_named else given).expanduser()
        found.append(f"{name}={folder.resolve()}" if is_named else str(folder.resolve()))
    return "\n".join(found)
