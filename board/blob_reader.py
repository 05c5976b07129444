"""Reads the bytes of one value from its event file, checks them, and decodes them."""

from typing import Any
from urllib.parse import quote, unquote

from board.errors import BadRequestError, MalformedValueError, UnknownSeriesError
from board.kinds import ValueFacts, decode, decode_facts
from board.model import BlobRef, FileId, Kind
from board.storage import LocalStorage
from writer.format.records import FOOTER_BYTES, HEADER_BYTES, MAX_RECORD_BYTES, masked_crc32c

__all__ = ["format_ref", "parse_ref", "read_facts", "read_payload", "read_value"]


def format_ref(ref: BlobRef) -> str:
    """Return a reference as text for a page, which hands it back as it is."""
    path = quote(ref.file.path.encode("utf-8", "surrogateescape"), safe="")
    return f"{ref.file.generation}-{ref.offset}-{ref.length}-{ref.crc}-{ref.ordinal + 1}-{path}"


def parse_ref(text: str) -> BlobRef:
    """Understand what ``format_ref`` made; BadRequestError where it is something else."""
    parts = text.split("-", 5)
    if len(parts) != 6 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts[:5]):
        raise BadRequestError(f"{text[:80]!r} names no value")
    generation, offset, length, crc, ordinal = (int(part) for part in parts[:5])
    path = unquote(parts[5], errors="surrogateescape")
    return BlobRef(FileId(path, generation), offset, length, crc, ordinal - 1)


def read_payload(storage: LocalStorage, folder: str, ref: BlobRef) -> bytes:
    """Read the record that a value lies in.

    Raises:
        UnknownSeriesError: the file is gone.
        MalformedValueError: its bytes are not those that were read before.
    """
    path = ref.file.path if folder == "." else f"{folder}/{ref.file.path}"
    length = ref.length.to_bytes(8, "little")  # as the record's header has it
    record = b""
    try:
        with storage.open(path) as file:
            # A reference that somebody made up must not make us read a whole file.
            if ref.length <= MAX_RECORD_BYTES and file.pread(8, max(ref.offset - HEADER_BYTES, 0)) == length:
                record = file.pread(ref.length + FOOTER_BYTES, ref.offset)
    except OSError as error:
        raise UnknownSeriesError(f"{path} can no longer be read: {error.strerror or error}") from error
    payload, footer = record[: ref.length], record[ref.length :]
    if len(footer) != FOOTER_BYTES or int.from_bytes(footer, "little") != ref.crc or masked_crc32c(payload) != ref.crc:
        raise MalformedValueError(f"{path} has other bytes at offset {ref.offset} than when it was read")
    return payload


def read_value(storage: LocalStorage, folder: str, ref: BlobRef, kind: Kind, tag: str) -> Any:
    """Read and decode one value; see ``kinds.decode`` for what comes out.

    The tag is compared with the one in the record, so that a reference made up by somebody leads nowhere else.
    """
    return decode(kind, read_payload(storage, folder, ref), ref.ordinal, tag=tag)


def read_facts(storage: LocalStorage, folder: str, ref: BlobRef) -> ValueFacts:
    """Read what a record says of a value beside the value itself; errors as ``read_payload``."""
    return decode_facts(read_payload(storage, folder, ref), ref.ordinal)
