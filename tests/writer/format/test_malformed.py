"""Payloads with right checksums and wrong or strange messages: what is refused, and what is read."""

import subprocess
import sys
from itertools import accumulate

import pytest

from tests.writer.format.scans import delimited, read, scan_payloads, value_event, varint
from writer.format.messages import DecodeError, Event, Summary
from writer.format.records import encode_record


def value(content):
    """An event of one summary value of these bytes."""
    return delimited(5, delimited(1, content))


def groups(depth, number=15):
    return varint(number << 3 | 3) * depth + varint(number << 3 | 4) * depth


REFUSED = {
    "garbage": b"\xde\xad\xbe\xef" * 5,
    "text": b"the quick brown fox",
    "truncated varint": b"\x10\x80",
    "key without value": b"\x10",
    "double cut short": b"\x09\x00\x00",
    "varint of 11 bytes": b"\x10" + b"\xff" * 10 + b"\x01",
    "length beyond the end": b"\x1a\x05brai",
    "length beyond the message around it": delimited(5, b"\x0a\x05a"),
    "length of 2^31": b"\x1a" + varint(1 << 31),
    "length of 2^64-1": b"\x1a" + varint(-1),
    "field 0": b"\x00\x01",
    "field number above 2^29-1": varint(1 << 32) + b"\x01",
    "wire type 6": b"\x7e",
    "wire type 7": b"\x7f\x01",
    "end of a group that did not begin": b"\x7c",
    "group without end": b"\x7b",
    "group with another's end": b"\x7b\x84\x01",
    "groups nested 10,000 deep": groups(10_000),
    "groups nested 101 deep": groups(101),
    "groups nested 99 deep in a value": value(groups(99)),
    "cut in a value": value(b"\x0a\x04los"),
    "cut in metadata": value(delimited(9, delimited(1, b"\x0a\x09scal"))),
    "cut in a tensor's shape": value(delimited(8, delimited(2, delimited(2, b"\x08")))),
    "cut in an image": value(delimited(4, b"\x08")),
    "cut in an audio": value(delimited(6, b"\x0d\x00")),
    "cut in a session log": delimited(7, b"\x08"),
    "cut in run metadata": delimited(8, b"\x0a\x01"),
    "cut in source metadata": delimited(10, b"\x0a\x01"),
    "packed floats of 3 bytes": value(delimited(8, delimited(5, b"abc"))),
    "packed doubles of 12 bytes": value(delimited(8, delimited(6, bytes(12)))),
    "packed ints cut": value(delimited(8, delimited(7, b"\x01\x80"))),
    "packed buckets of 9 bytes": value(delimited(5, delimited(7, bytes(9)))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, engine):
    good = value_event(tag=b"a", simple_value=1)
    scan, scanner = scan_payloads(engine, good, REFUSED[name], good)
    assert [found.code for found in scan.found] == ["undecodable"]
    assert (scan.records, len(scan.scalar_step), len(scan.blob_step), scanner.tags) == (2, 2, 0, [b"a"])


INSIDE = {  # content -> the event that has it in one of its messages
    "event": lambda content: content,
    "summary": lambda content: delimited(5, content),
    "value": value,
    "image": lambda content: value(delimited(4, content)),
    "histogram": lambda content: value(delimited(5, content)),
    "audio": lambda content: value(delimited(6, content)),
    "tensor": lambda content: value(delimited(8, content)),
    "shape": lambda content: value(delimited(8, delimited(2, content))),
    "dimension": lambda content: value(delimited(8, delimited(2, delimited(2, content)))),
    "metadata": lambda content: value(delimited(9, content)),
    "plugin": lambda content: value(delimited(9, delimited(1, content))),
    "session log": lambda content: delimited(7, content),
    "run metadata": lambda content: delimited(8, content),
    "source metadata": lambda content: delimited(10, content),
}


@pytest.mark.parametrize("name", INSIDE)
def test_groups_nest_as_deep_as_protobuf_has_them(name, engine):
    payloads = [INSIDE[name](groups(depth)) for depth in range(90, 103)]
    refused = []
    for number, payload in enumerate(payloads):
        try:
            Event.FromString(payload)
        except DecodeError:
            refused.append(number)
    assert 0 < len(refused) < len(payloads)
    ends = list(accumulate(16 + len(payload) for payload in payloads))
    scan, _ = scan_payloads(engine, *payloads)
    assert [ends.index(found.offset + found.length) for found in scan.found] == refused


GOOD = value_event(step=5, tag=b"a", simple_value=1.5)
READ = {  # payload -> steps of its scalars
    "unknown fields of 1 MB": (delimited(77, bytes(1 << 20)) + GOOD, [5]),
    "wrong wire type for step": (delimited(2, b"\x07") + GOOD, [5]),
    "only a wrong wire type for step": (delimited(2, b"\x07") + value_event(tag=b"a", simple_value=1), [0]),
    "field 2^29-1": (varint((1 << 29) - 1 << 3) + b"\x01" + GOOD, [5]),
    "a group": (groups(1) + GOOD, [5]),
    "groups nested 100 deep": (groups(100) + GOOD, [5]),
    "a group in place of a summary": (groups(1, 5) + GOOD, [5]),
    "field 0 inside a group": (b"\x7b\x00\x01\x7c" + GOOD, [5]),
    "step given twice": (GOOD + b"\x10\x09", [9]),
    "step in an overlong varint": (b"\x10\x81\x80\x80\x00" + value_event(tag=b"a", simple_value=1), [1]),
    "two summaries merge": (GOOD + GOOD, [5, 5]),
    "the last of the oneof counts": (GOOD + delimited(4, b"graph") + GOOD, [5]),
    "no summary after all": (GOOD + delimited(3, b"brain.Event:2"), []),
    "value given twice": (value(delimited(4, b"") + b"\x15\0\0\0\0"), [0]),
    "an empty value": (value(b""), []),
    "a tag alone": (value(delimited(1, b"a")), []),
    "no tag": (value(b"\x15\0\0\0\0"), [0]),
    "a NaN for wall_time": (b"\x09" + b"\xff" * 8 + GOOD[9:], [5]),
}


@pytest.mark.parametrize("name", READ)
def test_read(name, engine):
    payload, steps = READ[name]
    scan, _ = scan_payloads(engine, payload)
    assert scan.found == ()
    assert scan.scalar_step.tolist() == steps


@pytest.mark.parametrize(
    "tag", [b"", b"\xff\xfe\xc3\x28", b"x" * (1 << 20), b"nul\0in\n\x1b[31m", "\u202elorac".encode(), b"</script>"]
)
def test_any_tag(tag, engine):
    scan, scanner = scan_payloads(engine, value_event(tag=tag, simple_value=1), value_event(tag=tag, simple_value=2))
    assert scanner.tags == [tag]
    assert scan.scalar_value.tolist() == [1, 2]


def test_many_values_in_one_event(engine):
    values = [Summary.Value(tag=b"tag %d" % (i % 1000), simple_value=i) for i in range(100_000)]
    values[7:7] = [Summary.Value(tag=b"image", image={"width": 1})]
    scan, scanner = scan_payloads(engine, Event(step=3, summary=Summary(value=values)).SerializeToString())
    assert scan.scalar_value.tolist() == list(range(100_000))
    assert len(scanner.tags) == 1001
    assert (scan.blob_ordinal.tolist(), scan.blob_tag.tolist()) == ([7], [7])


@pytest.mark.parametrize("version", [None, b"brain.Event:1", b"brain.Event:99", b"brain.Event:", b"\xff"])
def test_any_file_version(version, engine):
    first = [] if version is None else [Event(file_version=version).SerializeToString()]
    scan, _ = scan_payloads(engine, *first, GOOD)
    assert scan.scalar_step.tolist() == [5]


AMPLIFIER = """
import resource, sys
from writer.format.records import Scanner, encode_record
data = encode_record(b"\\x2a\\x80\\x80\\x80\\x10" + bytes((0x0A, 0)) * (1 << 24))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scan = Scanner(engine="compiled").scan(data, 0)
assert (scan.records, len(scan.blob_step), scan.stop) == (1, 0, ""), scan
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_millions_of_empty_messages_take_no_memory(engine):
    if engine == "plain":  # it decodes with protobuf, which makes an object of each: fewer of them
        assert read(encode_record(delimited(5, b"\x0a\x00" * 10_000)), engine).records == 1
        return
    ran = subprocess.run([sys.executable, "-c", AMPLIFIER], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 8 << 10  # KiB, for 16 million messages in 32 MiB
