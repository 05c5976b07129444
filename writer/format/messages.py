"""Protobuf messages of event files, in a descriptor pool of our own.

TensorFlow and TensorBoard register the same names in protobuf's default pool, where a second
registration is an error; a pool of our own never meets theirs. The descriptor set beside this file is
compiled from the ``.proto`` files by ``make protos``; a test compiles them again and compares.

Classes are typed ``Any``: they are made at run time, and their fields are those of the ``.proto`` files.
"""

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

__all__ = [
    "DecodeError",
    "EmbeddingInfo",
    "EndMarker",
    "Event",
    "GraphDef",
    "HParamInfo",
    "HParamValue",
    "HParamsPluginData",
    "HistogramProto",
    "Layout",
    "LayoutChart",
    "MeshPluginData",
    "MetaGraphDef",
    "MetricInfo",
    "PluginContent",
    "PrCurvePluginData",
    "ProjectorConfig",
    "RunMetadata",
    "SessionEndInfo",
    "SessionStartInfo",
    "StepStats",
    "Summary",
    "SummaryMetadata",
    "TensorProto",
    "WriterRecord",
]

_DESCRIPTORS = Path(__file__).with_name("messages.binpb")


def _load() -> dict[str, Any]:
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(_DESCRIPTORS.read_bytes())
    classes: dict[str, Any] = {}
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    for file in files.file:
        for message in file.message_type:
            descriptor = pool.FindMessageTypeByName(f"{file.package}.{message.name}")
            classes[message.name] = message_factory.GetMessageClass(descriptor)
    return classes


_CLASSES = _load()

EmbeddingInfo: Any = _CLASSES["EmbeddingInfo"]
EndMarker: Any = _CLASSES["EndMarker"]
Event: Any = _CLASSES["Event"]
GraphDef: Any = _CLASSES["GraphDef"]
HParamInfo: Any = _CLASSES["HParamInfo"]
HParamValue: Any = _CLASSES["HParamValue"]
HParamsPluginData: Any = _CLASSES["HParamsPluginData"]
HistogramProto: Any = _CLASSES["HistogramProto"]
Layout: Any = _CLASSES["Layout"]
LayoutChart: Any = _CLASSES["LayoutChart"]
MeshPluginData: Any = _CLASSES["MeshPluginData"]
MetaGraphDef: Any = _CLASSES["MetaGraphDef"]
MetricInfo: Any = _CLASSES["MetricInfo"]
PluginContent: Any = _CLASSES["PluginContent"]
PrCurvePluginData: Any = _CLASSES["PrCurvePluginData"]
ProjectorConfig: Any = _CLASSES["ProjectorConfig"]
RunMetadata: Any = _CLASSES["RunMetadata"]
SessionEndInfo: Any = _CLASSES["SessionEndInfo"]
SessionStartInfo: Any = _CLASSES["SessionStartInfo"]
StepStats: Any = _CLASSES["StepStats"]
Summary: Any = _CLASSES["Summary"]
SummaryMetadata: Any = _CLASSES["SummaryMetadata"]
TensorProto: Any = _CLASSES["TensorProto"]
WriterRecord: Any = _CLASSES["WriterRecord"]
