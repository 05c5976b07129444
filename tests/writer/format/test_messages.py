"""Our messages: as the .proto files say, beside TensorBoard's own, and patient with any bytes in a name."""

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from tensorboard.compat.proto.event_pb2 import Event as TensorBoardEvent

import writer.format
from writer.format.messages import DecodeError, EndMarker, Event, PluginContent, Summary, WriterRecord

FOLDER = Path(writer.format.__file__).parent


def test_the_descriptor_set_is_compiled_from_the_proto_files(tmp_path):
    made = tmp_path / "messages.binpb"
    protos = sorted(path.name for path in FOLDER.glob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{FOLDER}", f"--descriptor_set_out={made}", *protos]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    fresh, kept = descriptor_pb2.FileDescriptorSet(), descriptor_pb2.FileDescriptorSet()
    fresh.ParseFromString(made.read_bytes())
    kept.ParseFromString((FOLDER / "messages.binpb").read_bytes())
    # json_name is filled in by some versions of the compiler; everything else must be equal.
    assert {file.name: _bare(file) for file in fresh.file} == {file.name: _bare(file) for file in kept.file}


def _bare(file):
    pending = list(file.message_type)
    while pending:
        message = pending.pop()
        pending += message.nested_type
        for field in message.field:
            field.ClearField("json_name")
    return file.SerializeToString(deterministic=True)


@pytest.mark.parametrize("ours_first", [True, False])
def test_tensorboards_messages_live_in_the_same_process(ours_first):
    imports = ["from writer.format.messages import Event as Ours", "from tensorboard.compat.proto import event_pb2"]
    lines = imports if ours_first else imports[::-1]
    lines += ["data = Ours(step=7).SerializeToString()", "assert event_pb2.Event.FromString(data).step == 7"]
    ran = subprocess.run([sys.executable, "-W", "error", "-c", "\n".join(lines)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_a_tag_of_invalid_utf8_survives():
    tag = b"loss/\xff\xfe\xc3\x28"
    data = Event(summary=Summary(value=[Summary.Value(tag=tag, simple_value=0.5)])).SerializeToString()
    assert Event.FromString(data).summary.value[0].tag == tag
    assert tag.decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape") == tag
    with pytest.raises(DecodeError):  # which is why we declare bytes
        TensorBoardEvent.FromString(data)


def test_tensorboard_reads_the_same_fields():
    ours = Event(wall_time=1.5, step=-3, summary=Summary(value=[Summary.Value(tag=b"a", simple_value=2)]))
    theirs = TensorBoardEvent.FromString(ours.SerializeToString())
    assert (theirs.wall_time, theirs.step) == (1.5, -3)
    assert (theirs.summary.value[0].tag, theirs.summary.value[0].simple_value) == ("a", 2)
    assert Event.FromString(theirs.SerializeToString()) == ours


def test_garbage_is_refused():
    with pytest.raises(DecodeError):
        Event.FromString(b"\x2a\x05ab")


def test_plugin_numbers_are_fixed():
    """These bytes are in people's files: a change here breaks them."""
    record = PluginContent(writer=WriterRecord(uuid=b"u", rank=1, world_size=2, host=b"h", pid=3, parent=b"p"))
    assert record.SerializeToString().hex() == "0a0f0a0175100118022201682803420170"
    dropped = EndMarker.Dropped(tag=b"t", count=4)
    end = PluginContent(end=EndMarker(status=EndMarker.CLOSED, written=5, dropped=[dropped]))
    assert end.SerializeToString().hex() == "120b080110051a050a01741004"
