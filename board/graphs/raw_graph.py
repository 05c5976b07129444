"""GraphDef with the attributes of nodes left as bytes: equal ones, and most are, are then decoded once."""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from writer.format.messages import GraphDef

__all__ = ["AttrEntry", "NodeDef", "RawGraphDef"]

_BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
_MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
_ONE = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
_MANY = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED


def _raw_graph_def() -> Any:
    # A message and bytes are the same on the wire, so one may be read as the other. Field numbers: graph.proto.
    file = descriptor_pb2.FileDescriptorProto(name="raw_graph.proto", package="trainboard.raw", syntax="proto3")
    node = file.message_type.add(name="NodeDef")
    for name, number, label in (
        ("name", 1, _ONE),
        ("op", 2, _ONE),
        ("input", 3, _MANY),
        ("device", 4, _ONE),
        ("attr", 5, _MANY),
    ):
        node.field.add(name=name, number=number, label=label, type=_BYTES)
    graph = file.message_type.add(name="GraphDef")
    graph.field.add(name="node", number=1, label=_MANY, type=_MESSAGE, type_name=".trainboard.raw.NodeDef")
    graph.field.add(name="library", number=2, label=_ONE, type=_MESSAGE, type_name=".trainboard.raw.Library")
    library = file.message_type.add(name="Library")
    library.field.add(name="function", number=1, label=_MANY, type=_MESSAGE, type_name=".trainboard.raw.Function")
    function = file.message_type.add(name="Function")
    function.field.add(name="signature", number=1, label=_ONE, type=_MESSAGE, type_name=".trainboard.raw.Signature")
    function.field.add(name="node_def", number=3, label=_MANY, type=_MESSAGE, type_name=".trainboard.raw.NodeDef")
    file.message_type.add(name="Signature").field.add(name="name", number=1, label=_ONE, type=_BYTES)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("trainboard.raw.GraphDef"))


def _node_def() -> Any:
    return message_factory.GetMessageClass(GraphDef.DESCRIPTOR.fields_by_name["node"].message_type)


def _attr_entry() -> Any:
    node = GraphDef.DESCRIPTOR.fields_by_name["node"].message_type
    return message_factory.GetMessageClass(node.fields_by_name["attr"].message_type)


RawGraphDef: Any = _raw_graph_def()
AttrEntry: Any = _attr_entry()
NodeDef: Any = _node_def()
