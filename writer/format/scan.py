"""What a scan of an event file's bytes yields: columns, and what could not be read."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FOUND_MESSAGES",
    "MAX_RECORD_BYTES",
    "OWN_PLUGIN",
    "RUN_GRAPH_TAG",
    "Encoding",
    "Found",
    "Scan",
    "SessionStart",
]

MAX_RECORD_BYTES = 1 << 28  # 256 MiB: above it a record is skipped unread, whatever its checksums say
OWN_PLUGIN = b"trainboard"  # our writer's record and end marker: no data of the user's
RUN_GRAPH_TAG = b"__run_graph__"  # the tag that TensorBoard gives a graph without one

FOUND_MESSAGES = {
    "payload_crc": "The checksum of the record's payload is wrong; the record was skipped.",
    "undecodable": "The record's checksums are right, but it holds no event message; it was skipped.",
}


class Encoding(NamedTuple):
    """How a blob is written: what tells an image of one writer from a histogram of another.

    ``field`` is the name of the set field: of a summary value ``simple_value`` (never a blob), ``image``, ``histo``,
    ``audio``, ``tensor``, ``obsolete_old_style_histogram`` or ``none`` (metadata only); of an event ``graph_def``,
    ``meta_graph_def`` or ``tagged_run_metadata``. ``plugin`` is the value's own plugin name, or else that of the first
    metadata of its tag in this file; ``b""`` where there is none.
    """

    field: str
    plugin: bytes


class Found(NamedTuple):
    """A record that was skipped."""

    code: str  # a key of FOUND_MESSAGES
    offset: int  # of the record in the file, bytes
    length: int  # of the whole record, bytes
    message: str


@dataclass(frozen=True, slots=True)
class SessionStart:
    """A ``SessionLog.START``: rows of the same scan from these row numbers on belong to the next session."""

    step: int
    wall_time: float
    scalar_row: int
    blob_row: int


class Scan(NamedTuple):
    """Rows of whole records, in file order; the columns are read-only.

    ``*_tag`` indexes ``Scanner.tags``, ``blob_encoding`` ``Scanner.encodings``. A scalar value that is not a number is
    numpy's one NaN, whatever its bits in the file.
    """

    consumed: int  # bytes of whole records from the start of the data, skipped records included
    records: int  # that were decoded
    scalar_step: NDArray[np.int64]
    scalar_wall_time: NDArray[np.float64]
    scalar_value: NDArray[np.float64]
    scalar_tag: NDArray[np.int32]
    blob_step: NDArray[np.int64]
    blob_wall_time: NDArray[np.float64]
    blob_tag: NDArray[np.int32]
    blob_encoding: NDArray[np.int32]
    blob_offset: NDArray[np.int64]  # of the payload in the file
    blob_length: NDArray[np.int64]  # of the payload
    blob_crc: NDArray[np.uint32]  # of the payload, masked, as the file has it
    blob_ordinal: NDArray[np.int32]  # of the value in its summary; -1 where the event is no summary
    starts: tuple[SessionStart, ...]
    own: tuple[tuple[int, int], ...]  # (offset, length) of payloads with values of OWN_PLUGIN, which are in no column
    found: tuple[Found, ...]
    # Why the scan ended at `consumed`: "" (all was used), "incomplete" (the record goes on beyond the data),
    # "length_crc" (no record begins there) or "too_long" (its length is above the limit, and has a right checksum).
    stop: str
    stop_length: int  # of the payload, as the record at `consumed` states it ("incomplete" with a header, "too_long")
    first_wall_time: float | None  # of the first event that has a finite one other than 0, which means none
    last_wall_time: float | None  # greatest finite one other than 0
