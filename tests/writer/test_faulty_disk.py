"""Each call of the disk fails in turn, once and for good; hangs; takes a byte at a time: what is lost is counted."""

import errno
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import board
from tests.writer.faulty_disk import ERRNOS, FaultyDisk
from tests.writer.tensorboard_reader import find_event_files, read_events, read_own, wait_until
from tests.writer.test_event_file import assert_whole, make_record, read_steps
from writer.batch import count_whole
from writer.event_file import EventFile
from writer.event_queue import EventQueue
from writer.format.framing import encode_record
from writer.handover import Handover
from writer.lanes import Media
from writer.summaries import encode_event, text_value
from writer.syncing import SyncRound

pytestmark = pytest.mark.slow

RECORDS = 12


def write_all(file: EventFile, tries: int = 60) -> bool:
    """Write twelve records three at a time, sync after each, try again what fails; whether all of it was written."""
    for step in range(RECORDS):
        file.pending.append(make_record(step))
        if step % 3 == 2:
            for _ in range(tries):
                try:
                    file.write()
                except OSError:
                    continue
                if sync(file) and not file.has_pending:
                    break
    return not file.has_pending


def sync(file: EventFile) -> bool:
    """Sync as the writer does, and wait for it."""
    try:
        part = file.begin_sync()
    except OSError:
        return False
    if part is None:
        return True
    started = SyncRound([part])
    assert started.wait(10.0)
    return not started.settle()


def assert_torn_at_most_at_the_end(folder: Path) -> None:
    """Assert that in each file only the last record may be torn."""
    for path in find_event_files(folder):
        data = path.read_bytes()
        assert count_whole(data, len(data))[0] == len(read_events(path))


def read_all_steps(folder: Path) -> list[int]:
    """Steps that the board and TensorBoard read of the folder's files; both the same."""
    theirs = sorted(set(read_steps(folder)))
    series = board.open(folder, cache=False)["."].scalars["a"]
    assert sorted(set(series.step.tolist())) == theirs
    return theirs


def failing_once(at: int, number: int) -> Callable[[str, int], int]:
    return lambda call, ordinal: number if ordinal == at else 0


def failing_for_a_while(at: int, number: int) -> Callable[[str, int], int]:
    return lambda call, ordinal: number if at <= ordinal < at + 9 else 0


def count_calls(folder: Path, most: int) -> int:
    disk = FaultyDisk(most=most)
    file = EventFile(str(folder), disk=disk)
    assert write_all(file)
    file.close()
    return len(disk.calls)


@pytest.mark.parametrize(
    ("number", "most"),
    [(number, 1 << 20) for number in ERRNOS] + [(number, 20) for number in ERRNOS[:3]],
    ids=lambda value: errno.errorcode.get(value, f"{value} bytes at once"),
)
@pytest.mark.parametrize("failing", [failing_once, failing_for_a_while])
def test_whichever_call_fails_nothing_is_lost_and_no_torn_record_is_followed(
    tmp_path: Path, number: int, failing: Callable[[int, int], Callable[[str, int], int]], most: int
) -> None:
    calls = count_calls(tmp_path / "all well", most)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for at in range(1, calls + 1):
        folder = tmp_path / str(at)
        disk = FaultyDisk(failing(at, number), most=most)
        file = EventFile(str(folder), disk=disk)
        assert write_all(file), at
        file.close()
        assert file.written == RECORDS
        steps = read_steps(folder)
        assert sorted(set(steps)) == list(range(RECORDS)), at
        assert_torn_at_most_at_the_end(folder)
        if not {"truncate", "remove"} & set(disk.calls[at - 1 : at + 9]):
            assert_whole(folder)
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_a_disk_that_fails_for_good_takes_no_descriptors_and_leaves_no_torn_record(tmp_path: Path) -> None:
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for at, number in itertools.product(range(1, 30), (errno.EIO, errno.ENOSPC)):
        folder = tmp_path / f"{at}-{number}"
        file = EventFile(
            str(folder), disk=FaultyDisk(lambda call, ordinal, at=at, number=number: number if ordinal >= at else 0)
        )
        write_all(file, tries=5)
        file.close()
        if folder.exists():
            steps = sorted(set(read_steps(folder)))
            assert steps == list(range(len(steps)))
            assert_torn_at_most_at_the_end(folder)
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_after_a_failed_sync_what_may_be_lost_is_written_anew_and_read_once(tmp_path: Path) -> None:
    failures = iter([0, 0, errno.EIO])
    disk = FaultyDisk(lambda call, ordinal: next(failures, 0) if call == "sync" else 0)
    file = EventFile(str(tmp_path), disk=disk)
    for step in range(6):
        file.pending.append(make_record(step))
        file.write()
        is_safe = sync(file)
        assert is_safe == (step != 2)
    (first, second) = find_event_files(tmp_path)
    assert read_steps(tmp_path) == [0, 1, 2, 3, 4, 5]
    # What the failed file had not on the disk is in the next one, and cut off from the first.
    assert [event.step for event in read_events(first)[2:]] == [0, 1]
    assert [event.step for event in read_events(second)[2:]] == [2, 3, 4, 5]
    records = [read_own(read_events(path)[1]).writer for path in (first, second)]
    assert records[1].parent == records[0].uuid
    # It is never asked again of the file that failed.
    asked = [call for call in disk.synced if call.endswith(first.name)]
    assert len(asked) == 2
    assert read_all_steps(tmp_path) == list(range(6))
    assert file.written == 6
    file.close()


def test_what_is_kept_for_a_failing_disk_is_bounded(tmp_path: Path) -> None:
    failures = iter([errno.EIO])
    disk = FaultyDisk(lambda call, ordinal: next(failures, 0) if call == "sync" else 0)
    file = EventFile(str(tmp_path), disk=disk)
    record = encode_record(make_text(900_000))
    for _ in range(22):
        file.pending.append(record)
        file.write()
    assert 15 << 20 < file._offset - file._unsynced.start <= 16 << 20
    assert not sync(file)
    file.write()
    assert sync(file)
    file.close()
    assert len(read_steps(tmp_path, b"text")) == 22


def make_text(size: int) -> bytes:
    """Serialise a long text."""
    return b"".join(encode_event(text_value(b"text", "x" * size, plain_tag=True), 1, 5.0))


class Rig:
    """A queue over a disk that the test commands."""

    def __init__(self, folder: Path, *, queue_bytes: int = 1 << 18, flush_s: float = 0.02) -> None:
        self.folder = folder
        self.disk = FaultyDisk()
        self.queue = EventQueue(
            lambda sub_run: EventFile(str(folder / sub_run), disk=self.disk),
            queue_bytes=queue_bytes,
            max_queue=10,
            flush_s=flush_s,
            sync_s=30.0,
        )
        self.handover = Handover(self.queue)

    def add(self, first: int, last: int) -> None:
        """Log scalars "a" at these steps."""
        for step in range(first, last):
            self.handover.put_number("a", 1.0, step, None)

    def add_media(self, count: int) -> None:
        """Log values of 20 kB each that take no time to encode."""
        for number in range(count):
            data = make_record(number)[12:-4].replace(b"a", b"m", 1)
            self.queue.put_media(Media("m", 20_000, lambda data=data: data))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.disk.go_on()
    made.queue.close()


def count_dropped(folder: Path) -> dict[str, int]:
    end = read_own(read_events(find_event_files(folder)[-1])[-1]).end
    return {entry.tag.decode(): entry.count for entry in end.dropped}


def read_gaps(folder: Path) -> list[dict[str, int]]:
    found = []
    for path in find_event_files(folder):
        for event in read_events(path):
            if any(value.tag == b"_trainboard_/gap" for value in event.summary.value):
                gap = read_own(event).gap
                assert gap.begin_wall_time <= gap.end_wall_time <= time.time()
                found.append({entry.tag.decode(): entry.count for entry in gap.dropped})
    return found


@pytest.mark.parametrize("call", ["write", "look"])
def test_a_hung_disk_holds_nobody_and_gets_everything_that_there_was_room_for(
    rig: Rig, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    rig.add(0, 100)
    rig.queue.flush()
    rig.disk.hang(call)
    rig.add(100, 200)
    begin = time.monotonic()
    assert not rig.queue.flush(timeout_s=0.2)
    rig.add_media(40)  # 800 kB: more than there is room for
    rig.add(200, 3000)
    waited = time.monotonic() - begin
    assert 1.5 < waited < 6.0  # once, for the time in which a disk may come back
    slowest = 0.0
    for step in range(3000, 6000):
        begin = time.perf_counter()
        rig.add(step, step + 1)
        slowest = max(slowest, time.perf_counter() - begin)
    assert slowest < 0.25
    begin = time.monotonic()
    assert not rig.queue.flush()
    assert time.monotonic() - begin < 0.5
    assert caplog.text.count("values are dropped, scalars last") == 1
    rig.disk.go_on()
    wait_until(lambda: bool(read_gaps(rig.folder)))
    assert "events are written again" in caplog.records[-1].getMessage()
    assert len(caplog.records) == 2
    rig.queue.close()
    dropped = count_dropped(rig.folder)
    assert read_gaps(rig.folder) == [dropped]
    steps = read_steps(rig.folder)
    assert steps == sorted(set(steps))
    assert len(steps) + dropped["a"] == 6000
    assert steps[:200] == list(range(200))
    assert len(read_steps(rig.folder, b"m")) + dropped["m"] == 40
    assert dropped["m"] > 30  # media went first
    logs = board.open(rig.folder, cache=False)
    assert logs["."].scalars["a"].step.tolist() == steps
    assert list(logs.problems) == []


def test_closing_over_a_hung_disk_ends_in_time(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.disk.hang("write")
    rig.add(0, 100)
    begin = time.monotonic()
    rig.queue.close(timeout_s=0.5)
    assert time.monotonic() - begin < 2.0
    assert "could not be ended within" in caplog.text


def test_a_sync_that_hangs_delays_no_write(rig: Rig) -> None:
    rig.disk.hang("sync")
    rig.add(0, 10)
    assert not rig.queue.flush(timeout_s=0.2, sync=True)
    rig.add(10, 2000)
    assert rig.queue.flush(timeout_s=5.0)
    assert read_steps(rig.folder) == list(range(2000))
    rig.disk.go_on()
    assert rig.queue.flush(timeout_s=5.0, sync=True)


def test_a_slow_disk_that_moves_is_waited_for(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.disk.most = 4096
    slow = threading.Event()

    def delay(call: str, ordinal: int) -> int:
        if call == "write" and not slow.is_set():
            time.sleep(0.1)  # a record of 200 kB takes 5 s
        return 0

    rig.disk.fault = delay
    data = make_text(200_000)
    rig.queue.put_media(Media("big", 200_000, lambda: data))
    rig.add(0, 1500)
    begin = time.monotonic()
    rig.add(1500, 2000)
    assert time.monotonic() - begin < 60.0
    slow.set()
    rig.queue.close()
    assert count_dropped(tmp_path) == {}
    assert sorted(set(read_steps(tmp_path))) == list(range(2000))


def test_a_hung_encoder_holds_no_scalar_and_no_end(rig: Rig) -> None:
    goes_on = threading.Event()
    rig.queue.put_media(Media("m", 1000, lambda: bytes(goes_on.wait() * 0)))
    rig.add(0, 500)
    wait_until(lambda: read_steps(rig.folder) == list(range(500)))
    begin = time.monotonic()
    rig.queue.close()
    assert time.monotonic() - begin < 10.5
    assert read_own(read_events(find_event_files(rig.folder)[0])[-1]).end.status == 1
    goes_on.set()


def test_a_broken_encoder_is_counted_and_holds_nothing(rig: Rig) -> None:
    def fail() -> bytes:
        raise SystemExit("as a library that ends the thread")

    for _ in range(5):
        rig.queue.put_media(Media("m", 1000, fail))
    rig.add(0, 500)
    assert rig.queue.flush()
    rig.queue.close()
    assert count_dropped(rig.folder) == {"m": 5}
    assert read_steps(rig.folder) == list(range(500))


@pytest.mark.parametrize("exception", [-2, -1], ids=["MemoryError", "SystemExit"])
def test_whatever_a_call_raises_the_thread_goes_on(
    tmp_path: Path, exception: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    for at in range(1, 16):
        rig = Rig(tmp_path / str(at), flush_s=0.0)
        first = len(rig.disk.calls)
        rig.disk.fault = lambda call, ordinal, at=first + at: exception if ordinal == at else 0  # type: ignore[misc]
        for step in range(6):
            rig.add(step, step + 1)
            rig.queue.flush(1.0, sync=step == 3)
        rig.disk.fault = lambda call, ordinal: 0
        rig.add(6, 7)
        rig.add_media(1)
        rig.queue.close()
        assert set(read_steps(rig.folder)) == set(range(7)), rig.disk.calls[first + at - 1]
        assert read_steps(rig.folder, b"m") == [0]
        assert_torn_at_most_at_the_end(rig.folder)


def test_what_is_synced_was_asked_of_the_disk(rig: Rig) -> None:
    from writer.series import Series

    rig.add(0, 1)
    rig.handover.put_number(Series("sub", "b"), 1.0, 1, None)
    assert rig.queue.flush()
    assert rig.disk.synced == []
    assert rig.queue.flush(sync=True)
    files = [str(next(folder.glob("*tfevents*"))) for folder in (rig.folder, rig.folder / "sub")]
    assert rig.disk.synced == [files[0], str(rig.folder), files[1], str(rig.folder / "sub")]
    assert rig.queue.flush(sync=True)
    assert len(rig.disk.synced) == 4  # nothing has been written since
    rig.add(1, 2)
    rig.queue.close()
    assert set(rig.disk.synced[4:]) == set(files)
    assert not rig.queue.flush(sync=True), "what was closed was not waited for"


def test_without_a_word_it_is_synced_in_time(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.queue.close()
    rig.queue._sync_s = 0.3
    rig.add(0, 10)
    wait_until(lambda: len(rig.disk.synced) > 0)
    rig.add(10, 20)
    rig.queue.flush()
    before = len(rig.disk.synced)
    wait_until(lambda: len(rig.disk.synced) > before)  # even of a writer that has gone to sleep
    rig.queue.close()


def test_a_failed_sync_is_told_and_made_good(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    failures = iter([errno.EIO])
    rig.disk.fault = lambda call, ordinal: next(failures, 0) if call == "sync" else 0
    rig.add(0, 10)
    assert not rig.queue.flush(sync=True)
    assert "may not be on the disk" in caplog.text
    rig.add(10, 20)
    assert rig.queue.flush(sync=True)
    assert len(find_event_files(rig.folder)) == 2
    assert read_steps(rig.folder) == list(range(20))


def test_a_sync_that_fails_at_the_end_is_made_good(rig: Rig) -> None:
    failures = iter([errno.EIO])
    rig.disk.fault = lambda call, ordinal: next(failures, 0) if call == "sync" else 0
    rig.add(0, 10)
    rig.queue.close()
    (_, second) = find_event_files(rig.folder)
    assert read_steps(rig.folder) == list(range(10))
    assert read_own(read_events(second)[-1]).end.written == 10
    assert board.open(rig.folder, cache=False)["."].scalars["a"].step.tolist() == list(range(10))


def test_memory_is_bounded_over_a_stuck_disk(tmp_path: Path) -> None:
    rig = Rig(tmp_path, queue_bytes=16 << 20)
    rig.disk.hang("write")
    image = np.zeros((1 << 20,), np.uint8)
    before = read_resident_bytes()
    for step in range(200):
        rig.handover.put_arrays("m", lambda tag, array: None, [image], step, None)
    assert read_resident_bytes() - before < (16 + 20) << 20
    rig.disk.go_on()
    rig.queue.close()


def read_resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_what_a_close_could_not_write_is_told_of_in_the_next_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(tmp_path)
    rig.add(0, 10)
    rig.queue.flush()
    rig.disk.fault = lambda call, ordinal: errno.ENOSPC if call in ("write", "create") else 0
    rig.add(10, 30)
    rig.queue.put_batch({"a": 1.0, "b": 2.0}, 30, 5.0)
    time.sleep(0.3)
    rig.queue.close()
    assert "were lost at the end of the log" in caplog.text
    rig.disk.fault = lambda call, ordinal: 0
    rig.add(40, 50)
    rig.queue.close()
    assert read_steps(tmp_path) == [*range(10), *range(40, 50)]
    assert sum(count_dropped(tmp_path).values()) == 20 + 2
    assert rig.queue._batched == 0


def test_a_full_disk_that_takes_a_piece_of_a_record_now_and_again_is_stuck(rig: Rig) -> None:
    rig.add(0, 10)
    rig.queue.flush()
    rig.disk.most = 5
    rig.disk.fault = lambda call, ordinal: errno.ENOSPC * (call == "write" and rig.disk.calls[-2] == "write")
    rig.add(10, 1000)
    drain = rig.queue._drain
    assert drain is not None
    wait_until(lambda: drain._files.is_failing)
    progress_at, tried = drain.progress_at, len(rig.disk.calls)
    wait_until(lambda: rig.disk.calls[tried:].count("truncate") >= 3)
    assert drain.progress_at == progress_at
    rig.add(1000, 20_000)  # waits no longer than for any disk
    rig.disk.most = 1 << 20
    rig.disk.fault = lambda call, ordinal: 0
    rig.queue.close()
    steps = read_steps(rig.folder)
    assert steps == sorted(set(steps))
    assert len(steps) + count_dropped(rig.folder)["a"] == 20_000
