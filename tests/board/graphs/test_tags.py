"""Which tags tell of which block."""

import json
from typing import Any

import pytest
import torch
from torch import nn

from board.graphs.columns import graph_columns
from board.graphs.tags import block_names, match_tags, metrics_of
from tests.board.graphs.test_columns import TORCH, graph_def
from writer.graph_encoding import graph_events
from writer.torch_graph import capture


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(x))


@pytest.fixture(scope="module")
def columns() -> dict[str, Any]:
    graph, noted = graph_events(capture(Net(), torch.zeros(2, 4)))
    return graph_columns(bytes(graph.graph_def), json.loads(noted.summary.value[0].tensor.string_val[0]))


@pytest.mark.parametrize(
    ("tag", "module", "metric", "parameter"),
    [
        ("grad_norm/encoder.0", "encoder.0", "grad_norm", ""),
        ("grad_norm/encoder", "encoder", "grad_norm", ""),
        ("encoder.2/grad_norm", "encoder.2", "grad_norm", ""),
        ("gradients/encoder.0.weight", "encoder.0", "gradients", "weight"),
        ("gradients/model.encoder.0.bias", "encoder.0", "gradients/model", "bias"),
        ("encoder/0/weight", "encoder.0", "value", "weight"),
        ("encoder.0.weight.grad", "encoder.0", "grad", "weight"),
        ("train/head/activation_mean", "head", "train/activation_mean", ""),
        ("loss/train", None, "", ""),
        ("lr/0", None, "", ""),
        ("encoders.0", None, "", ""),
        ("", None, "", ""),
    ],
)
def test_a_modules_path_anywhere_in_a_tag(
    columns: Any, tag: str, module: str | None, metric: str, parameter: str
) -> None:
    found = match_tags(columns, [(tag, "scalar")])
    if module is None:
        assert found == []
        return
    (block,) = found
    assert (block.group, block.metric, block.parameter) == (block_names(columns)[module], metric, parameter)


def test_metrics_are_listed_by_how_many_blocks_they_tell_of(columns: Any) -> None:
    scalars = ("g/encoder.0.weight", "g/encoder.0.bias", "g/head", "n/head")
    tags = [*((tag, "scalar") for tag in scalars), ("w/head", "histogram")]
    assert metrics_of(match_tags(columns, tags)) == [
        {"metric": "g", "kind": "scalar", "groups": 2},
        {"metric": "n", "kind": "scalar", "groups": 1},
        {"metric": "w", "kind": "histogram", "groups": 1},
    ]


def test_blocks_of_graphs_that_others_wrote_have_names_too() -> None:
    names = block_names(graph_columns(graph_def(TORCH), None))
    assert names
    assert all("[" not in name and "/" not in name for name in names)
