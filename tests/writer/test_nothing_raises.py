"""Every method, with each of its arguments in turn replaced by something that makes no sense."""

import inspect
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
import pytest
import torch

from tests.writer.tensorboard_reader import read_python
from writer import SummaryWriter


class Hostile:
    """Raises an error of its own whatever is asked of it."""

    def _raise(self, *_: Any) -> Any:
        raise OddError("on purpose")

    __getattr__ = __getitem__ = __iter__ = __len__ = __float__ = __int__ = __str__ = __bool__ = __array__ = _raise


class OddError(Exception):
    """What no conversion is expected to raise."""


NONSENSE: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "object": object,
    "text": lambda: "text",
    "surrogate": lambda: "\ud800",
    "bytes": lambda: b"\xff",
    "empty list": list,
    "empty dict": dict,
    "nested": lambda: [[1], [2, 3]],
    "nan": lambda: math.nan,
    "infinity": lambda: math.inf,
    "negative": lambda: -1,
    "huge": lambda: 10**400,
    "large": lambda: 1 << 62,
    "complex": lambda: 1j,
    "no elements": lambda: np.zeros((0,)),
    "six dimensions": lambda: np.zeros((1, 1, 1, 1, 1, 1)),
    "not finite": lambda: torch.full((2, 3), math.nan),
    "integers": lambda: np.arange(6).reshape(2, 3),
    "strings": lambda: np.array(["a", "b"]),
    "meta": lambda: torch.zeros(2, device="meta"),
    "sparse": lambda: torch.eye(3).to_sparse(),
    "class": lambda: dict,
    "generator": lambda: (number for number in range(3)),
    "cycle": lambda: (lambda items: items.append(items) or items)([]),
    "hostile": Hostile,
}
USUAL: dict[str, Callable[[], dict[str, Any]]] = {
    "add_hparams": lambda: {"hparam_dict": {"a": 1}, "metric_dict": {"b": 1.0}, "run_name": "trial"},
    "add_scalar": lambda: {"tag": "a", "scalar_value": 1.0},
    "add_scalars": lambda: {"main_tag": "a", "tag_scalar_dict": {"b": 1.0}},
    "add_many": lambda: {"tag_scalar_dict": {"a": 1.0, "b": 2}},
    "log": lambda: {"data": {"a": 1.0, "b": {"c": "d"}}},
    "add_tensor": lambda: {"tag": "a", "tensor": torch.zeros(2)},
    "add_histogram": lambda: {"tag": "a", "values": torch.zeros(9)},
    "add_histogram_raw": lambda: {
        "tag": "a",
        **dict.fromkeys(["min", "max", "num", "sum", "sum_squares"], 1.0),
        "bucket_limits": [1.0],
        "bucket_counts": [1],
    },
    "add_image": lambda: {"tag": "a", "img_tensor": torch.zeros(3, 4, 5)},
    "add_images": lambda: {"tag": "a", "img_tensor": torch.zeros(1, 3, 4, 5)},
    "add_image_with_boxes": lambda: {"tag": "a", "img_tensor": torch.zeros(3, 4, 5), "box_tensor": torch.zeros(1, 4)},
    "add_figure": lambda: {"tag": "a", "figure": matplotlib.figure.Figure(figsize=(1, 1))},
    "add_video": lambda: {"tag": "a", "vid_tensor": torch.zeros(1, 2, 3, 4, 4)},
    "add_audio": lambda: {"tag": "a", "snd_tensor": torch.zeros(9)},
    "add_text": lambda: {"tag": "a", "text_string": "b"},
    "add_onnx_graph": lambda: {"prototxt": "/nowhere"},
    "add_graph": lambda: {"model": torch.nn.Linear(2, 2), "input_to_model": torch.zeros(1, 2)},
    "add_embedding": lambda: {"mat": torch.zeros(2, 3), "metadata": ["a", "b"], "label_img": torch.zeros(2, 3, 4, 4)},
    "add_pr_curve": lambda: {"tag": "a", "labels": [0, 1], "predictions": [0.1, 0.9]},
    "add_pr_curve_raw": lambda: {
        "tag": "a",
        **{f"{kind}_counts": [1] for kind in ("true_positive", "false_positive", "true_negative", "false_negative")},
        "precision": [1],
        "recall": [1],
    },
    "add_custom_scalars_multilinechart": lambda: {"tags": ["a"]},
    "add_custom_scalars_marginchart": lambda: {"tags": ["a", "b", "c"]},
    "add_custom_scalars": lambda: {"layout": {"a": {"b": ["Multiline", ["c"]]}}},
    "add_mesh": lambda: {"tag": "a", "vertices": torch.zeros(1, 2, 3)},
}


def test_the_table_has_every_method() -> None:
    assert sorted(USUAL) == sorted(name for name in dir(SummaryWriter) if name == "log" or name.startswith("add_"))


@pytest.mark.parametrize("method", USUAL)
def test_nonsense_is_counted_and_raises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with SummaryWriter("run") as log:
        for name, parameter in inspect.signature(getattr(log, method)).parameters.items():
            if isinstance(parameter.default, bool):  # a switch in the program's text
                continue
            for make in NONSENSE.values():
                arguments = {**USUAL[method](), name: make()}
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    getattr(log, method)(**arguments)
        log.add_scalar("last", 1.0, 1)
        log.flush()
        assert log._queue._thread is not None
        assert log._queue._thread.is_alive()
    assert "goes on" not in caplog.text
    assert "lost" not in caplog.text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorBoard's, of a histogram that has an infinite sum
        assert [point.value for point in read_python(tmp_path / "run").Scalars("last")] == [1.0]
