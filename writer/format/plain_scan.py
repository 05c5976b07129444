"""Scans event-file bytes in plain Python: the reference for ``_records.pyx``, and its fallback."""

import math
from array import array
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from writer.format.framing import FOOTER_BYTES, HEADER, HEADER_BYTES, LENGTH_BYTES, masked_crc32c
from writer.format.messages import DecodeError, Event, SummaryMetadata
from writer.format.scan import FOUND_MESSAGES, OWN_PLUGIN, RUN_GRAPH_TAG, Encoding, Found, Scan, SessionStart
from writer.format.tensor_scalar import read_tensor_scalar

__all__ = ["Engine"]

_START = 1  # SessionLog.SessionStatus


class _Rows:
    """Columns under construction, one scan long."""

    def __init__(self) -> None:
        self.scalar_step, self.scalar_wall_time = array("q"), array("d")
        self.scalar_value, self.scalar_tag = array("d"), array("i")
        self.blob_step, self.blob_wall_time = array("q"), array("d")
        self.blob_tag, self.blob_encoding = array("i"), array("i")
        self.blob_offset, self.blob_length = array("q"), array("q")
        self.blob_crc, self.blob_ordinal = array("I"), array("i")
        self.starts: list[SessionStart] = []
        self.own: list[tuple[int, int]] = []
        self.found: list[Found] = []
        self.records = 0
        self.first_wall_time: float | None = None
        self.last_wall_time: float | None = None


class Engine:
    """Tags and encodings of one file, interned for its life; the lists belong to the ``Scanner``."""

    def __init__(
        self, tags: list[bytes], encodings: list[Encoding], metadata: dict[int, bytes], max_record_bytes: int
    ) -> None:
        self._tags, self._encodings, self._metadata = tags, encodings, metadata
        self._max_record_bytes = max_record_bytes
        self._tag_ids = {tag: i for i, tag in enumerate(tags)}
        self._encoding_ids = {encoding: i for i, encoding in enumerate(encodings)}
        self._plugins: dict[int, bytes] = {  # tag id -> plugin of its first metadata
            tag: SummaryMetadata.FromString(raw).plugin_data.plugin_name for tag, raw in metadata.items()
        }

    def scan(self, data: memoryview, offset: int) -> Scan:
        """Read whole records from the start of the data, which lies at ``offset`` in its file."""
        rows = _Rows()
        at, stop, length = 0, "", 0
        while at < len(data):
            if len(data) - at < HEADER_BYTES:
                stop, length = "incomplete", 0
                break
            length, length_crc = HEADER.unpack_from(data, at)
            if masked_crc32c(data[at : at + LENGTH_BYTES]) != length_crc:
                stop, length = "length_crc", 0
                break
            if length > self._max_record_bytes:
                stop = "too_long"
                break
            begin = at + HEADER_BYTES
            end = begin + length
            if end + FOOTER_BYTES > len(data):
                stop = "incomplete"
                break
            crc = int.from_bytes(data[end : end + FOOTER_BYTES], "little")
            if masked_crc32c(data[begin:end]) != crc:
                self._skip(rows, "payload_crc", offset + at, length)
            else:
                self._read(rows, data[begin:end], offset + begin, crc)
            at = end + FOOTER_BYTES
        return _finish(rows, at, stop, length if stop else 0)

    def _skip(self, rows: _Rows, code: str, offset: int, length: int) -> None:
        rows.found.append(Found(code, offset, HEADER_BYTES + length + FOOTER_BYTES, FOUND_MESSAGES[code]))

    def _read(self, rows: _Rows, payload: memoryview, offset: int, crc: int) -> None:
        try:
            event = Event.FromString(payload)
        except DecodeError:
            self._skip(rows, "undecodable", offset - HEADER_BYTES, len(payload))
            return
        rows.records += 1
        wall_time = event.wall_time
        if wall_time and math.isfinite(wall_time):
            if rows.first_wall_time is None:
                rows.first_wall_time = wall_time
            if rows.last_wall_time is None or wall_time > rows.last_wall_time:
                rows.last_wall_time = wall_time
        what = event.WhichOneof("what")
        if what == "summary":
            self._read_summary(rows, event, offset, len(payload), crc)
        elif what == "session_log":
            if event.session_log.status == _START:
                start = SessionStart(event.step, wall_time, len(rows.scalar_step), len(rows.blob_step))
                rows.starts.append(start)
        elif what in ("graph_def", "meta_graph_def", "tagged_run_metadata"):
            tag = event.tagged_run_metadata.tag if what == "tagged_run_metadata" else RUN_GRAPH_TAG
            place = (offset, len(payload), crc, -1)
            self._add_blob(rows, event, self._intern_tag(tag), Encoding(what, b""), place)

    def _read_summary(self, rows: _Rows, event: Any, offset: int, length: int, crc: int) -> None:
        for ordinal, value in enumerate(event.summary.value):
            field = value.WhichOneof("value") or "none"
            plugin = b""
            if value.HasField("metadata"):
                plugin = value.metadata.plugin_data.plugin_name
                if plugin == OWN_PLUGIN:
                    if not rows.own or rows.own[-1][0] != offset:
                        rows.own.append((offset, length))
                    continue
            if field == "none" and not plugin:
                continue
            tag = self._intern_tag(value.tag)
            if value.HasField("metadata") and tag not in self._metadata:
                self._metadata[tag] = value.metadata.SerializeToString(deterministic=True)
                self._plugins[tag] = plugin
            plugin = plugin or self._plugins.get(tag, b"")
            scalar = value.simple_value if field == "simple_value" else None
            # TensorFlow names the plugin in a tag's first record only, and that one may be lost.
            if field == "tensor" and plugin in (b"scalars", b""):
                scalar = read_tensor_scalar(value.tensor)
            if scalar is None:
                self._add_blob(rows, event, tag, Encoding(field, plugin), (offset, length, crc, ordinal))
            else:
                rows.scalar_step.append(event.step)
                rows.scalar_wall_time.append(event.wall_time)
                rows.scalar_value.append(scalar)
                rows.scalar_tag.append(tag)

    def _add_blob(
        self, rows: _Rows, event: Any, tag: int, encoding: Encoding, place: tuple[int, int, int, int]
    ) -> None:
        offset, length, crc, ordinal = place
        rows.blob_step.append(event.step)
        rows.blob_wall_time.append(event.wall_time)
        rows.blob_tag.append(tag)
        rows.blob_encoding.append(self._intern_encoding(encoding))
        rows.blob_offset.append(offset)
        rows.blob_length.append(length)
        rows.blob_crc.append(crc)
        rows.blob_ordinal.append(ordinal)

    def _intern_tag(self, tag: bytes) -> int:
        known = self._tag_ids.setdefault(tag, len(self._tags))
        if known == len(self._tags):
            self._tags.append(tag)
        return known

    def _intern_encoding(self, encoding: Encoding) -> int:
        known = self._encoding_ids.setdefault(encoding, len(self._encodings))
        if known == len(self._encodings):
            self._encodings.append(encoding)
        return known


def _column(values: "array[Any]", dtype: Literal["i4", "u4", "i8", "f8"]) -> NDArray[Any]:
    column = np.array(values, dtype=dtype)
    column.setflags(write=False)
    return column


def _finish(rows: _Rows, consumed: int, stop: str, stop_length: int) -> Scan:
    value = np.array(rows.scalar_value, dtype="f8")
    value[np.isnan(value)] = np.nan
    value.setflags(write=False)
    return Scan(
        consumed=consumed,
        records=rows.records,
        scalar_step=_column(rows.scalar_step, "i8"),
        scalar_wall_time=_column(rows.scalar_wall_time, "f8"),
        scalar_value=value,
        scalar_tag=_column(rows.scalar_tag, "i4"),
        blob_step=_column(rows.blob_step, "i8"),
        blob_wall_time=_column(rows.blob_wall_time, "f8"),
        blob_tag=_column(rows.blob_tag, "i4"),
        blob_encoding=_column(rows.blob_encoding, "i4"),
        blob_offset=_column(rows.blob_offset, "i8"),
        blob_length=_column(rows.blob_length, "i8"),
        blob_crc=_column(rows.blob_crc, "u4"),
        blob_ordinal=_column(rows.blob_ordinal, "i4"),
        starts=tuple(rows.starts),
        own=tuple(rows.own),
        found=tuple(rows.found),
        stop=stop,
        stop_length=stop_length,
        first_wall_time=rows.first_wall_time,
        last_wall_time=rows.last_wall_time,
    )
