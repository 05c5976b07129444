"""Sounds and videos: what each step has, and its bytes."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from board.errors import UnknownSeriesError
from board.logs import Kind
from board.web.blobs import BLOB_HEADERS, Ref
from board.web.clip_types import OTHER, ClipKind, is_too_large, sniff_clip
from board.web.context import Board, Context
from board.web.encoding import asked_name, json_response, shown_name
from board.web.limits import Name
from board.web.markdown import render_markdown

__all__ = ["router"]

router = APIRouter()


@router.get("/api/clip")
def send_clip(
    board: Board,
    kind: ClipKind,
    run: Name,
    tag: Name,
    ref: Ref,
    index: Annotated[int, Query(ge=0)] = 0,
    download: bool = False,
) -> Response:
    """Send one clip or video as its writer encoded it; its type is read off its bytes, never taken from the log.

    ``download=1`` gives the same bytes as a file, also those that no browser should unfold.
    """
    clips = _read(board, kind, run, tag, ref)
    if index >= len(clips):
        raise UnknownSeriesError(f"there are {len(clips)} clips at this step, no number {index}")
    data: bytes = clips[index].data
    facts = sniff_clip(data, kind)
    if download:  # the page gives it a name
        return Response(data, media_type=OTHER, headers={**BLOB_HEADERS, "Content-Disposition": "attachment"})
    if is_too_large(facts, len(data)):
        error = f"not played: {len(data)} bytes would choke the browser"
        return json_response({"error": error, "bytes": len(data)}, 413)
    headers = dict(BLOB_HEADERS)
    if not facts.is_playable:
        headers["Content-Disposition"] = 'attachment; filename="clip.bin"'
    return Response(data, media_type=facts.media_type, headers=headers)


@router.get("/api/clip_info")
def describe_clips(board: Board, kind: ClipKind, run: Name, tag: Name, ref: Ref) -> Response:
    """Say how many clips a step has, and of each one its type, sample rate (Hz), channels, duration (s) and label.

    What the header does not say is null; a label is rendered Markdown; ``fps`` is of videos.
    """
    return json_response({"clips": [_describe(clip, kind) for clip in _read(board, kind, run, tag, ref)]})


def _read(board: Context, kind: ClipKind, run: str, tag: str, ref: str) -> list[Any]:
    value = board.logs.read_blob(asked_name(run), asked_name(tag), Kind(kind), ref)
    return value if isinstance(value, list) else [value]


def _describe(clip: Any, kind: ClipKind) -> dict[str, Any]:
    facts = sniff_clip(clip.data, kind)
    return {
        "type": facts.media_type,
        "bytes": len(clip.data),
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
        "duration": facts.duration,
        "fps": getattr(clip, "fps", None),
        "label_html": render_markdown(shown_name(getattr(clip, "label", ""))),
        "too_large": is_too_large(facts, len(clip.data)),
    }
