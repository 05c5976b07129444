"""An index gives back what was written into it, or nothing; never something else."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from board.errors import LostPointsError
from board.model import FileRows, Kind, StoredFile
from board.store.blocks import BLOCK_ROWS, BlockFile, Residence, is_remote
from board.store.columns import Columns
from board.store.index_file import Index, IndexedFile, grow_index, open_index, write_index
from board.store.series import Part, width_of
from board.store.store import Store
from tests.board.store.building import Start, file_rows, series_of, stage_of

HEADER_PADDING = 16
FOLDER = "/logs/run"
FILE = "events.out.tfevents.1"


def some_rows(count: int = 9) -> list[FileRows]:
    """Two tags and a blob, with a START in the middle and values of all sorts."""
    scalars = [(step, 1e9 + step, [0.1, -np.inf, np.nan, 5e-324][step % 4], step % 2) for step in range(count)]
    blobs = [(step, 1e9 + step, 1, Kind.IMAGE, 100 * step) for step in range(3)]
    return [
        file_rows(["loss", "pröfile\udcff"], scalars, blobs=blobs),
        file_rows(["loss", "pröfile\udcff"], scalars, starts=[Start(4, float("nan"), 5, 0)], salvaged=True),
    ]


def write(path: Path, rows: Sequence[FileRows]) -> dict[tuple[str, Kind, int], Part]:
    """Index one file of one run; returns what was written, by tag, kind and session."""
    store = Store()
    store.commit([stage_of("run", {FILE: rows})])
    view = store.run("run")
    parts = [(*key, part) for key, series in view.series.items() for part in series.parts]
    starts = next(iter(view.starts.values()), ())
    write_index(path, FOLDER, [IndexedFile(FILE, {"offset": 7}, starts, tuple(parts))], opening(path))
    return {(tag, kind, part.session): part for tag, kind, part in parts}


def opening(path: Path, *, maps: bool = True) -> Callable[[int, int, object], BlockFile]:
    residence = Residence(1 << 30)
    return lambda descriptor, start, origin: BlockFile(
        path, descriptor, residence, no_file, maps=maps, start=start, origin=origin
    )


def no_file(name: str) -> list[FileRows]:
    raise FileNotFoundError(name)


def reopen(
    path: Path, reread: Callable[[str], Sequence[FileRows]] = no_file, *, maps: bool = True, folder: str = FOLDER
) -> Index | None:
    return open_index(path, folder, Residence(1 << 30), reread, maps=maps)


def words(columns: Columns) -> list[list[int]]:
    return columns.copied(0, columns.count).tolist()


def points_of(stored: StoredFile) -> dict[tuple[str, Kind, int], list[list[int]]]:
    return {
        (series.tag, series.kind, series.session): words(Columns.stored(width_of(series.kind), series.blocks))
        for series in stored.series
    }


@pytest.mark.parametrize("maps", [True, False])
def test_an_index_gives_back_every_bit(tmp_path: Path, maps: bool) -> None:
    parts = write(tmp_path / "a.index", some_rows())
    index = reopen(tmp_path / "a.index", maps=maps)
    assert index is not None
    reader, stored = index.files[FILE]
    assert reader == {"offset": 7}
    assert repr(stored.starts) == repr((Start(4, float("nan"), 5, 0),))
    assert points_of(stored) == {key: words(part.columns) for key, part in parts.items()}
    for series in stored.series:
        part = parts[series.tag, series.kind, series.session]
        for name in ("first_step", "last_step", "least_step", "greatest_step", "steps_rise", "times_rise", "salvaged"):
            assert getattr(series, name) == getattr(part, name)


def test_long_columns_lie_in_several_blocks_and_more_goes_behind_them(tmp_path: Path) -> None:
    count = 2 * BLOCK_ROWS + 5
    rows = file_rows(["x"], [(step, float(step), float(-step), 0) for step in range(count)])
    parts = write(tmp_path / "a.index", [rows])
    index = reopen(tmp_path / "a.index")
    assert index is not None
    (series,) = index.files[FILE][1].series
    assert [block.rows for block in series.blocks] == [BLOCK_ROWS, BLOCK_ROWS, 5]
    columns = Columns.stored(3, series.blocks)
    assert words(columns) == words(parts["x", Kind.SCALAR, 0].columns)
    assert columns.own_bytes == 0
    longer = columns.appended(np.array([count]), np.array([0.0]), np.array([1.0]))
    assert (longer.int_at(0, count), longer.int_at(0, BLOCK_ROWS), longer.float_at(2, 3)) == (count, BLOCK_ROWS, -3.0)
    assert columns.copied(BLOCK_ROWS - 1, BLOCK_ROWS + 2)[0].tolist() == [BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1]


@pytest.mark.parametrize("maps", [True, False])
def test_no_flipped_bit_changes_a_value(tmp_path: Path, maps: bool) -> None:
    rows = some_rows(3)
    parts = write(tmp_path / "a.index", rows)
    right = {key: words(part.columns) for key, part in parts.items()}
    data = (tmp_path / "a.index").read_bytes()
    damaged = tmp_path / "b.index"
    refused = recovered = 0
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        damaged.unlink(missing_ok=True)
        damaged.write_bytes(flipped)
        index = reopen(damaged, lambda _: rows, maps=maps)
        if index is None:
            refused += 1
            continue
        assert points_of(index.files[FILE][1]) == right
        recovered += not damaged.exists()
    words_bytes = 8 * sum(part.columns.width * part.count for part in parts.values())
    assert (refused, recovered) == (len(data) - words_bytes - HEADER_PADDING, words_bytes)


def test_no_truncated_index_is_used(tmp_path: Path) -> None:
    write(tmp_path / "a.index", some_rows(3))
    data = (tmp_path / "a.index").read_bytes()
    for length in range(len(data)):
        (tmp_path / "b.index").unlink(missing_ok=True)
        (tmp_path / "b.index").write_bytes(data[:length])
        assert reopen(tmp_path / "b.index") is None


def test_points_whose_event_file_is_another_one_by_now_are_lost_and_not_made_up(tmp_path: Path) -> None:
    write(tmp_path / "a.index", some_rows())
    data = bytearray((tmp_path / "a.index").read_bytes())
    data[64] ^= 1
    (tmp_path / "a.index").write_bytes(data)
    other = file_rows(["loss", "pröfile\udcff"], [(step, 0.0, 0.0, step % 2) for step in range(20)])
    for reread in (lambda _: [other], lambda _: []):
        (tmp_path / "a.index").write_bytes(data)
        index = reopen(tmp_path / "a.index", reread)
        assert index is not None
        with pytest.raises(LostPointsError, match="damaged"):
            points_of(index.files[FILE][1])


def test_an_index_of_another_run_or_version_is_not_used(tmp_path: Path) -> None:
    write(tmp_path / "a.index", some_rows())
    assert reopen(tmp_path / "a.index", folder="/logs/other") is None
    assert reopen(tmp_path / "none.index") is None
    data = (tmp_path / "a.index").read_bytes()
    (tmp_path / "a.index").write_bytes(data.replace(b"trainboard index 2", b"trainboard index 1", 1))
    assert reopen(tmp_path / "a.index") is None


def test_a_writer_that_is_stopped_leaves_the_old_index_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "a.index", some_rows())
    before = (tmp_path / "a.index").read_bytes()

    def stop() -> None:
        raise KeyboardInterrupt

    series = series_of({FILE: some_rows()}, "loss")
    entry = IndexedFile(FILE, {}, (), tuple(("loss", Kind.SCALAR, part) for part in series.parts))
    with pytest.raises(KeyboardInterrupt):
        write_index(tmp_path / "a.index", FOLDER, [entry], opening(tmp_path), stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.index"]
    assert (tmp_path / "a.index").read_bytes() == before


def test_what_was_looked_at_is_given_back_and_is_the_same_when_looked_at_again(tmp_path: Path) -> None:
    parts = write(tmp_path / "a.index", some_rows())
    for maps in (True, False):
        residence = Residence(100)
        index = open_index(tmp_path / "a.index", FOLDER, residence, no_file, maps=maps)
        assert index is not None
        held = index.files[FILE][1].series[0].blocks[0][0]
        before = held.tolist()
        for _ in range(3):
            assert points_of(index.files[FILE][1]) == {key: words(part.columns) for key, part in parts.items()}
            assert residence.used_bytes <= 100
        assert held.tolist() == before


def test_what_was_written_is_used_whatever_has_its_name_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a.index"
    series = series_of({FILE: some_rows()}, "loss")
    entry = IndexedFile(FILE, {}, (), tuple(("loss", Kind.SCALAR, part) for part in series.parts))
    index = write_index(path, FOLDER, [entry], opening(path))
    write(tmp_path / "b.index", some_rows(40))
    (tmp_path / "b.index").replace(path)
    written = {("loss", Kind.SCALAR, part.session): words(part.columns) for part in series.parts}
    assert points_of(index.files[FILE][1]) == written


def entry_of(count: int) -> IndexedFile:
    """A run of two tags after so many rows, in memory."""
    rows = file_rows(["a", "b"], [(step, float(step), step / 3, step % 2) for step in range(count)])
    store = Store()
    store.commit([stage_of("run", {FILE: [rows]})])
    series = store.run("run").series
    return IndexedFile(FILE, {"rows": count}, (), tuple((*key, found.parts[0]) for key, found in series.items()))


def behind(index: Index, entry: IndexedFile) -> IndexedFile:
    """The same as an index has it, and what is not in it."""
    stored = {(series.tag, series.kind): series for series in index.files[FILE][1].series}
    parts = tuple((tag, kind, part.relocated(stored[tag, kind])) for tag, kind, part in entry.parts)
    return IndexedFile(FILE, entry.reader, (), parts)


def points_of_entry(entry: IndexedFile) -> dict[tuple[str, Kind, int], list[list[int]]]:
    return {(tag, kind, part.session): words(part.columns) for tag, kind, part in entry.parts}


@pytest.mark.parametrize("maps", [True, False])
def test_an_index_grows_at_its_end(tmp_path: Path, maps: bool) -> None:
    path = tmp_path / "a.index"
    index = write_index(path, FOLDER, [entry_of(100)], opening(path, maps=maps))
    first = path.read_bytes()
    inode = path.stat().st_ino
    assert index.grows is not None
    grown = grow_index(path, FOLDER, [behind(index, entry_of(160))], index.grows, opening(path, maps=maps))
    assert grown is not None
    assert path.stat().st_ino == inode
    assert path.read_bytes()[64 : len(first)] == first[64:]
    again = reopen(path, maps=maps)
    assert again is not None
    for found in (grown, again):
        assert found.files[FILE][0] == {"rows": 160}
        assert points_of(found.files[FILE][1]) == points_of_entry(entry_of(160))
    assert points_of(index.files[FILE][1]) == points_of_entry(entry_of(100)), "whoever had it open goes on using it"


def test_an_index_that_grew_in_many_steps_has_few_blocks_and_no_great_size(tmp_path: Path) -> None:
    path = tmp_path / "a.index"
    index = write_index(path, FOLDER, [entry_of(20)], opening(path))
    count = 20
    for step in range(90):
        count += [2, 40, 300][step % 3]
        assert index.grows is not None
        entry = behind(index, entry_of(count))
        grown = grow_index(path, FOLDER, [entry], index.grows, opening(path))
        index = grown or write_index(path, FOLDER, [entry], opening(path))
    assert points_of(index.files[FILE][1]) == points_of_entry(entry_of(count))
    blocks = [len(series.blocks) for series in index.files[FILE][1].series]
    assert max(blocks) < 16
    assert path.stat().st_size < 3 * 24 * count + (2 << 20)


def test_every_flipped_bit_and_cut_of_a_grown_index_is_noticed(tmp_path: Path) -> None:
    path, damaged = tmp_path / "a.index", tmp_path / "b.index"
    index = write_index(path, FOLDER, [entry_of(5)], opening(path))
    assert index.grows is not None
    grow_index(path, FOLDER, [behind(index, entry_of(12))], index.grows, opening(path))
    data, right = path.read_bytes(), points_of_entry(entry_of(12))
    (rows,) = [file_rows(["a", "b"], [(step, float(step), step / 3, step % 2) for step in range(12)])]
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        damaged.unlink(missing_ok=True)
        damaged.write_bytes(flipped)
        found = reopen(damaged, lambda _: [rows])
        assert found is None or points_of(found.files[FILE][1]) == right
        damaged.unlink(missing_ok=True)
        damaged.write_bytes(data[:at])
        assert reopen(damaged) is None


def test_who_is_stopped_while_an_index_grows_leaves_it_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.index"
    index = write_index(path, FOLDER, [entry_of(100)], opening(path))
    before = path.read_bytes()
    paused = 0

    def stop() -> None:
        nonlocal paused
        paused += 1
        if paused == 2:
            raise KeyboardInterrupt

    assert index.grows is not None
    with pytest.raises(KeyboardInterrupt):
        grow_index(path, FOLDER, [behind(index, entry_of(900))], index.grows, opening(path), stop)
    assert path.read_bytes() == before
    path.write_bytes(before + b"half of a block, of a process that was killed")
    found = reopen(path)
    assert found is not None
    assert points_of(found.files[FILE][1]) == points_of_entry(entry_of(100))


def test_an_index_of_somebody_else_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "a.index"
    index = write_index(path, FOLDER, [entry_of(100)], opening(path))
    assert index.grows is not None
    write(tmp_path / "b.index", some_rows())
    (tmp_path / "b.index").replace(path)
    theirs = path.read_bytes()
    more = behind(index, entry_of(200))
    assert grow_index(path, FOLDER, [more], index.grows, opening(path)) is None
    assert path.read_bytes() == theirs
    path.unlink()
    assert grow_index(path, FOLDER, [more], index.grows, opening(path)) is None
    assert not path.exists()


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /media/me/\u00dcbung\u20ac\u0085x tmpfs rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
me@host: /home/my\\040files fuse.sshfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("/var/cache", False),
        ("/home/me/.cache", True),
        ("/homes", False),
        ("/home/local/x", False),
        ("/home/my files/x", True),
        ("/media/me/\u00dcbung\u20ac\u0085x/y", False),
        ("/home/\udcff", True),
    ],
)
def test_files_on_other_machines_are_known(tmp_path: Path, path: str, remote: bool) -> None:
    (tmp_path / "mounts").write_bytes(MOUNTS.encode())
    assert is_remote(Path(path), tmp_path / "mounts") is remote
    assert not is_remote(Path(path), tmp_path / "none")
