"""What must hold for every case, whatever its bytes: both engines agree, cuts change nothing, searches miss nothing."""

from collections import Counter

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from tests.fuzz.cases import Case
from tests.writer.format.scans import Read, exact
from writer.format.compiled import load_compiled
from writer.format.framing import FOOTER_BYTES, HEADER, HEADER_BYTES, LENGTH_BYTES, masked_crc32c
from writer.format.messages import DecodeError, Event
from writer.format.records import Scan, Scanner, find_record

__all__ = ["check_checksums", "check_scans", "check_search", "guarded", "kinds_of"]


def guarded(data: bytes) -> memoryview:
    """A copy that ends where its allocation ends, so that AddressSanitizer sees the first byte read behind it.

    ``bytes`` have a zero behind them, and numpy keeps small blocks of its own.
    """
    block: NDArray[np.uint8] = np.empty(1024 + len(data), np.uint8)
    block[1024:] = np.frombuffer(data, np.uint8)
    return block[1024:].data


def check_scans(case: Case, *, is_compared: bool = True) -> list[tuple[Scan, Scanner]]:
    """Read the case piece by piece with the compiled engine, as the board does, and compare it with the plain one."""
    data = case.file()
    engines = ("compiled", "plain") if is_compared else ("compiled",)
    scanners = {engine: Scanner(engine=engine, max_record_bytes=case.max_record_bytes) for engine in engines}
    scans: list[tuple[Scan, Scanner]] = []
    pieces, at = Read(), 0
    for end in [*case.cuts(len(data)), len(data)]:
        seen = []
        for scanner in scanners.values():
            scan = scanner.scan(guarded(data[at:end]), case.offset + at)
            seen.append((scan, scanner))
        if is_compared:
            compiled, plain = (exact(*one) for one in seen)
            assert compiled == plain, f"{at}:{end}: {compiled} is not {plain}"
            pieces.add(*seen[0])
        scans.append(seen[0])
        at += seen[0][0].consumed
        assert at <= end
        if case.is_resumed:
            for engine, old in scanners.items():
                scanners[engine] = Scanner(
                    tags=old.tags,
                    encodings=old.encodings,
                    metadata=old.metadata,
                    max_record_bytes=case.max_record_bytes,
                    engine=engine,
                )
    if is_compared and case.marks:
        scanner, whole = Scanner(max_record_bytes=case.max_record_bytes, engine="compiled"), Read()
        whole.add(scanner.scan(guarded(data), case.offset), scanner)
        assert pieces == whole, f"{pieces} in pieces is not {whole}"
    return scans


def first_record(data: bytes, start: int, max_record_bytes: int) -> int | None:
    """What ``find_record`` looks for, by its words."""
    for at in range(start, len(data) - HEADER_BYTES + 1):
        length, crc = HEADER.unpack_from(data, at)
        begin, end = at + HEADER_BYTES, at + HEADER_BYTES + length
        if masked_crc32c(data[at : at + LENGTH_BYTES]) != crc or length > max_record_bytes:
            continue
        footer = data[end : end + FOOTER_BYTES] if end < len(data) else b""
        if len(footer) < FOOTER_BYTES or masked_crc32c(data[begin:end]) != int.from_bytes(footer, "little"):
            continue
        try:
            Event.FromString(data[begin:end])
        except DecodeError:
            continue
        return at
    return None


def check_search(case: Case) -> None:
    """Look for a record at once, within a budget, and in a window that grows: the same one is found."""
    data = case.file()
    start = case.marks[0] % (len(data) + 1) if case.marks else 0
    limit = case.max_record_bytes
    expected = first_record(data, start, limit)
    assert find_record(data, start, max_record_bytes=limit).offset == expected
    at = start
    for _ in range(len(data) + 1):  # a budget for one payload a turn
        search = find_record(data, at, max_record_bytes=limit, checksum_budget=len(data))
        assert search.checksummed <= len(data)
        if not search.is_over_budget:
            break
        at = search.resume
    assert search.offset == expected, search
    at = start
    for end in [*case.cuts(len(data)), len(data)]:  # a file of known size, read window by window
        search = find_record(guarded(data[:end]), at, limit=len(data), max_record_bytes=limit)
        assert search.resume >= at
        at = search.resume
        if search.offset is not None:
            break
    assert search.offset == expected, search


def check_checksums(data: bytes) -> None:
    """Both ways to a CRC-32C, at every alignment."""
    compiled, _ = load_compiled("writer.format._records")
    assert compiled is not None
    for begin in range(min(len(data), 9)):
        expected = google_crc32c.value(data[begin:])
        assert compiled.crc32c_of(guarded(data[begin:])) == expected
        assert compiled.crc32c_of(guarded(data)[begin:], True) == expected


def kinds_of(scans: list[tuple[Scan, Scanner]]) -> Counter[str]:
    """What came out, by kind: tells whether inputs reach all that there is to reach."""
    kinds: Counter[str] = Counter()
    for scan, scanner in scans:
        kinds["scalar"] += len(scan.scalar_tag)
        kinds["start"] += len(scan.starts)
        kinds["own"] += len(scan.own)
        kinds[f"stop: {scan.stop}"] += 1
        kinds.update(found.code for found in scan.found)
        kinds.update(scanner.encodings[i].field for i in scan.blob_encoding.tolist())
    return kinds
