"""TensorBoard itself as the judge of the graphs that are written."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from tests.writer.zoo import ZOO
from writer import SummaryWriter
from writer.captured_graph import CapturedGraph
from writer.format.messages import Event
from writer.format.records import encode_record
from writer.graph_encoding import graph_events, node_names
from writer.torch_graph import capture


def write_run(folder: Path, make: Callable[[], nn.Module], given: Any) -> CapturedGraph:
    captured = capture(make(), given)
    version = Event(wall_time=1.5, file_version=b"brain.Event:2")
    events = [version, *graph_events(captured, wall_time=2.5)]
    data = b"".join(encode_record(event.SerializeToString()) for event in events)
    (folder / "events.out.tfevents.0000000001.here").write_bytes(data)
    return captured


@pytest.mark.parametrize("name", ["talk_net", "resnet_in_place", "transformer", "shared_and_tied", "nested_arguments"])
def test_tensorboard_reads_the_nodes_their_inputs_and_their_shapes(name: str, tmp_path: Path) -> None:
    make, make_input = ZOO[name]
    captured = write_run(tmp_path, make, make_input())
    accumulator = EventAccumulator(str(tmp_path))
    accumulator.Reload()
    graph = accumulator.Graph()
    names = node_names(captured.nodes)
    assert [node.name for node in graph.node] == names
    for node, read in zip(captured.nodes, graph.node, strict=True):
        expected = [names[i] + (f":{output}" if output else "") for i, output in node.inputs]
        assert list(read.input) == expected
        shapes = [[dim.size for dim in shape.dim] for shape in read.attr["_output_shapes"].list.shape]
        assert shapes == [list(output.shape or ()) for output in node.outputs]
        assert read.device == "/device:CPU:0"
        assert read.attr["macs"].i == node.macs
        assert read.attr["num_params"].i == node.params
    operations = {node.op for node in graph.node}
    assert {"Const", "Placeholder", "Identity"} <= operations


def test_tensorboard_keeps_the_costs_of_the_blocks_apart(tmp_path: Path) -> None:
    make, make_input = ZOO["talk_net"]
    write_run(tmp_path, make, make_input())
    accumulator = plugin_event_accumulator.EventAccumulator(str(tmp_path))
    accumulator.Reload()
    assert set(accumulator.Tags()["tensors"]) == {"_stats_/graph", "__run_graph__"}
    metadata = accumulator.SummaryMetadata("_stats_/graph").plugin_data
    assert (metadata.plugin_name, metadata.content) == ("trainboard_graph_costs", b'{"version":1}')
    (tensor,) = accumulator.Tensors("_stats_/graph")
    assert tensor.wall_time == 2.5
    costs = json.loads(tensor.tensor_proto.string_val[0])
    assert (costs["version"], costs["how"], costs["input"]) == (1, "fake", "images: float32[2, 1, 28, 28]")
    assert "aten.relu" in costs["not_counted"]
    assert costs["blocks"][0] == {
        "path": "TalkNet", "name": "", "class": "TalkNet", "calls": 1, "params": 0, "params_total": 3_274_634,
        "trainable": 0, "buffers": 0, "tied": [], "macs": 0, "macs_total": 2 * 13_883_904, "output_bytes": 80,
        "saved_bytes": None, "saved_bytes_total": None, "forward_s": None, "backward_s": None,
        "device": "", "dtype": "",
    }  # fmt: skip
    assert [block["path"] for block in costs["blocks"][1:3]] == ["TalkNet/Conv2d[conv1]", "TalkNet/MaxPool2d[pool1]"]


def test_nothing_captured_writes_nothing() -> None:
    assert graph_events(CapturedGraph("structure", [], [], "", {}, [])) == []


@contextlib.contextmanager
def tensorboard(logdir: Path) -> Iterator[str]:
    """Run the real TensorBoard until the block ends; the address comes from its own first line."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--port", "0", "--load_fast", "false"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if "http://" in line)
            address = "http://" + line.partition("http://")[2].split()[0]
            deadline = time.monotonic() + 30
            while not read_json(address + "data/plugin/graphs/info"):
                assert time.monotonic() < deadline, "TensorBoard found no graph"
                time.sleep(0.05)
            yield address
        finally:
            process.terminate()


def read_json(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except urllib.error.URLError:
        return None


def lifted(captured: CapturedGraph, opened: str) -> tuple[set[str], set[str], set[str]]:
    """Say what is drawn with one scope opened: boxes, single nodes, and edges between neighbours."""
    names = node_names(captured.nodes)
    inside = opened + "/"

    def drawn(name: str) -> str:
        if not name.startswith(inside):
            return name.partition("/")[0]
        return inside + name[len(inside) :].partition("/")[0]

    shown = {drawn(name) for name, node in zip(names, captured.nodes, strict=True) if node.op != "Const"}
    edges = set()
    for name, node in zip(names, captured.nodes, strict=True):
        for source, _ in node.inputs:
            start, end = drawn(names[source]), drawn(name)
            if captured.nodes[source].op == "Const" or start == end:
                continue
            if start.startswith(inside) != end.startswith(inside):  # crosses the border: ends at the opened box
                start, end = (opened if part.startswith(inside) else part for part in (start, end))
            edges.add(f"{start}--{end}")
    single = shown & set(names)
    return (shown - single) | {opened}, single, edges


@pytest.mark.browser
def test_tensorboard_draws_one_box_a_module_and_every_edge(tmp_path: Path, browser: Browser) -> None:
    make, make_input = ZOO["talk_net"]
    captured = write_run(tmp_path, make, make_input())
    boxes, single, edges = lifted(captured, "TalkNet")
    assert len(boxes) == 8
    assert len(edges) == 12
    with tensorboard(tmp_path) as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(address + "#graphs")
        box = page.locator('g.node[data-name="TalkNet"] .nodeshape').first
        box.wait_for(state="attached", timeout=20_000)
        box.dispatch_event("dblclick")
        page.locator("g.node.meta").nth(len(boxes) - 1).wait_for(state="attached", timeout=10_000)
        classes = page.eval_on_selector_all("g.node", "found => found.map(e => [e.dataset.name, e.classList.value])")
        drawn_edges = page.eval_on_selector_all("g.edge", "found => found.map(e => e.dataset.edge)")
        labels = page.eval_on_selector_all("g.edge text", "found => found.map(e => e.textContent)")
        page.close()
    assert {name for name, value in classes if "meta" in value.split()} == boxes
    assert {name for name, value in classes if "op" in value.split()} == single
    assert {edge for edge in drawn_edges if "~~" not in edge} == edges
    assert {"2×1×28×28", "2×32×28×28", "2×64×7×7", "2×3136", "2×1024", "2×10"} <= set(labels)


def watched_run(folder: Path) -> None:
    """Watch two models of one run, one of them by a name of its own."""
    make, make_input = ZOO["talk_net"]
    generator, critic = make(), make()
    with SummaryWriter(str(folder)) as log:
        log.watch(generator, warmup=0, steps=1)
        log.watch(critic, tag="critic", warmup=0, steps=1)
        for _ in range(3):
            (generator(make_input()).sum() + critic(make_input()).sum()).backward()


@pytest.mark.browser
def test_tensorboard_colours_named_and_nameless_graphs_by_time_and_memory(tmp_path: Path, browser: Browser) -> None:
    watched_run(tmp_path / "run")
    grey = {"rgb(238, 238, 238)", "rgb(240, 240, 240)", ""}  # what it has no figure for
    with tensorboard(tmp_path) as address:
        listed = read_json(address + "data/plugin/graphs/info")["run"]
        shown = {tag: (facts["op_graph"], facts["profile"]) for tag, facts in listed["tags"].items()}
        assert (listed["run_graph"], shown) == (True, {"critic": (True, True), "step 1": (False, True)})
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(address + "#graphs")
        box = page.locator('g.node[data-name="TalkNet"] .nodeshape').first
        box.wait_for(state="attached", timeout=20_000)
        for tag in ("step 1", "critic"):
            for chosen in (("paper-item", tag), ("paper-radio-button", "Profile"), ("paper-radio-button", "Memory")):
                page.locator(f"{chosen[0]}:has-text('{chosen[1]}')").last.evaluate("found => found.click()")
                box.wait_for(state="attached", timeout=20_000)
            fills = {}
            for by in ("Compute time", "Memory"):
                page.locator(f"paper-radio-button:has-text('{by}')").last.evaluate("found => found.click()")
                deadline = time.monotonic() + 20
                while not {"TalkNet/Conv2d[conv1]", "TalkNet/Linear[dense]"} <= fills.get(by, {}).keys():
                    assert time.monotonic() < deadline, f"{tag} is not coloured by {by}: {fills}"
                    if page.locator('g.node[data-name="TalkNet/Linear[dense]"]').count() == 0:
                        box.dispatch_event("dblclick")
                        page.wait_for_timeout(300)
                    fills[by] = {name: fill for name, fill in fills_of(page).items() if fill not in grey}
            assert fills["Memory"]["TalkNet/Conv2d[conv1]"] != fills["Memory"]["TalkNet/Linear[dense]"]
        page.close()


def fills_of(page: Any) -> dict[str, str]:
    """Name the colour of each node that is drawn."""
    found = page.eval_on_selector_all(
        "g.node", "all => all.map(e => [e.dataset.name, (e.querySelector('.nodecolortarget') || e).style.fill])"
    )
    return dict(found)
