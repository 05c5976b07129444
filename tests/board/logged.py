"""Runs made of bytes, for tests that need a name, a step or a picture that no kind writer would give."""

from collections.abc import Iterable
from pathlib import Path

from writer.format.messages import Event
from writer.format.records import encode_record

NAME = "events.out.tfevents.1700000000.host"


def append_events(run: Path, events: Iterable[bytes], name: str = NAME) -> Path:
    """Append records to a run's file, with the version record first where the file is new."""
    run.mkdir(parents=True, exist_ok=True)
    path = run / name
    version = Event(wall_time=1.7e9, file_version=b"brain.Event:2").SerializeToString()
    head = b"" if path.exists() else encode_record(version)
    with path.open("ab") as file:
        file.write(head + b"".join(encode_record(event) for event in events))
    return path


def scalar(tag: str | bytes, step: int, value: float, wall_time: float | None = None) -> bytes:
    """Return one Event with one scalar."""
    event = Event(wall_time=1.7e9 + step if wall_time is None else wall_time, step=step)
    event.summary.value.add(tag=_bytes(tag), simple_value=value)
    return bytes(event.SerializeToString())


def image(tag: str | bytes, step: int, data: bytes, width: int = 1, height: int = 1) -> bytes:
    """Return one Event with one picture, whatever its bytes are."""
    event = Event(wall_time=1.7e9 + step, step=step)
    value = event.summary.value.add(tag=_bytes(tag))
    value.image.encoded_image_string = data
    value.image.width, value.image.height = width, height
    return bytes(event.SerializeToString())


def _bytes(tag: str | bytes) -> bytes:
    return tag if isinstance(tag, bytes) else tag.encode("utf-8", "surrogateescape")
