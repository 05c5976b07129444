"""What TensorBoard's own Python reader makes of a run, as the values that ``board.kinds.decode`` gives."""

from pathlib import Path
from typing import Any, NamedTuple

from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from board.kinds import kind_of
from board.model import Kind
from board.runs import Run
from writer.format.records import Encoding

__all__ = ["Read", "read_by_board", "read_by_tensorboard"]

PLUGINS = "scalars images audio histograms text pr_curves mesh hparams custom_scalars graphs graph_run_metadata"
EVERYTHING = dict.fromkeys([*PLUGINS.split(), "graph_keras_model", "graph_tagged_run_metadata", "somebodys"], 0)
WITHOUT_STEPS = (Kind.GRAPH, Kind.RUN_METADATA)  # TensorBoard gives these the step 0, or keeps them apart


class Read(NamedTuple):
    """One point."""

    step: int
    wall_time: float
    value: Any


def read_by_tensorboard(folder: Path) -> dict[tuple[str, Kind], list[Read]]:
    """Every series that has its own place in TensorBoard, graphs left out."""
    run = EventAccumulator(str(folder), tensor_size_guidance=EVERYTHING, purge_orphaned_data=False).Reload()
    found = {}
    for tag in run.Tags()["tensors"]:
        if tag not in run.summary_metadata:  # nobody says what it is: it has no place anywhere
            continue
        plugin = run.SummaryMetadata(tag).plugin_data.plugin_name
        kind = Kind.SCALAR if plugin == "scalars" else kind_of(Encoding("tensor", plugin.encode()))
        if kind in WITHOUT_STEPS:
            continue
        content = run.SummaryMetadata(tag).plugin_data.content
        found[tag, kind] = [
            Read(event.step, event.wall_time, comparable(kind, tensor_util.make_ndarray(event.tensor_proto), content))
            for event in run.Tensors(tag)
        ]
    return found


def comparable(kind: Kind, array: Any, content: bytes) -> Any:
    match kind:
        case Kind.SCALAR:
            return repr(float(array.item()))
        case Kind.IMAGE:
            return [(int(array[0]), int(array[1]), bytes(data)) for data in array[2:]]
        case Kind.AUDIO:
            return [bytes(data) for data in array]
        case Kind.HISTOGRAM:
            return array.astype("f4").tolist()  # TensorBoard takes the older form through it
        case Kind.HPARAMS:
            return content
        case Kind.CUSTOM_SCALARS:
            return bytes(array.item())
    if array.dtype.names:  # quantised numbers, in a structure of one field
        array = array[array.dtype.names[0]]
    return array.shape, [item_of(item) for item in array.flat]


def item_of(item: Any) -> bytes | str:
    if isinstance(item, str):
        return item.encode("utf-8", "surrogateescape")
    return bytes(item) if isinstance(item, bytes) else repr(item.item())


def read_by_board(run: Run) -> dict[tuple[str, Kind], list[Read]]:
    """The same series as the board has them."""
    found = {
        (tag, Kind.SCALAR): [
            Read(step, time, repr(value))
            for step, time, value in zip(
                scalars.step.tolist(), scalars.wall_time.tolist(), scalars.value.tolist(), strict=True
            )
        ]
        for tag, scalars in run.scalars.items()
    }
    for kind in Kind:
        if kind is not Kind.SCALAR and kind not in WITHOUT_STEPS:
            for tag, blobs in run.blobs(kind).items():
                found[tag, kind] = [Read(blob.step, blob.wall_time, plain(kind, blob.value)) for blob in blobs]
    return found


def plain(kind: Kind, value: Any) -> Any:
    match kind:
        case Kind.IMAGE:
            return [(image.width, image.height, image.data) for image in value]
        case Kind.AUDIO:
            return [clip.data for clip in value]
        case Kind.HISTOGRAM:
            return value.astype("f4").tolist()
        case Kind.HPARAMS | Kind.CUSTOM_SCALARS:
            return value
    return value.shape, [item_of(item) for item in value.flat]
