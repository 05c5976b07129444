"""Event files as records: frames them, and scans their bytes into columns with the compiled engine or the plain one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from writer.format import plain_scan
from writer.format.compiled import load_compiled
from writer.format.framing import FOOTER_BYTES, HEADER_BYTES, LENGTH_BYTES, encode_record, masked_crc32c
from writer.format.messages import DecodeError
from writer.format.resync import Search, find_record
from writer.format.scan import MAX_RECORD_BYTES, OWN_PLUGIN, RUN_GRAPH_TAG, Encoding, Found, Scan, SessionStart

__all__ = [
    "ENGINE",
    "ENGINES",
    "ENGINE_REASON",
    "FOOTER_BYTES",
    "HEADER_BYTES",
    "LENGTH_BYTES",
    "MAX_RECORD_BYTES",
    "OWN_PLUGIN",
    "RUN_GRAPH_TAG",
    "Encoding",
    "Found",
    "Scan",
    "Scanner",
    "Search",
    "SessionStart",
    "encode_record",
    "find_record",
    "masked_crc32c",
]


class _Engine(Protocol):
    def scan(self, data: memoryview, offset: int) -> Scan: ...


_MakeEngine = Callable[[list[bytes], list[Encoding], dict[int, bytes], int], _Engine]

ENGINES: dict[str, _MakeEngine] = {"plain": plain_scan.Engine}
_compiled, ENGINE_REASON = load_compiled("writer.format._records")
if _compiled is not None:
    ENGINES["compiled"] = _compiled.Engine
ENGINE = "compiled" if "compiled" in ENGINES else "plain"  # what a Scanner uses unless told; ENGINE_REASON says why


class Scanner:
    """Reads one generation of one event file, piece by piece; interns its tags and encodings.

    One thread at a time: a second one gets a RuntimeError or nonsense in the plain engine.

    Attributes:
        tags: Tag of each tag id, in order of appearance; bytes as in the file, any of them. It only ever grows.
        encodings: Encoding of each encoding id, likewise.
        metadata: Tag id -> serialised ``SummaryMetadata``, the first that the file has for the tag.
    """

    def __init__(
        self,
        *,
        tags: Sequence[bytes] = (),
        encodings: Sequence[Encoding] = (),
        metadata: Mapping[int, bytes] | None = None,
        max_record_bytes: int = MAX_RECORD_BYTES,
        engine: str = ENGINE,
    ) -> None:
        """Begin a file, or go on where an earlier scanner with these tags, encodings and metadata ended.

        Raises:
            ValueError: they are no scanner's: a tag comes twice, or there is metadata of no tag, or that is no message.
        """
        self.tags = list(tags)
        self.encodings = list(encodings)
        self.metadata = dict(metadata or {})
        if len(tags) > 1 and len(set(self.tags)) < len(self.tags):
            raise ValueError("a tag comes twice")
        if metadata and not all(0 <= tag < len(self.tags) for tag in self.metadata):
            raise ValueError("there is metadata of a tag that is not there")
        try:
            self._engine = ENGINES[engine](self.tags, self.encodings, self.metadata, max_record_bytes)
        except DecodeError as error:
            raise ValueError("a tag's metadata is no message") from error

    def scan(self, data: bytes | bytearray | memoryview, offset: int) -> Scan:
        """Read the whole records at the start of ``data``.

        Args:
            data: Bytes of the file from a record's first byte on; contiguous.
            offset: Of the data in the file, bytes; only added to the offsets that come out.

        Returns:
            Columns, what was skipped, how many bytes were used, and why the rest was not.
        """
        return self._engine.scan(memoryview(data).cast("B"), offset)
