"""What other writers have written, read through ``board.open``, against what TensorBoard reads of it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import board
from board.blob_reader import read_payload
from board.logs import BlobSeries, Logs
from board.model import Kind
from board.tensors import decode_tensor
from writer.format.messages import Event, GraphDef

CORPUS = Path(__file__).parents[1] / "corpus"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS / "expected.json").read_text())
SERIES = [(run, tag, e) for run, tags in EXPECTED.items() for tag, e in tags.items() if "plugin" in e]
OF_PLUGIN = {
    "scalars": Kind.SCALAR,
    "images": Kind.IMAGE,
    "histograms": Kind.HISTOGRAM,
    "text": Kind.TEXT,
    "audio": Kind.AUDIO,
    "graphs": Kind.GRAPH,
    "graph_keras_model": Kind.GRAPH,
    "graph_run_metadata_graph": Kind.GRAPH,
    "graph_tagged_run_metadata": Kind.RUN_METADATA,
    "pr_curves": Kind.PR_CURVE,
    "hparams": Kind.HPARAMS,
    "custom_scalars": Kind.CUSTOM_SCALARS,
    "mesh": Kind.MESH,
}


@pytest.fixture(scope="module")
def logs() -> Iterator[Logs]:
    with board.open(CORPUS / "logs", cache=False) as logs:
        yield logs


def test_every_run_and_tag_is_there_and_no_other(logs: Logs) -> None:
    assert sorted(logs.runs) == sorted(EXPECTED)
    found = {(run, tag, kind) for run in logs.runs for tag, kinds in logs[run].tags.items() for kind in kinds}
    assert found == {(run, tag, OF_PLUGIN[e["plugin"]]) for run, tag, e in SERIES}
    assert logs.problems == []


@pytest.mark.parametrize(("run", "tag", "expected"), SERIES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_series_is_what_tensorboard_reads(logs: Logs, run: str, tag: str, expected: dict[str, Any]) -> None:
    if expected["plugin"] == "scalars":
        scalars = logs[run].scalars[tag]
        finite = np.isfinite(scalars.value)
        assert len(scalars) == expected["count"]
        assert int(scalars.step[0]) == expected["first_step"]
        assert int(scalars.step[-1]) == expected["last_step"]
        assert int(np.count_nonzero(~finite)) == expected["nonfinite"]
        assert sum(scalars.value[finite].tolist()) == expected["sum"]
        return
    blobs = logs[run].blobs(OF_PLUGIN[expected["plugin"]])[tag]
    assert len(blobs) == expected["count"]
    if expected["plugin"] in ("graphs", "graph_tagged_run_metadata"):
        # TensorBoard gives a graph the step 0, whatever the event says.
        assert expected["first_step"] == expected["last_step"] == 0
    else:
        assert blobs[0].step == expected["first_step"]
        assert blobs[-1].step == expected["last_step"]
    digest = hashlib.sha256()
    for blob in blobs:
        for part in parts_for_digest(blobs, blob, expected["plugin"]):
            digest.update(part)
    assert digest.hexdigest() == expected["sha256"]


def parts_for_digest(blobs: BlobSeries, blob: Any, plugin: str) -> Iterator[bytes]:
    """One point as ``oracle.py`` hashes it: the strings of the tensor that TensorBoard makes of it, or its numbers."""
    value = blob.value
    match plugin:
        case "images":
            yield str(value[0].width).encode()
            yield str(value[0].height).encode()
            yield from (image.data for image in value)
        case "audio":
            yield from (clip.data for clip in value)
        case "text":
            yield from (string.encode("utf-8", "surrogateescape") for string in value.flat)
        case "histograms":
            if is_older_form(blobs, blob):
                # TensorBoard takes the older form through float32; otherwise the rules are the same.
                value = value.astype("<f4")
            yield value.astype("<f8").tobytes()
        case "pr_curves" | "mesh":
            yield value.astype("<f8").tobytes()
        case "hparams":
            assert value  # TensorBoard makes an empty tensor of metadata without a value
        case "graph_keras_model" | "graph_run_metadata_graph":
            # What we give out is a GraphDef; what is hashed is the JSON, or the RunMetadata, that it is made of.
            assert len(GraphDef.FromString(value).node) > 0
            yield from decode_tensor(event_of(blobs, blob).summary.value[blob.location.ordinal].tensor).flat
        case _:
            yield value


def event_of(blobs: BlobSeries, blob: Any) -> Any:
    return Event.FromString(read_payload(blobs._storage, blobs._folder, blob.location))


def is_older_form(blobs: BlobSeries, blob: Any) -> bool:
    return bool(event_of(blobs, blob).summary.value[blob.location.ordinal].HasField("histo"))


@pytest.mark.parametrize(("run", "tags"), [(run, tags) for run, tags in EXPECTED.items() if "__graph__" in tags])
def test_a_run_graph_has_all_its_nodes(logs: Logs, run: str, tags: dict[str, Any]) -> None:
    graph = GraphDef.FromString(logs[run].graphs["__run_graph__"][-1].value)
    assert len(graph.node) == tags["__graph__"]["nodes"]
    assert len(graph.library.function) == tags["__graph__"]["functions"]


def test_a_traced_graph_has_the_nodes_of_its_functions(logs: Logs) -> None:
    graph = GraphDef.FromString(logs["tf2_trace"].graphs["my_trace"][0].value)
    assert len(graph.node) > 10
    assert logs.graph("tf2_trace", "my_trace")["node_name"]


def test_descriptions_come_with_their_tags(logs: Logs) -> None:
    described = {tag.tag: tag.description for kind in Kind for tag in logs.tags(kind) if tag.description}
    assert described  # TensorFlow's writer gave some
