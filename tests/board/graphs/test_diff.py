"""Two graphs as one: what is found added, removed and changed, and what renaming does not hide."""

import json
import time
from typing import Any

import pytest
import torch
from torch import nn

from board.graphs.columns import graph_columns
from board.graphs.diff import diff_columns
from tests.board.graphs.big_graph import big_graph
from writer.graph_encoding import graph_events
from writer.torch_graph import capture

SAME, ADDED, REMOVED, CHANGED, INSIDE = range(5)


def columns_of(model: nn.Module, given: Any) -> dict[str, Any]:
    graph, noted = graph_events(capture(model, given))
    return graph_columns(bytes(graph.graph_def), json.loads(noted.summary.value[0].tensor.string_val[0]))


def groups(diff: dict[str, Any]) -> dict[str, int]:
    """The change of each group, by its path."""
    paths = [""]
    for name, parent in zip(diff["group_name"][1:], diff["group_parent"][1:], strict=True):
        paths.append(f"{paths[parent]}/{diff['strings'][name]}".lstrip("/"))
    return dict(zip(paths, diff["group_change"], strict=True))


def texts(diff: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    """What changed, from what to what."""
    found = set()
    for change in diff["changes"]:
        name = diff["strings"][diff[f"{change['item']}_name"][change["index"]]]
        found.add((name, change["what"], change["before"], change["after"]))
    return found


def check(diff: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """Nothing is lost, nothing is there twice, and all that refers to something refers to something."""
    for item in ("group", "node"):
        for side, columns in (("before", before), ("after", after)):
            numbers = [number for number in diff[f"{item}_{side}"] if number >= 0]
            assert sorted(numbers) == list(range(len(columns[f"{item}_name"])))
        assert all(b >= 0 or a >= 0 for b, a in zip(diff[f"{item}_before"], diff[f"{item}_after"], strict=True))
    assert all(parent < group for group, parent in enumerate(diff["group_parent"]))
    assert len(diff["edges"]) == 2 * len(diff["edge_shape"]) == 2 * len(diff["edge_change"])
    assert max(diff["edges"], default=0) < len(diff["node_name"])
    assert diff["edge_change"].count(REMOVED) + diff["edge_change"].count(SAME) == len(before["edge_shape"])
    assert diff["edge_change"].count(ADDED) + diff["edge_change"].count(SAME) == len(after["edge_shape"])
    for costs in (diff["costs"], diff["costs_before"]):
        for key, column in (costs or {}).items():
            if key.startswith("group_") and column is not None:
                assert len(column) == len(diff["group_name"])
    json.dumps(diff, allow_nan=False)


def diff_of(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    diff = diff_columns(before, after)
    check(diff, before, after)
    return diff


def chain(*layers: nn.Module) -> dict[str, Any]:
    return columns_of(nn.Sequential(*layers), torch.zeros(4, 8))


def test_a_graph_is_the_same_as_itself() -> None:
    columns = chain(nn.Linear(8, 8), nn.ReLU())
    diff = diff_of(columns, columns)
    assert set(diff["group_change"]) == set(diff["node_change"]) == set(diff["edge_change"]) == {SAME}
    assert diff["changes"] == []
    assert diff["costs"]["group_macs"] == columns["costs"]["group_macs"]
    for key in ("group_name", "node_name", "node_op", "node_shape", "node_device"):
        assert [diff["strings"][n] for n in diff[key]] == [columns["strings"][n] for n in columns[key]]


def test_a_wider_layer_changes_its_parameters_and_shapes() -> None:
    diff = diff_of(
        chain(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)), chain(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
    )
    found = texts(diff)
    assert ("weight", "shape", "16×8", "32×8") in found
    assert ("weight", "params", "128", "256") in found
    assert ("linear", "shape", "4×16", "4×32") in found
    assert diff["counts"]["nodes"][ADDED] == diff["counts"]["nodes"][REMOVED] == 0
    assert groups(diff)["Sequential/Linear[0]"] == INSIDE


def test_another_class_in_the_same_place_is_a_change() -> None:
    diff = diff_of(chain(nn.Linear(8, 8), nn.GELU()), chain(nn.Linear(8, 8), nn.ReLU()))
    assert groups(diff) == {
        "": INSIDE,
        "Sequential": INSIDE,
        "Sequential/Linear[0]": SAME,
        "Sequential/ReLU[1]": CHANGED,
    }
    assert ("ReLU[1]", "class", "GELU", "ReLU") in texts(diff)
    assert ("relu", "op", "gelu", "relu") in texts(diff)


def test_what_stands_behind_an_inserted_layer_stays_the_same() -> None:
    before = chain(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
    diff = diff_of(before, chain(nn.Linear(8, 16), nn.Dropout(), nn.ReLU(), nn.Linear(16, 2)))
    assert groups(diff) == {
        "": INSIDE, "Sequential": INSIDE, "Sequential/Linear[0]": SAME, "Sequential/Dropout[1]": ADDED,
        "Sequential/ReLU[2]": SAME, "Sequential/Linear[3]": SAME,
    }  # fmt: skip
    olds = {
        diff["strings"][n]: diff["strings"][old]
        for n, old in zip(diff["group_name"], diff["group_name_before"], strict=True)
    }
    assert (olds["ReLU[2]"], olds["Linear[3]"], olds["Linear[0]"]) == ("ReLU[1]", "Linear[2]", "")
    assert diff["changes"] == []
    assert diff["counts"]["nodes"] == [len(before["node_name"]), 1, 0, 0]
    back = diff_of(chain(nn.Linear(8, 16), nn.Dropout(), nn.ReLU(), nn.Linear(16, 2)), before)
    assert groups(back)["Sequential/Dropout[1]"] == REMOVED
    assert back["counts"]["nodes"] == [len(before["node_name"]), 0, 1, 0]


class Stack(nn.Module):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            [nn.Sequential(nn.Linear(8, width), nn.Tanh(), nn.Linear(width, 8)) for width in widths]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = x + block(x)
        return x


def test_a_block_inserted_in_front_renames_those_behind_and_no_more() -> None:
    diff = diff_of(
        columns_of(Stack([16, 24, 32]), torch.zeros(4, 8)), columns_of(Stack([12, 16, 24, 32]), torch.zeros(4, 8))
    )
    changes = groups(diff)
    blocks = {path: code for path, code in changes.items() if path.count("/") == 1 and "Sequential[" in path}
    assert list(blocks.values()) == [ADDED, SAME, SAME, SAME]
    assert diff["counts"]["nodes"][REMOVED] == 0


def test_another_size_of_the_batch_changes_nothing() -> None:
    model = Stack([16, 24])
    diff = diff_of(columns_of(model, torch.zeros(4, 8)), columns_of(model, torch.zeros(32, 8)))
    assert diff["batch"] == [4, 32]
    assert set(diff["node_change"]) == {SAME}


def test_costs_of_both_sides_are_there() -> None:
    diff = diff_of(chain(nn.Linear(8, 16)), chain(nn.Linear(8, 16), nn.Linear(16, 8)))
    at = list(groups(diff)).index("Sequential/Linear[1]")
    assert (diff["costs"]["group_params"][at], diff["costs_before"]["group_params"][at]) == (136, 0)
    assert (diff["costs"]["group_params"][0], diff["costs_before"]["group_params"][0]) == (144 + 136, 144)
    back = diff_of(chain(nn.Linear(8, 16), nn.Linear(16, 8)), chain(nn.Linear(8, 16)))
    at = list(groups(back)).index("Sequential/Linear[1]")
    assert back["costs"]["group_params"][at] == 136  # of what is no more, what it was
    block = next(block for block in back["costs"]["blocks"] if block["group"] == at)
    assert block["name"] == "1"


@pytest.mark.parametrize("swap", [False, True])
def test_graphs_of_nothing_in_common_are_added_and_removed(swap: bool) -> None:
    sides = [chain(nn.Linear(8, 16)), graph_columns(big_graph(stages=1, blocks=1), None)]
    before, after = sides[::-1] if swap else sides
    diff = diff_of(before, after)
    assert diff["counts"]["nodes"][SAME] == 0


def test_ninety_thousand_nodes_are_compared_in_seconds() -> None:
    before, after = (
        graph_columns(big_graph(stages=20, blocks=67), None),
        graph_columns(big_graph(stages=20, blocks=66), None),
    )
    begin = time.perf_counter()
    diff = diff_of(before, after)
    assert time.perf_counter() - begin < 30
    assert diff["counts"]["nodes"][ADDED] == diff["counts"]["nodes"][CHANGED] == 0
    assert diff["counts"]["nodes"][REMOVED] == len(before["node_name"]) - len(after["node_name"])
