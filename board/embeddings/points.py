"""The numbers of an embedding: tab-separated text, raw float32 or .npy -> a matrix, a row a point, bounded in size."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from board.errors import MalformedValueError
from board.storage import OpenFile

__all__ = ["MAX_DIMENSIONS", "MAX_POINTS", "MAX_VALUES", "Points", "lines_of", "read_points", "whole_rows"]

MAX_POINTS = 250_000
MAX_DIMENSIONS = 16_384
MAX_VALUES = 64 << 20  # 256 MiB as float32
_BLOCK_BYTES = 128 << 10  # of text at once: numbers are parsed with the GIL held, for 1 ms of it
_MAX_LINE_BYTES = 1 << 20
_NPY = b"\x93NUMPY"


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The rows of a tensor, in the order of the file: metadata and sprites go by it."""

    values: NDArray[np.float32]  # (points, dimensions), read-only; a row that could not be read is all NaN
    is_whole: NDArray[np.bool_]  # (points): every value is finite
    notes: tuple[str, ...] = ()  # what was left out, a sentence each

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self.values.nbytes + self.is_whole.nbytes


def read_points(file: OpenFile, shape: tuple[int, ...]) -> Points:
    """Read a tensor's file.

    Args:
        file: open.
        shape: that its writer declared, for raw numbers; may be empty.

    Raises:
        MalformedValueError: it holds no matrix of numbers; one sentence.
    """
    head = file.pread(4096, 0)
    if head.startswith(_NPY):
        values, notes = _read_npy(file, head)
    elif b"\0" in head:  # no text: what tf.Variable.tofile and numpy's tofile leave
        values, notes = _read_raw(file, shape)
    else:
        values, notes = _read_text(file)
    if not values.size:
        raise MalformedValueError("the tensor's file holds no numbers")
    is_whole = whole_rows(values)
    if odd := int(len(values) - np.count_nonzero(is_whole)):
        notes.append(f"{odd} of {len(values)} points are not drawn: they hold NaN, infinity or no number.")
    values.flags.writeable = False
    return Points(values, is_whole, tuple(notes))


def whole_rows(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which rows have finite values only."""
    return np.asarray(np.isfinite(values).all(axis=1), np.bool_)


def lines_of(file: OpenFile) -> Iterator[list[bytes]]:
    """Read the lines of a text, some at a time, without their ends.

    Raises:
        MalformedValueError: one has more than a MiB.
    """
    offset, rest = 0, b""
    while block := file.pread(_BLOCK_BYTES, offset):
        offset += len(block)
        *lines, rest = (rest + block).split(b"\n")
        if len(rest) > _MAX_LINE_BYTES:
            raise MalformedValueError(f"a line has more than {_MAX_LINE_BYTES} bytes")
        if lines:
            yield [line.removesuffix(b"\r") for line in lines]
    if rest:
        yield [rest.removesuffix(b"\r")]


def _read_text(file: OpenFile) -> tuple[NDArray[np.float32], list[str]]:
    width, rows, ragged, is_cut = 0, 0, 0, False
    most = MAX_POINTS
    parts: list[NDArray[np.float32]] = []
    for block in lines_of(file):
        lines = [line for line in block if line]
        if not lines:
            continue
        if not width:
            width = lines[0].count(b"\t") + 1
            _check_width(width)
            most = min(MAX_POINTS, MAX_VALUES // width)
        if rows + len(lines) > most:
            lines, is_cut = lines[: most - rows], True
        part, odd = _parse(lines, width)
        parts.append(part)
        rows, ragged = rows + len(part), ragged + odd
        if is_cut:
            break
    notes = [f"{ragged} of {rows} rows have not {width} columns of numbers, as the first one has."] if ragged else []
    if is_cut:
        notes.append(_cut_note(most))
    return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32), notes


def _parse(lines: list[bytes], width: int) -> tuple[NDArray[np.float32], int]:
    """Parse rows, and count those that are none."""
    with np.errstate(over="ignore"):
        if all(line.count(b"\t") == width - 1 for line in lines):
            try:
                numbers = np.fromiter(map(float, b"\t".join(lines).split(b"\t")), np.float64, len(lines) * width)
                return numbers.astype(np.float32).reshape(len(lines), width), 0
            except ValueError:
                pass
        rows, odd = np.full((len(lines), width), np.nan, np.float32), 0
        for row, line in zip(rows, lines, strict=True):
            cells = line.split(b"\t")
            try:
                if len(cells) != width:
                    raise ValueError
                row[:] = [float(cell) for cell in cells]
            except ValueError:
                odd += 1
    return rows, odd


def _read_npy(file: OpenFile, head: bytes) -> tuple[NDArray[np.float32], list[str]]:
    """Numpy's own format, numbers only (numpy/lib/format.py); nothing is unpickled."""
    stream = io.BytesIO(head)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(stream)
    except (ValueError, UnicodeError, SyntaxError, EOFError) as error:
        raise MalformedValueError("the tensor's file is no .npy that can be read") from error
    if dtype.kind not in "fiu" or len(shape) != 2 or (is_fortran and shape[0] > 1):
        raise MalformedValueError(f"the tensor's file holds {dtype} of the shape {shape}, no rows of numbers")
    return _rows(file, stream.tell(), shape, dtype)


def _read_raw(file: OpenFile, shape: tuple[int, ...]) -> tuple[NDArray[np.float32], list[str]]:
    """Float32 without a head, as TensorBoard reads what is no text."""
    if len(shape) != 2:
        raise MalformedValueError(f"the tensor's file is no text, and the shape {list(shape)} of raw numbers is none")
    return _rows(file, 0, (shape[0], shape[1]), np.dtype("<f4"))


def _rows(
    file: OpenFile, offset: int, shape: tuple[int, int], dtype: np.dtype[np.generic]
) -> tuple[NDArray[np.float32], list[str]]:
    rows, width = shape
    _check_width(width)
    need, have = rows * width * dtype.itemsize, file.info.size - offset
    if rows < 0 or need > have:
        raise MalformedValueError(f"the shape {shape} asks for {need} bytes, the tensor's file has {have}")
    most = min(MAX_POINTS, MAX_VALUES // width)
    data = file.pread(min(rows, most) * width * dtype.itemsize, offset)
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.frombuffer(data, dtype).reshape(-1, width).astype(np.float32)
    return values, [_cut_note(most)] if rows > most else []


def _check_width(width: int) -> None:
    if not 0 < width <= MAX_DIMENSIONS:
        raise MalformedValueError(f"a point has {width} dimensions; 1 to {MAX_DIMENSIONS} can be shown")


def _cut_note(most: int) -> str:
    return f"Only the first {most} points are shown."
