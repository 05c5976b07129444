"""Scans as comparable values, and event files made of messages."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from writer.format.messages import Event, Summary, SummaryMetadata
from writer.format.records import Found, Scan, Scanner, encode_record

CORPUS = Path(__file__).parents[2] / "corpus"
EVENT_FILES = sorted((CORPUS / "logs").rglob("*tfevents*"))


def exact(scan: Scan, scanner: Scanner) -> dict[str, Any]:
    """All that came out, every float as its bits."""
    out: dict[str, Any] = {}
    for name in Scan._fields:
        value = getattr(scan, name)
        if isinstance(value, np.ndarray):
            value = (value.dtype.str, value.tobytes())
        out[name] = repr(value) if name == "starts" else struct.pack("<d", value) if isinstance(value, float) else value
    return out | {"tags": scanner.tags[:], "encodings": scanner.encodings[:], "metadata": dict(scanner.metadata)}


@dataclass
class Read:
    """What a file read piece by piece came to: rows by name, so that numbers of tags do not matter."""

    scalars: list[tuple[Any, ...]] = field(default_factory=list)
    blobs: list[tuple[Any, ...]] = field(default_factory=list)
    starts: list[tuple[Any, ...]] = field(default_factory=list)
    own: list[tuple[int, int]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    records: int = 0
    consumed: int = 0
    stop: str = ""

    def add(self, scan: Scan, scanner: Scanner) -> None:
        for start in scan.starts:
            before = (len(self.scalars) + start.scalar_row, len(self.blobs) + start.blob_row)
            self.starts.append((start.step, repr(start.wall_time), *before))
        tags = [scanner.tags[i] for i in scan.scalar_tag]
        bits = scan.scalar_value.view("i8").tolist()
        walls = scan.scalar_wall_time.view("i8").tolist()
        self.scalars += zip(scan.scalar_step.tolist(), walls, bits, tags, strict=True)
        self.blobs += zip(
            scan.blob_step.tolist(),
            scan.blob_wall_time.view("i8").tolist(),
            [scanner.tags[i] for i in scan.blob_tag],
            [scanner.encodings[i] for i in scan.blob_encoding],
            scan.blob_offset.tolist(),
            scan.blob_length.tolist(),
            scan.blob_crc.tolist(),
            scan.blob_ordinal.tolist(),
            strict=True,
        )
        self.own += scan.own
        self.found += scan.found
        self.records += scan.records
        self.consumed += scan.consumed
        self.stop = scan.stop


def read(data: bytes, engine: str, cuts: Iterable[int] = ()) -> Read:
    """Read data that arrives in pieces which end at the cuts; what is not used comes again with the next piece."""
    scanner, total = Scanner(engine=engine), Read()
    for end in [*cuts, len(data)]:
        total.add(scanner.scan(memoryview(data)[total.consumed : end], total.consumed), scanner)
    return total


def scan_payloads(engine: str, *payloads: bytes) -> tuple[Scan, Scanner]:
    scanner = Scanner(engine=engine)
    return scanner.scan(b"".join(map(encode_record, payloads)), 0), scanner


def metadata(plugin: bytes, content: bytes = b"") -> Any:
    return SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name=plugin, content=content))


def value_event(step: int = 0, wall_time: float = 1e9, **value: Any) -> bytes:
    """One serialised event with a summary of one value."""
    summary = Summary(value=[Summary.Value(**value)])
    return bytes(Event(step=step, wall_time=wall_time, summary=summary).SerializeToString())


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def delimited(number: int, content: bytes) -> bytes:
    """A field of wire type 2."""
    return varint(number << 3 | 2) + varint(len(content)) + content
