"""A small event file that has every kind of record."""

from tests.writer.format.scans import metadata
from writer.format.messages import Event, PluginContent, Summary, WriterRecord
from writer.format.records import encode_record

_OWN = PluginContent(writer=WriterRecord(uuid=b"0123456789abcdef", pid=7)).SerializeToString()


def seed_payloads() -> list[bytes]:
    values = [
        {"tag": b"_trainboard_/writer", "metadata": metadata(b"trainboard", _OWN)},
        {"tag": b"loss", "simple_value": 0.25},
        {"tag": b"loss", "simple_value": float("nan")},
        {"tag": b"acc", "metadata": metadata(b"scalars"), "tensor": {"dtype": 1, "float_val": [0.5]}},
        {"tag": b"acc", "tensor": {"dtype": 2, "tensor_shape": {"dim": [{"size": 1}]}, "tensor_content": bytes(8)}},
        {"tag": b"img", "image": {"height": 1, "width": 1, "colorspace": 3, "encoded_image_string": b"\x89PNG...."}},
        {"tag": b"hist", "histo": {"min": 1, "max": 2, "num": 3, "bucket_limit": [1, 2], "bucket": [0, 3]}},
        {"tag": b"beep", "audio": {"sample_rate": 8000, "encoded_audio_string": b"RIFF...."}},
        {"tag": b"note", "metadata": metadata(b"text"), "tensor": {"dtype": 7, "string_val": [b"hello"]}},
        {"tag": b"hp", "metadata": metadata(b"hparams", b"\x12\x00")},
    ]
    events = [Event(file_version=b"brain.Event:2", source_metadata={"writer": b"seed"})]
    events += [Event(step=step, summary=Summary(value=[value])) for step, value in enumerate(values)]
    events += [
        Event(step=20, summary=Summary(value=[values[1], values[5], values[3]])),
        Event(step=3, session_log={"status": 1}),
        Event(step=3, summary=Summary(value=[values[1]])),
        Event(graph_def=b"graph"),
        Event(meta_graph_def=b"meta"),
        Event(tagged_run_metadata={"tag": b"step1", "run_metadata": b"rm"}),
        Event(),
    ]
    for number, event in enumerate(events[:-1]):
        event.wall_time = 1e9 + number
    return [event.SerializeToString() for event in events]


def seed_file() -> bytes:
    return b"".join(map(encode_record, seed_payloads()))
