"""What a reader of an event file must remember to go on after a restart, as values for an index."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from board.model import Problem
from writer.format.records import Encoding, Found

__all__ = ["ReaderState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """One reader between two looks. ``to_json`` and ``from_json`` are each other's inverse."""

    inode: int
    offset: int  # every byte before it was used, skipped or given up
    head: bytes  # first bytes of the file
    tail: bytes  # bytes right before tail_end
    tail_end: int
    records: int
    first_wall_time: float | None
    last_wall_time: float | None
    writer: bytes | None  # a serialised WriterRecord
    dropped: int
    ended_at: int  # where our writer's end marker ends; -1: there is none
    tags: tuple[bytes, ...]
    encodings: tuple[Encoding, ...]
    metadata: Mapping[int, bytes]
    assumed: Mapping[bytes, bytes]  # tag -> plugin, of tensors of which only other files can say what they are
    counted: tuple[Problem, ...]  # what was skipped for good
    has_gap: bool
    is_dead: bool
    suspect: Found | None  # a bad record with nothing read behind it yet

    def to_json(self) -> dict[str, Any]:
        """Return it as numbers, texts, lists and dicts."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "head": _text(self.head),
            "tail": _text(self.tail),
            "writer": None if self.writer is None else _text(self.writer),
            "tags": [_text(tag) for tag in self.tags],
            "encodings": [[encoding.field, _text(encoding.plugin)] for encoding in self.encodings],
            "metadata": [[tag, _text(content)] for tag, content in self.metadata.items()],
            "assumed": [[_text(tag), _text(plugin)] for tag, plugin in self.assumed.items()],
            "counted": [asdict(problem) for problem in self.counted],
            "suspect": None if self.suspect is None else list(self.suspect),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "ReaderState":
        """Make it again.

        Raises:
            ValueError, TypeError, LookupError: it was written by something else.
        """
        return cls(
            **{name: found[name] for name in _PLAIN},
            head=b64decode(found["head"]),
            tail=b64decode(found["tail"]),
            writer=None if found["writer"] is None else b64decode(found["writer"]),
            tags=tuple(b64decode(tag) for tag in found["tags"]),
            encodings=tuple(Encoding(field, b64decode(plugin)) for field, plugin in found["encodings"]),
            metadata={tag: b64decode(content) for tag, content in found["metadata"]},
            assumed={b64decode(tag): b64decode(plugin) for tag, plugin in found["assumed"]},
            counted=tuple(Problem(**problem) for problem in found["counted"]),
            suspect=None if found["suspect"] is None else Found(*found["suspect"]),
        )


_PLAIN = (
    "inode",
    "offset",
    "tail_end",
    "records",
    "first_wall_time",
    "last_wall_time",
    "dropped",
    "ended_at",
    "has_gap",
    "is_dead",
)


def _text(data: bytes) -> str:
    return b64encode(data).decode()
