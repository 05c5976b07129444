"""What waits between the training's threads and the writer's, and what of it goes where there is no room."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from writer.format.encode import BATCH
from writer.format.wire import Parts, count_bytes
from writer.losses import Losses
from writer.series import Series

__all__ = [
    "MARK",
    "EncodedLane",
    "Media",
    "MediaLane",
    "ScalarLane",
    "Ticket",
    "drop_newest_scalar",
    "drop_oldest_media",
]

# (series, value, step, wall_time); a MARK stands in the series' place, with its ticket as the value, or a BATCH, with
# numbers by tag.
ScalarLane = deque[tuple[Any, Any, Any, float]]
# (series, a record's parts); a MARK likewise.
EncodedLane = deque[tuple[Any, Any]]

MARK = object()


class Ticket:
    """One ``flush`` or ``close`` on its way through both lanes: all that was accepted before it is ahead of it."""

    def __init__(self, *, is_last: bool = False, sync: bool = False) -> None:
        """Ask for what is ahead to be written; the last one ends the files, one with ``sync`` awaits the disk."""
        self.is_last = is_last
        self.sync = sync
        self.has_passed_media = True
        self.held_before = 0  # sequence number of the last value that was on its way
        self.is_handed_over = False
        self.done = threading.Event()

    def settle(self, *, is_handed_over: bool) -> None:
        """Let the waiting thread go on."""
        self.is_handed_over = is_handed_over
        self.done.set()


class Media(NamedTuple):
    """A value that takes time to encode: image, histogram, text, graph, a file beside the event file."""

    series: Series | str
    size: int  # bytes that it keeps in memory
    encode: Callable[[], Parts | bytes]  # to a serialised event; b"" where it goes elsewhere


MediaLane = deque[Media | Ticket]


def drop_oldest_media(encoded: EncodedLane, media: MediaLane, losses: Losses) -> int | None:
    """Make room at the cost of media; return how many bytes, None where none are left.

    The writer's thread takes none meanwhile.
    """
    for lane in (encoded, media):
        try:
            first = lane.popleft()
        except IndexError:
            continue
        if isinstance(first, Media):
            losses.drop(first.series)
            return first.size
        if isinstance(first, Ticket):
            if first.is_last:  # the encoder's thread ends by it
                media.appendleft(first)
                return None
            encoded.append((MARK, first))  # nothing is left that was ahead of it
        elif first[0] is MARK:
            first[1].has_passed_media = True
        else:
            losses.drop(first[0])
            return count_bytes(first[1])
        return 0
    return None


def drop_newest_scalar(scalars: ScalarLane, losses: Losses) -> int:
    """Make room at the cost of a scalar, or of a batch of them; return how many."""
    kept = []
    count = 0
    try:
        while (item := scalars.pop())[0] is MARK:
            kept.append(item)
        tags = item[1] if item[0] is BATCH else item[:1]
        for tag in tags:
            losses.drop(tag)
        count = len(tags)
    except IndexError:
        pass
    scalars.extend(reversed(kept))
    return count
