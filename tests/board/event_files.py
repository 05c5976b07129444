"""Event files for tests, record by record, and a clock that a test moves."""

from pathlib import Path

from board.ingest.clock import Clock
from writer.format.messages import Event, PluginContent, WriterRecord
from writer.format.records import encode_record

START = 1_790_000_000.0  # wall_time of step 0


class HandClock:
    """Both clocks of a reader; they stand still until they are moved."""

    def __init__(self, wall: float = START) -> None:
        self.now = 1000.0
        self.wall = wall
        self.clock = Clock(monotonic=lambda: self.now, wall=lambda: self.wall)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds


def version(wall_time: float = START) -> bytes:
    return encode_record(Event(wall_time=wall_time, file_version=b"brain.Event:2").SerializeToString())


def scalar(tag: str, step: int, value: float, *, wall_time: float | None = None) -> bytes:
    event = Event(step=step, wall_time=START + step if wall_time is None else wall_time)
    event.summary.value.add(tag=tag.encode(), simple_value=value)
    return encode_record(event.SerializeToString())


def scalars(count: int, *, tag: str = "loss", first: int = 0) -> list[bytes]:
    """The file's version, and ``count`` points whose value is their step."""
    return [version()] + [scalar(tag, step, step) for step in range(first, first + count)]


def image(tag: str, step: int, data: bytes) -> bytes:
    event = Event(step=step, wall_time=START + step)
    event.summary.value.add(tag=tag.encode()).image.encoded_image_string = data
    return encode_record(event.SerializeToString())


def text(tag: str, step: int, *strings: str) -> bytes:
    event = Event(step=step, wall_time=START + step)
    value = event.summary.value.add(tag=tag.encode())
    value.metadata.plugin_data.plugin_name = b"text"
    value.tensor.dtype = 7
    value.tensor.string_val.extend(string.encode() for string in strings)
    value.tensor.tensor_shape.dim.add(size=len(strings))
    return encode_record(event.SerializeToString())


def own(content: PluginContent, tag: bytes) -> bytes:
    event = Event(wall_time=START)
    value = event.summary.value.add(tag=tag)
    value.metadata.plugin_data.plugin_name = b"trainboard"
    value.metadata.plugin_data.content = content.SerializeToString()
    return encode_record(event.SerializeToString())


def writer_record() -> bytes:
    writer = WriterRecord(uuid=bytes(range(16)), rank=3, world_size=8, host=b"node7", pid=4242)
    return own(PluginContent(writer=writer), b"_trainboard_/writer")


def end_marker(dropped: int = 0) -> bytes:
    content = PluginContent()
    content.end.status = 1
    if dropped:
        content.end.dropped.add(tag=b"loss", count=dropped)
    return own(content, b"_trainboard_/end")


def write(path: Path, *records: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(records))
    return path


def append(path: Path, *records: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(records))
