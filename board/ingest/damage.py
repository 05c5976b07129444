"""What of an event file could not be read, and where reading can go on behind it.

Nothing at the end of a file that still grows is damaged yet: a writer may be in the middle of it, and a network file
system shows zeros for what has not arrived. So bytes get 30 s before they are judged.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from board.ingest.clock import Clock
from board.ingest.read_buffer import ReadBuffer
from board.model import Problem
from board.storage import FileInfo, NotAFileError, OpenFile
from writer.format.records import (
    FOOTER_BYTES,
    HEADER_BYTES,
    LENGTH_BYTES,
    MAX_RECORD_BYTES,
    Found,
    Scan,
    Scanner,
    find_record,
)

__all__ = ["SETTLE_S", "Damage", "Growth"]

SETTLE_S = 30.0
_FREE_BYTES = 64 << 20  # checksummed in vain while looking for records, beyond 4 x the gaps
_HISTORY_STEP_S = 1.0

_MESSAGES = {
    "payload_crc": "The checksum of a record is wrong; it was skipped.",
    "undecodable": "A record's checksums are right, but it holds no event; it was skipped.",
    "gap": "Bytes that are no records were skipped; what was found behind them is marked as salvaged.",
    "too_long": f"A record is longer than {MAX_RECORD_BYTES >> 20} MiB; it was skipped.",
    "lying_length": "A record says that it is longer than its file can hold; nothing was read of it.",
    "torn_tail": "The file ends in the middle of a record; it is read on as soon as the rest is there.",
    "unreadable_tail": "The last bytes of the file are no records; they are looked at again when it grows.",
    "given_up": "Behind this place looking for records became too costly; the rest of the file was not read.",
}


class Growth:
    """How old the bytes of a file are, as this process has seen them come."""

    __slots__ = (
        "_changed_at",
        "_known",
        "_sizes",
        "clock",
    )

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._known: tuple[int, float] | None = None
        self._changed_at = -math.inf  # monotonic
        self._sizes: list[tuple[float, int]] = []  # (since when, size): about one a second

    def note(self, info: FileInfo) -> None:
        """Take in what the file system says now."""
        now = self.clock.monotonic()
        if self._known is None:  # of what was there before us only the last change is known
            self._changed_at = now - max(0.0, self.clock.wall() - info.mtime)
            self._sizes.append((-math.inf, info.size))
        elif self._known != (info.size, info.mtime):
            self._changed_at = now
            if now - self._sizes[-1][0] < _HISTORY_STEP_S:
                self._sizes[-1] = (self._sizes[-1][0], info.size)
            else:
                self._sizes.append((now, info.size))
        self._known = info.size, info.mtime
        while len(self._sizes) > 1 and self._sizes[1][0] <= now - SETTLE_S:
            del self._sizes[0]

    @property
    def quiet_s(self) -> float:
        """Seconds since the file last changed."""
        return self.clock.monotonic() - self._changed_at

    @property
    def settled_size(self) -> int:
        """Bytes that have been there for 30 s, or since before we first looked."""
        if self.quiet_s >= SETTLE_S and self._known is not None:
            return self._known[0]
        return self._sizes[0][1] if self._sizes else 0


@dataclass(slots=True)
class _Search:
    """A look for the next record, continued when the file grows."""

    start: int  # of the gap
    resume: int
    first_open: int | None = None  # a header whose record may yet arrive
    open_end: int = 0  # how large the file must be before such a record can be there


@dataclass(slots=True)
class Damage:
    """Counts, per code, what was skipped in one file; decides at each stop whether to wait or to go on behind."""

    label: str  # the file, to people
    has_gap: bool = False
    is_dead: bool = False
    is_searching: bool = False  # the deadline came while a record was looked for
    _counted: dict[str, Problem] = field(default_factory=dict)
    _pending: Problem | None = None  # may heal
    _unreadable: Problem | None = None
    _is_held: bool = False  # to be judged once it has settled
    _suspect: Found | None = None  # a bad payload with nothing read behind it yet
    _judged_last: Found | None = None  # a bad payload that was the last thing in the file when its time was over
    _search: _Search | None = None
    _gap_bytes: int = 0  # of all gaps so far
    _vain_bytes: int = 0  # checksummed, and no record: over the whole file, lest many small gaps cost what one may not

    @property
    def is_troubled(self) -> bool:
        """Whether there is anything to say of the file."""
        return self.is_dead or bool(self._counted) or self._pending is not None or self._unreadable is not None

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that is wrong with the file as it is."""
        counted = dict(self._counted)
        if self._pending is not None:
            known = counted.get(self._pending.code)
            counted[self._pending.code] = _sum(known, self._pending) if known else self._pending
        return (*counted.values(), *([self._unreadable] if self._unreadable else ()))

    @property
    def counted(self) -> tuple[Problem, ...]:
        """What was skipped for good."""
        return tuple(self._counted.values())

    @property
    def suspect(self) -> Found | None:
        """A bad record with nothing read behind it yet."""
        return self._suspect

    def before_last(self, end: int) -> tuple[int, tuple[Problem, ...]]:
        """Return where the file should be read on after a restart, and what was counted up to there.

        A bad record that is the last thing in the file was judged because nothing had come for a while. Who looks again
        much later may find it whole: so it is before the record, not at the end.
        """
        last = self._judged_last
        if last is None or last.offset + last.length != end:
            return end, self.counted
        counted = dict(self._counted)
        known = counted.pop(last.code)
        if known.count > 1:
            counted[last.code] = replace(known, count=known.count - 1, length=known.length - last.length)
        return last.offset, tuple(counted.values())

    def restore(self, counted: Iterable[Problem], suspect: Found | None, *, has_gap: bool, is_dead: bool) -> None:
        """Take over what an earlier reader of the file had found."""
        self._counted = {problem.code: replace(problem, file=self.label) for problem in counted}
        self._suspect = suspect
        self.has_gap = has_gap
        self.is_dead = is_dead

    def set_unreadable(self, error: OSError | None) -> None:
        """Remember that the file could not be opened or read just now; None: it could."""
        if error is None:
            self._unreadable = None
        else:
            code = "not_a_file" if isinstance(error, NotAFileError) else "unreadable"
            reason = str(error) if error.strerror is None else error.strerror
            self._unreadable = Problem(self.label, code, f"The file cannot be read: {reason}. It is tried again.")

    def forget_pending(self) -> None:
        """Begin a new look at the end of the file."""
        self._pending = None
        self._is_held = False

    def wants_another_look(self, growth: Growth) -> bool:
        """Whether something waits for its 30 s, and they are over."""
        return self._is_held and growth.quiet_s >= SETTLE_S

    def note_skipped(self, found: tuple[Found, ...], end: int) -> None:
        """Take in the records that a scan, which used the file up to ``end``, has skipped."""
        if self._suspect is not None and end > self._suspect.offset + self._suspect.length:
            self._count(self._suspect.code, self._suspect.offset, self._suspect.length)
            self._suspect = None
        for skipped in found:
            if skipped.code == "payload_crc" and skipped.offset + skipped.length == end:
                self._suspect = skipped  # perhaps torn: then its length has swallowed the records behind it
            else:
                self._count(skipped.code, skipped.offset, skipped.length)

    def judge_last(
        self, end: int, file: OpenFile, buffer: ReadBuffer, growth: Growth, deadline: float
    ) -> tuple[int, bool]:
        """Judge a bad payload that is the last thing in the file, if there is one.

        Returns:
            Where the next read begins, and whether it is due now: at a record inside of the bad one, where that was
            torn and has swallowed those behind it; else at the file's end. While the file is young, or where
            ``is_searching``, before the bad record.
        """
        self.is_searching = False
        suspect, self._suspect = self._suspect, None
        if suspect is None:
            return end, False
        if suspect.offset >= growth.settled_size or growth.quiet_s < SETTLE_S:
            self._is_held = True
            self._pending = self._problem("payload_crc", suspect.offset, suspect.length)
            return suspect.offset, False
        buffer.shrink()
        found = self._find(suspect.offset, suspect.offset + HEADER_BYTES, file, buffer, growth, deadline)
        if self.is_searching:
            return suspect.offset, False
        self.is_dead = False  # of what cost too much only this record is given up
        if found is not None and _are_records(file, found, end, buffer):
            self._count_gap(suspect.offset, found)
            return found, True
        self._search = None
        self._count(suspect.code, suspect.offset, suspect.length)
        self._judged_last = suspect
        return end, False

    def resume(
        self, scan: Scan, offset: int, file: OpenFile, buffer: ReadBuffer, growth: Growth, deadline: float
    ) -> int | None:
        """Decide what to do where a scan has stopped.

        Returns:
            Where to read on; None: wait, or the file is given up, or ``is_searching``.
        """
        size = file.info.size
        self.is_searching = is_being_written = False
        has_header = scan.stop == "too_long" or (scan.stop == "incomplete" and size - offset >= HEADER_BYTES)
        suspect = self._suspect
        if suspect is not None and has_header:  # its length was right
            self._count(suspect.code, suspect.offset, suspect.length)
            suspect = self._suspect = None
        if scan.stop == "incomplete":
            is_being_written = growth.quiet_s < SETTLE_S
            if is_being_written and not has_header:
                self._is_held = True
                return None
            start, look_from, code = offset, offset + HEADER_BYTES, "torn_tail"
        elif scan.stop == "too_long":
            end = offset + HEADER_BYTES + scan.stop_length + FOOTER_BYTES
            if end <= size:
                self._count("too_long", offset, end - offset)
                return end
            start, look_from, code = offset, offset + HEADER_BYTES, "lying_length"
            self._pending = self._problem(code, start, size - start)
        else:
            start, look_from, code = offset, offset + 1, "unreadable_tail"
        if suspect is not None:
            start, look_from = suspect.offset, suspect.offset + HEADER_BYTES
        if start >= growth.settled_size:
            self._is_held = True
            return None
        found = self._find(start, look_from, file, buffer, growth, deadline)
        if self.is_searching:
            return None
        if self.is_dead:
            self._count("given_up", start, size - start)
            return None
        if found is None:
            if suspect is not None and scan.stop == "incomplete":
                self._count(suspect.code, suspect.offset, suspect.length)
                self._suspect, start = None, offset
            self._is_held = is_being_written  # a large record may take its writer longer than we wait with others
            self._pending = None if is_being_written else self._problem(code, start, size - start)
            return None
        if code == "lying_length":
            self._count(code, start, 0)
        self._count_gap(start, found)
        self._pending = self._suspect = None
        return found

    def _find(
        self, start: int, look_from: int, file: OpenFile, buffer: ReadBuffer, growth: Growth, deadline: float
    ) -> int | None:
        """Look for the next whole record behind ``start``, from where the last look ended."""
        search = self._search
        if search is None or search.start != start:
            search = self._search = _Search(start, look_from)
        size = file.info.size
        at = search.resume
        if search.first_open is not None and size >= search.open_end:
            at, search.first_open = search.first_open, None
        while size - at >= HEADER_BYTES + FOOTER_BYTES:
            at = max(at, min(file.next_data(at), size) - HEADER_BYTES)  # no record begins with more zeros than that
            view = memoryview(buffer.bytes)[: min(len(buffer), size - at)]
            n = file.read_into(view, at)
            budget = 4 * (self._gap_bytes + at + n - start) + _FREE_BYTES - self._vain_bytes
            look = find_record(view[:n], 0, limit=size - at, checksum_budget=budget)
            self._vain_bytes += look.checksummed
            if look.offset is not None:
                self._vain_bytes -= int.from_bytes(view[look.offset : look.offset + LENGTH_BYTES], "little")
                return at + look.offset
            if look.is_over_budget or n < HEADER_BYTES:
                self.is_dead = look.is_over_budget
                return None
            if look.first_open is not None and look.open_end is not None:
                search.open_end = (
                    at + look.open_end if search.first_open is None else min(search.open_end, at + look.open_end)
                )
                search.first_open = at + look.first_open if search.first_open is None else search.first_open
            if look.resume + HEADER_BYTES <= n:  # a record that the file has, but not the buffer
                length = int.from_bytes(view[look.resume : look.resume + LENGTH_BYTES], "little")
                if length > budget:
                    self.is_dead = True
                    return None
                need = HEADER_BYTES + length + FOOTER_BYTES
                if need > len(buffer):
                    view.release()
                    buffer.grow(need, keep=0)
            at += look.resume
            search.resume = at
            if growth.clock.monotonic() > deadline:
                self.is_searching = True
                return None
        search.resume = at
        return None

    def _problem(self, code: str, offset: int, length: int) -> Problem:
        return Problem(self.label, code, _MESSAGES[code], offset, length)

    def _count_gap(self, start: int, end: int) -> None:
        self._count("gap", start, end - start)
        self._gap_bytes += end - start
        self.has_gap = True
        self._search = None

    def _count(self, code: str, offset: int, length: int) -> None:
        problem = self._problem(code, offset, length)
        known = self._counted.get(code)
        self._counted[code] = _sum(known, problem) if known else problem


def _sum(known: Problem, more: Problem) -> Problem:
    return replace(known, length=known.length + more.length, count=known.count + more.count)


def _are_records(file: OpenFile, start: int, end: int, buffer: ReadBuffer) -> bool:
    """Whether whole records lie from one offset to exactly the other.

    So it is with those behind a torn record, if its length ends with one of them; never with an event file inside of a
    value, which the value's own checksum follows.
    """
    scanner = Scanner()
    while start < end:
        n = file.read_into(memoryview(buffer.bytes)[: min(len(buffer), end - start)], start)
        scan = scanner.scan(memoryview(buffer.bytes)[:n], start)
        start += scan.consumed
        if scan.found:
            return False
        if scan.consumed == 0:
            need = HEADER_BYTES + scan.stop_length + FOOTER_BYTES
            if scan.stop != "incomplete" or not len(buffer) < need <= end - start:
                return False
            buffer.grow(need, keep=0)
    return True
