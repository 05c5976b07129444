"""Variables of TensorFlow checkpoints: indexes that TensorFlow wrote, and matrices in tables made here like them."""

import base64
from pathlib import Path

import numpy as np
import pytest

import board
from board.embeddings.points import Points
from board.errors import BoardError, MalformedValueError, UnknownSeriesError
from tests.board.embeddings.written import run_with
from writer.format.wire import encode_varint

# Of tensorflow/serving, testdata/saved_model_half_plus_three and saved_model_half_plus_two_cpu: the second by Snappy.
PLAIN = base64.b64decode(
    "AAAGCAEaAggBAAELYQgBEgAoBDUGOCcfAAENYggBEgAgBCgENe/WgsMAAQ1jCAESACAIKAQ179aCwwAAAAABAAAAAMHmGd8AAAAAAQAAAADA8q"
    "GwAAECZABCAAAAAAEAAAAAWLLp90cIVA4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABX+4CLJHVH2w=="
)
SNAPPY = base64.b64decode(
    "ZGwAAAYIARoCCAEAAQthCAESACgENQY4Jx8BAQ0yAQ8EIAQNEQwAAQ1iBREsCCgENRD9eE8AAQ1jBREcDCgENe/WgsMVMzwQKAQ179aCwwAAAA"
    "ABAAAAAQPaPh0AAAAAAQAAAADA8qGwAAECZABXAAAAAAEAAAAAdfech1wIaQ4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABX"
    "+4CLJHVH2w=="
)
MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")


def table(entries: dict[bytes, bytes]) -> bytes:
    """Write a LevelDB table of one block, keys sharing their beginnings, and its index of one entry."""

    def block(rows: dict[bytes, bytes]) -> bytes:
        out, before = b"", b""
        for key, value in sorted(rows.items()):
            shared = next(
                (i for i, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), min(len(key), len(before))
            )
            rest = key[shared:]
            out += encode_varint(shared) + encode_varint(len(rest)) + encode_varint(len(value)) + rest + value
            before = key
        return out + bytes(4) + (1).to_bytes(4, "little")

    data = block(entries)
    index = block({b"z": encode_varint(0) + encode_varint(len(data))})
    body = data + bytes(5)
    handles = encode_varint(0) + encode_varint(0) + encode_varint(len(body)) + encode_varint(len(index))
    return body + index + bytes(5) + handles.ljust(40, b"\0") + MAGIC


def entry(shape: tuple[int, ...], offset: int, dtype: int = 1) -> bytes:
    dims = b"".join(b"\x12" + bytes([len(encode_varint(n)) + 1]) + b"\x08" + encode_varint(n) for n in shape)
    return b"\x08" + bytes([dtype]) + b"\x12" + bytes([len(dims)]) + dims + b"\x20" + encode_varint(offset)


def read(tmp_path: Path, index: bytes, data: bytes = bytes(100), name: str = "w", **more: bytes) -> Points:
    run = run_with(tmp_path / "run", f'embeddings {{ tensor_name: "{name}" }}')
    (run / "checkpoint").write_text('model_checkpoint_path: "/gone/since/model-5"\nall_model_checkpoint_paths: "x"\n')
    (run / "model-5.index").write_bytes(index)
    (run / "model-5.data-00000-of-00001").write_bytes(data)
    with board.open(tmp_path, cache=False) as logs:
        (steps,) = logs["run"].embeddings.values()
        return steps[0].points


@pytest.mark.parametrize(("index", "names"), [(PLAIN, "abc"), (SNAPPY, ["a", "a2", "b", "c", "c2"])])
def test_an_index_of_tensorflow_is_understood(tmp_path: Path, index: bytes, names: list[str]) -> None:
    for name in names:  # all of them are single numbers
        with pytest.raises(MalformedValueError, match=rf"{name}' is no matrix of floats but has the shape \[\]"):
            read(tmp_path, index, name=name)
    with pytest.raises(UnknownSeriesError, match="has no variable 'd'"):
        read(tmp_path, index, name="d")


@pytest.mark.parametrize("suffix", ["", "/.ATTRIBUTES/VARIABLE_VALUE"])
def test_a_matrix_is_read_from_where_the_index_says(tmp_path: Path, suffix: str) -> None:
    values = np.arange(6, dtype="<f4").reshape(3, 2)
    header = {b"": b"\x08\x01", b"model/v": entry((2,), 0), b"model/w" + suffix.encode(): entry((3, 2), 8)}
    found = read(tmp_path, table(header), bytes(8) + values.tobytes() + b"more", "model/w:0")
    assert np.array_equal(found.values, values)


def test_a_checkpoint_named_in_the_list_must_lie_in_the_run(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", 'model_checkpoint_path: "../model" embeddings { tensor_name: "w" }')
    (tmp_path / "model.index").write_bytes(table({b"w": entry((1, 1), 0)}))
    (tmp_path / "model.data-00000-of-00001").write_bytes(bytes(4))
    with board.open(tmp_path, cache=False) as logs, pytest.raises(MalformedValueError, match="outside"):
        _ = logs["run"].embeddings["w"][0].points
    (run / "projector_config.pbtxt").write_text('embeddings { tensor_name: "w" }')
    with board.open(tmp_path, cache=False) as logs, pytest.raises(UnknownSeriesError, match="no checkpoint"):
        _ = logs["run"].embeddings["w"][0].points


@pytest.mark.parametrize("index", [PLAIN, SNAPPY, table({b"": b"\x08\x01", b"w": entry((3, 2), 8)})])
def test_any_damage_is_an_error_of_ours(tmp_path: Path, index: bytes) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(index)
        for at in rng.integers(0, len(index), rng.integers(1, 4)):
            damaged[at] = rng.integers(256)
        try:
            read(tmp_path, bytes(damaged[: rng.integers(1, len(index) + 1)] if rng.random() < 0.3 else damaged))
        except BoardError:
            continue
