"""Every encoding that a value can have in an event file: which kind it is, and its bytes as Python values.

The older form of a value (image, histo, audio fields) and the newer (a tensor whose plugin says what it is)
become one. Formats: tensorflow/core/framework/summary.proto and tensorboard/plugins/*/metadata.py; how the
older becomes the newer: tensorboard/data_compat.py.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.errors import MalformedValueError
from board.graph_encodings import keras_graph, trace_graph
from board.model import Kind
from board.tensors import decode_strings, decode_tensor
from board.wav import parse_wav
from writer.format.messages import DecodeError, Event, MetaGraphDef, SummaryMetadata
from writer.format.records import Encoding

__all__ = [
    "COSTS_PREFIX",
    "META_GRAPH_TAG",
    "RUN_GRAPH_TAG",
    "EncodedAudio",
    "EncodedImage",
    "EncodedVideo",
    "ValueFacts",
    "decode",
    "decode_costs",
    "decode_description",
    "decode_facts",
    "decode_plugin_content",
    "decode_run_metadata",
    "decode_tag",
    "kind_of",
]

RUN_GRAPH_TAG = "__run_graph__"  # of Event.graph_def, as TensorBoard names it
META_GRAPH_TAG = "__meta_graph__"  # of Event.meta_graph_def: shown only in a run that has no graph_def
COSTS_PREFIX = "_stats_/"  # + a graph's tag: what our writer counted of it

_COSTS_PLUGIN = b"trainboard_graph_costs"

_OF_PLUGIN = {
    b"images": Kind.IMAGE,
    b"audio": Kind.AUDIO,
    b"histograms": Kind.HISTOGRAM,
    b"text": Kind.TEXT,
    b"pr_curves": Kind.PR_CURVE,
    b"hparams": Kind.HPARAMS,
    b"custom_scalars": Kind.CUSTOM_SCALARS,
    b"mesh": Kind.MESH,
    b"graphs": Kind.GRAPH,
    b"graph_run_metadata": Kind.GRAPH,
    b"graph_run_metadata_graph": Kind.GRAPH,
    b"graph_keras_model": Kind.GRAPH,
    b"graph_tagged_run_metadata": Kind.RUN_METADATA,
    b"trainboard_video": Kind.VIDEO,
    _COSTS_PLUGIN: Kind.RUN_METADATA,
}

_OF_FIELD = {
    "simple_value": Kind.SCALAR,
    "image": Kind.IMAGE,
    "histo": Kind.HISTOGRAM,
    "audio": Kind.AUDIO,
    "graph_def": Kind.GRAPH,
    "meta_graph_def": Kind.GRAPH,
    "tagged_run_metadata": Kind.RUN_METADATA,
}


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """One image as its writer encoded it; its size is what the writer said, not what the bytes say."""

    data: bytes
    width: int  # pixels; 0 where it is not a number
    height: int


@dataclass(frozen=True, slots=True)
class EncodedAudio:
    """One clip as its writer encoded it."""

    data: bytes
    content_type: str  # as the writer said: hostile input
    label: str = ""  # Markdown
    sample_rate: float | None = None  # Hz; None where only the clip itself knows


@dataclass(frozen=True, slots=True)
class EncodedVideo:
    """One video as its writer encoded it."""

    data: bytes
    content_type: str  # as the writer said: hostile input
    fps: float | None = None  # frames a second; None where nothing says


def kind_of(encoding: Encoding) -> Kind:
    """Return the kind of a value that is encoded like this. Scalars held in tensors are told apart by the scan."""
    kind = _OF_FIELD.get(encoding.field)
    if kind is not None:
        return kind
    if encoding.field in ("tensor", "none"):  # hparams have metadata only
        return _OF_PLUGIN.get(encoding.plugin, Kind.TENSOR)
    return Kind.TENSOR


def decode_tag(tag: bytes) -> str:
    """Return a tag, run or file name as text; bytes that are no UTF-8 survive as lone surrogates."""
    return tag.decode("utf-8", "surrogateescape")


def decode_description(metadata: bytes) -> tuple[str, str]:
    """Return (display name, description in Markdown) of a raw SummaryMetadata; empty where it has none."""
    try:
        message = SummaryMetadata.FromString(metadata)
    except DecodeError:
        return "", ""
    return _text(message.display_name), _text(message.summary_description)


@dataclass(frozen=True, slots=True)
class ValueFacts:
    """What a record says of a value beside the value itself."""

    plugin: str  # hostile input; "" where none is named, or it was named with the tag's first value only
    encoding: str  # the message's field that holds the value: "tensor", "simple_value" ..., "none"
    bytes: int  # of the value's message, tag and metadata included
    display_name: str


def decode_facts(payload: bytes, ordinal: int) -> ValueFacts:
    """Return what a record says of one of its values; MalformedValueError where it makes no sense."""
    try:
        event = Event.FromString(payload)
        if ordinal < 0:
            return ValueFacts("", str(event.WhichOneof("what")), len(payload), "")
        value = event.summary.value[ordinal]
    except (DecodeError, IndexError) as error:
        raise MalformedValueError("the record is no event that holds the value") from error
    field = str(value.WhichOneof("value") or "none")
    plugin, name = value.metadata.plugin_data.plugin_name, value.metadata.display_name
    return ValueFacts(_text(plugin), field, value.ByteSize(), _text(name))


def decode(kind: Kind, payload: bytes, ordinal: int, *, tag: str | None = None) -> Any:
    """Decode one value of one record.

    Args:
        kind: of the series that the value belongs to.
        payload: a whole Event, CRC checked.
        ordinal: of the value in its summary; -1 where the event is no summary.
        tag: that the value must have, where it is known.

    Returns:
        IMAGE: ``list[EncodedImage]``. HISTOGRAM: f8 array (k, 3) of left, right, count. TEXT: object array of
        str, the tensor's own shape. AUDIO: ``list[EncodedAudio]``. VIDEO: ``EncodedVideo``. GRAPH: bytes of a GraphDef.
        RUN_METADATA: bytes of a RunMetadata (of our own costs: JSON). HPARAMS: bytes of a HParamsPluginData.
        CUSTOM_SCALARS: bytes of a Layout. PR_CURVE, MESH, TENSOR: an array (of bytes where it holds strings).

    Raises:
        MalformedValueError: the bytes do not make sense as that kind.
    """
    try:
        event = Event.FromString(payload)
    except DecodeError as error:
        raise MalformedValueError("the record is no event") from error
    if ordinal < 0:
        return _decode_event(event, tag)
    if ordinal >= len(event.summary.value):
        raise MalformedValueError(f"the event has {len(event.summary.value)} values, no number {ordinal}")
    value = event.summary.value[ordinal]
    if tag is not None and decode_tag(value.tag) != tag:
        raise MalformedValueError(f"the record holds a value of the tag {decode_tag(value.tag)!r}")
    field = value.WhichOneof("value")
    if kind is Kind.IMAGE:
        return _images(value, field)
    if kind is Kind.HISTOGRAM:
        return _histogram(value, field)
    if kind is Kind.AUDIO:
        return _audio(value, field)
    if kind is Kind.VIDEO:
        return _video(value, field)
    if kind is Kind.HPARAMS:
        return bytes(value.metadata.plugin_data.content)
    if kind is Kind.GRAPH:
        return _graph(value, field)
    if kind is Kind.TEXT:
        strings = decode_strings(_tensor(value, field))
        return np.array([_text(string) for string in strings.flat], dtype=object).reshape(strings.shape)
    if kind is Kind.RUN_METADATA or kind is Kind.CUSTOM_SCALARS:
        return _single_string(value, field)
    return _stray(value, field)


def decode_costs(payload: bytes, ordinal: int) -> dict[str, Any] | None:
    """Return what our writer counted of a graph (its JSON); None where the record is something else."""
    try:
        event = Event.FromString(payload)
        value = event.summary.value[ordinal]
        costs = json.loads(_single_string(value, value.WhichOneof("value")))
    except (DecodeError, IndexError, ValueError, RecursionError):
        return None
    return costs if isinstance(costs, dict) else None


def decode_run_metadata(payload: bytes, ordinal: int) -> bytes | None:
    """Return the RunMetadata that a record holds, beside its graph or alone; None where it holds none."""
    try:
        event = Event.FromString(payload)
        if ordinal < 0:
            is_metadata = event.WhichOneof("what") == "tagged_run_metadata"
            return bytes(event.tagged_run_metadata.run_metadata) if is_metadata else None
        value = event.summary.value[ordinal]
        data = _single_string(value, value.WhichOneof("value"))
    except (DecodeError, IndexError, MalformedValueError):
        return None
    return None if value.metadata.plugin_data.plugin_name in (_COSTS_PLUGIN, b"graphs") else data


def decode_plugin_content(payload: bytes, ordinal: int) -> bytes:
    """Return what a value's own metadata holds for its plugin; writers may give it with a tag's first value only."""
    try:
        value = Event.FromString(payload).summary.value[ordinal]
    except (DecodeError, IndexError) as error:
        raise MalformedValueError("the record holds no such value") from error
    return bytes(value.metadata.plugin_data.content)


def _decode_event(event: Any, tag: str | None) -> bytes:
    field = event.WhichOneof("what")
    if field == "graph_def" and tag in (None, RUN_GRAPH_TAG):
        return bytes(event.graph_def)
    if field == "meta_graph_def" and tag in (None, META_GRAPH_TAG):
        return _graph_of_meta_graph(event.meta_graph_def)
    if field == "tagged_run_metadata" and tag in (None, decode_tag(event.tagged_run_metadata.tag)):
        return bytes(event.tagged_run_metadata.run_metadata)
    raise MalformedValueError("the event does not hold what was asked for")


def _graph_of_meta_graph(data: bytes) -> bytes:
    try:
        return bytes(MetaGraphDef.FromString(data).graph_def.SerializeToString())
    except DecodeError as error:
        raise MalformedValueError("a meta graph is not a MetaGraphDef message") from error


def _images(value: Any, field: str | None) -> list[EncodedImage]:
    if field == "image":
        image = value.image
        return [EncodedImage(bytes(image.encoded_image_string), max(0, image.width), max(0, image.height))]
    strings = [bytes(string) for string in decode_strings(_tensor(value, field)).flat]
    if len(strings) < 2:
        raise MalformedValueError("an image tensor starts with width and height, this one has not even that")
    width, height = _number(strings[0]), _number(strings[1])
    return [EncodedImage(data, width, height) for data in strings[2:]]


def _histogram(value: Any, field: str | None) -> NDArray[np.float64]:
    if field == "histo":
        return _histogram_of_buckets(value.histo)
    rows = decode_tensor(_tensor(value, field))
    if rows.dtype == object or rows.dtype.kind == "c" or rows.ndim != 2 or rows.shape[1] != 3:
        raise MalformedValueError(f"a histogram has three columns, this one has the shape {rows.shape}")
    with np.errstate(invalid="ignore"):  # NaNs that signal
        return rows.astype(np.float64)


def _histogram_of_buckets(histogram: Any) -> NDArray[np.float64]:
    """As tensorboard/data_compat.py, but in float64: it goes through float32.

    Empty buckets at both ends go first: their limits can be +-DBL_MAX. Then the outermost edges become the data's
    minimum and maximum, so that no edge runs backwards.
    """
    counts = np.array(histogram.bucket, dtype=np.float64)
    limits = np.array(histogram.bucket_limit, dtype=np.float64)
    if len(counts) != len(limits):
        raise MalformedValueError(f"a histogram has {len(counts)} buckets but {len(limits)} limits")
    filled = np.flatnonzero(counts > 0)
    if not len(filled):
        return np.zeros((0, 3))
    first, last = int(filled[0]), int(filled[-1])
    inner = limits[first:last]
    lefts = np.concatenate(([histogram.min], inner))
    rights = np.concatenate((inner, [histogram.max]))
    return np.stack((lefts, rights, counts[first : last + 1]), axis=1)


def _audio(value: Any, field: str | None) -> list[EncodedAudio]:
    if field == "audio":
        audio = value.audio
        return [
            EncodedAudio(
                bytes(audio.encoded_audio_string), _text(audio.content_type) or "audio/wav", "", audio.sample_rate
            )
        ]
    strings = decode_strings(_tensor(value, field))
    rows = strings.reshape(len(strings), -1) if strings.ndim > 1 and strings.size else strings.reshape(-1, 1)
    has_labels = rows.shape[1] == 2  # a clip and its label; of other rows only the clip at their head is known
    return [
        EncodedAudio(bytes(row[0]), "audio/wav", _text(row[1]) if has_labels else "", _rate(bytes(row[0])))
        for row in rows
    ]


def _rate(data: bytes) -> float | None:
    wav = parse_wav(data)
    return float(wav.sample_rate) if wav else None


def _video(value: Any, field: str | None) -> EncodedVideo:
    strings = [bytes(string) for string in decode_strings(_tensor(value, field)).flat]
    if len(strings) != 2:
        raise MalformedValueError(f"a video is its type and its bytes, not {len(strings)} strings")
    try:
        facts = json.loads(value.metadata.plugin_data.content or b"{}")
        fps = float(facts["fps"])
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError):
        fps = 0.0
    return EncodedVideo(strings[1], _text(strings[0]), fps if 0 < fps < 1000 else None)


def _graph(value: Any, field: str | None) -> bytes:
    data = _single_string(value, field)
    plugin = value.metadata.plugin_data.plugin_name
    if plugin == b"graphs":
        return data
    # Metadata comes with the first value of a tag only; of a later one the bytes themselves tell.
    if plugin == b"graph_keras_model" or (not plugin and data[:1] == b"{"):
        return keras_graph(data)
    return trace_graph(data)


def _single_string(value: Any, field: str | None) -> bytes:
    strings = decode_strings(_tensor(value, field))
    if strings.size != 1:
        raise MalformedValueError(f"expected one string, found {strings.size}")
    return bytes(strings.flat[0])


def _stray(value: Any, field: str | None) -> Any:
    """A value of a plugin that we do not show: whatever it holds, as well as we can."""
    if field == "tensor":
        return decode_tensor(value.tensor)
    if field == "simple_value":
        return np.float32(value.simple_value)
    if field == "obsolete_old_style_histogram":
        return bytes(value.obsolete_old_style_histogram)
    return bytes(value.metadata.plugin_data.content)


def _tensor(value: Any, field: str | None) -> Any:
    if field != "tensor":
        raise MalformedValueError(f"expected a tensor, found {field or 'nothing'}")
    return value.tensor


def _text(data: bytes) -> str:
    return bytes(data).decode("utf-8", "surrogateescape")


def _number(digits: bytes) -> int:
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0
