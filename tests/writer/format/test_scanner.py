"""What a Scanner keeps over the life of a file, and what its columns promise."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.writer.format.scans import metadata, scan_payloads, value_event
from tests.writer.format.seed_file import seed_file
from writer.format import records
from writer.format.messages import Event, SummaryMetadata
from writer.format.records import Encoding, Scanner, SessionStart, encode_record

ONE = {"dtype": 1, "float_val": [1]}
WORD = {"dtype": 7, "string_val": [b"word"]}


def test_the_columns_are_what_they_say_and_cannot_be_changed(engine):
    scan = Scanner(engine=engine).scan(seed_file(), 0)
    types = {
        "scalar_step": "i8", "scalar_wall_time": "f8", "scalar_value": "f8", "scalar_tag": "i4",
        "blob_step": "i8", "blob_wall_time": "f8", "blob_tag": "i4", "blob_encoding": "i4",
        "blob_offset": "i8", "blob_length": "i8", "blob_crc": "u4", "blob_ordinal": "i4",
    }  # fmt: skip
    for name, dtype in types.items():
        column = getattr(scan, name)
        assert column.dtype == np.dtype(dtype)
        assert not column.flags.writeable
        assert column.flags.aligned


def test_tags_and_encodings_keep_their_numbers_from_piece_to_piece(engine):
    scanner = Scanner(engine=engine)
    first = encode_record(value_event(tag=b"a", simple_value=1)) + encode_record(value_event(tag=b"i", image={}))
    second = encode_record(value_event(tag=b"b", simple_value=1)) + encode_record(value_event(tag=b"a", simple_value=1))
    assert scanner.scan(first, 0).scalar_tag.tolist() == [0]
    assert scanner.scan(second, len(first)).scalar_tag.tolist() == [2, 0]
    assert scanner.tags == [b"a", b"i", b"b"]
    assert scanner.encodings == [Encoding("image", b"")]


def test_many_tags(engine):
    names = [b"layer/%d/weight" % i for i in range(5000)]
    scan, scanner = scan_payloads(engine, *[value_event(tag=name, simple_value=0) for name in names * 2])
    assert scanner.tags == names
    assert scan.scalar_tag.tolist() == list(range(5000)) * 2


def test_the_first_metadata_of_a_tag_is_kept(engine):
    first = SummaryMetadata(display_name=b"Loss", summary_description=b"*how bad*", data_class=1)
    first.plugin_data.plugin_name = b"scalars"
    scan, scanner = scan_payloads(
        engine,
        value_event(tag=b"a", simple_value=1),
        value_event(tag=b"a", metadata=first, tensor=ONE),
        value_event(tag=b"a", metadata=metadata(b"other"), simple_value=1),
        value_event(tag=b"a", tensor=ONE),
    )
    assert len(scan.scalar_step) == 4
    assert {tag: SummaryMetadata.FromString(raw) for tag, raw in scanner.metadata.items()} == {0: first}


def test_metadata_only_in_the_first_event(engine):
    scan, scanner = scan_payloads(
        engine, value_event(tag=b"a", metadata=metadata(b"text"), tensor=WORD), value_event(tag=b"a", tensor=WORD)
    )
    assert [scanner.encodings[i] for i in scan.blob_encoding] == [Encoding("tensor", b"text")] * 2


def test_a_scalar_whose_metadata_was_lost(engine):
    """TensorFlow names the plugin once a tag; a damaged first record must not take the series with it."""
    scan, _ = scan_payloads(engine, value_event(tag=b"a", tensor=ONE))
    assert scan.scalar_value.tolist() == [1]


def test_a_tag_whose_kind_changes_has_rows_of_both_sorts(engine):
    scan, scanner = scan_payloads(
        engine,
        value_event(tag=b"a", metadata=metadata(b"scalars"), tensor=ONE),
        value_event(tag=b"a", metadata=metadata(b"text"), tensor=WORD),
        value_event(tag=b"a", image={}),
        value_event(tag=b"a", simple_value=3),
    )
    assert scan.scalar_value.tolist() == [1, 3]
    encodings = [scanner.encodings[i] for i in scan.blob_encoding]
    assert encodings == [Encoding("tensor", b"text"), Encoding("image", b"scalars")]
    assert scan.blob_tag.tolist() == [0, 0]


def test_our_own_records_are_handed_over_apart(engine):
    own = value_event(tag=b"_trainboard_/end", metadata=metadata(b"trainboard", b"\x12\x00"))
    scan, scanner = scan_payloads(engine, value_event(tag=b"a", simple_value=1), own)
    begin = 16 + len(value_event(tag=b"a", simple_value=1)) + 12
    assert scan.own == ((begin, len(own)),)
    assert (len(scan.blob_step), scanner.tags, scanner.metadata) == (0, [b"a"], {})


def test_values_beside_our_own_are_kept(engine):
    values = [{"tag": b"own", "metadata": metadata(b"trainboard")}] * 2 + [{"tag": b"a", "simple_value": 1}]
    scan, _ = scan_payloads(engine, Event(summary={"value": values}).SerializeToString())
    assert (len(scan.own), scan.scalar_value.tolist()) == (1, [1])


def test_starts_know_the_rows_before_them(engine):
    start = Event(step=7, wall_time=2.5, session_log={"status": 1}).SerializeToString()
    stop = Event(step=7, wall_time=2.5, session_log={"status": 2}).SerializeToString()
    scalar, blob = value_event(tag=b"a", simple_value=1), value_event(tag=b"i", image={})
    scan, _ = scan_payloads(engine, start, scalar, blob, scalar, stop, start)
    assert scan.starts == (SessionStart(7, 2.5, 0, 0), SessionStart(7, 2.5, 2, 1))


def test_first_and_last_wall_time_pass_over_what_is_none(engine):
    times = [float("nan"), 0.0, float("inf"), 30.0, 50.0, 40.0, float("inf"), -1.0]
    scan, _ = scan_payloads(engine, *[value_event(wall_time=time, tag=b"a", simple_value=0) for time in times])
    assert (scan.first_wall_time, scan.last_wall_time) == (30.0, 50.0)
    assert list(map(repr, scan.scalar_wall_time.tolist())) == list(map(repr, times))


def test_a_scanner_goes_on_where_another_ended(engine):
    data = seed_file()
    cut = len(data) // 2
    one = Scanner(engine=engine)
    first = one.scan(data[:cut], 0)
    other = Scanner(tags=one.tags, encodings=one.encodings, metadata=one.metadata, engine=engine)
    rest = data[first.consumed :]
    expected, seen = one.scan(rest, first.consumed), other.scan(rest, first.consumed)
    assert (other.tags, other.encodings, other.metadata) == (one.tags, one.encodings, one.metadata)
    assert seen.scalar_tag.tolist() == expected.scalar_tag.tolist()
    assert seen.blob_encoding.tolist() == expected.blob_encoding.tolist()
    assert len(seen.scalar_step) > 0
    assert len(seen.blob_step) > 0


@pytest.mark.parametrize(
    "state",
    [
        {"metadata": {0: b""}},
        {"tags": [b"a"], "metadata": {1: b""}},
        {"tags": [b"a"], "metadata": {1 << 40: b""}},
        {"tags": [b"a"], "metadata": {-1: b""}},
        {"tags": [b"a"], "metadata": {0: b"\x0a\x05"}},
        {"tags": [b"a", b"b", b"a"]},
    ],
)
def test_a_scanner_does_not_go_on_where_none_ended(state, engine):
    """Such a state comes from a damaged index; the compiled engine indexes memory of its own with these numbers."""
    with pytest.raises(ValueError, match="tag"):
        Scanner(**state, engine=engine)


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, "u1")])
def test_any_buffer(make, engine):
    data = seed_file()
    scan = Scanner(engine=engine).scan(make(data), 0)
    assert (scan.consumed, scan.records) == (len(data), 18)


OUT_OF_MEMORY = """
import resource, sys
from pathlib import Path
from tests.writer.format.scans import value_event
from writer.format.records import Scanner, encode_record
names = [b"tag %d" % i for i in range(10_000)]
data = b"".join(encode_record(value_event(tag=name, simple_value=1)) for name in names)
scanner = Scanner(engine=sys.argv[1])
failed = 0
for more in range(0, 2 << 20, 256 << 10):
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, resource.RLIM_INFINITY))
    try:
        scanner.scan(data, 0)
    except MemoryError:
        failed += 1
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
scan = scanner.scan(data, 0)
assert failed
assert [scanner.tags[i] for i in scan.scalar_tag] == names
assert scanner.tags == names
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and a limit of address space that holds")
def test_tags_keep_their_numbers_when_memory_ran_out(engine):
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", OUT_OF_MEMORY, engine], cwd=root, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.skipif("compiled" not in records.ENGINES, reason=records.ENGINE_REASON)
def test_the_compiled_engine_leaves_the_gil_and_refuses_a_second_thread():
    data = encode_record(value_event(tag=b"a", simple_value=1)) * 200_000
    scanner = Scanner(engine="compiled")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        thread = threading.Thread(target=scanner.scan, args=(data, 0))
        thread.start()
        try:
            while thread.is_alive():
                scanner.scan(b"", 0)  # runs while the other one does only if that one holds no GIL
        except RuntimeError as error:
            assert "one thread" in str(error)  # noqa: PT017 -- raised in one of many rounds
            return
        finally:
            thread.join()
    pytest.fail("no scan was ever seen under way from another thread")
