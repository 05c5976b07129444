"""Embeddings: which there are, their points as columns, what is known of them, neighbours, sprites, long layouts."""

from typing import Annotated, Any, Literal

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from board.embeddings.layouts import Layout, LayoutRequest
from board.embeddings.metadata import MetadataColumn
from board.embeddings.questions import LoadedEmbedding, RunEmbeddings
from board.embeddings.reduction import nearest
from board.errors import BadRequestError, UnknownSeriesError
from board.logs import compile_regex
from board.web.context import Board, Context
from board.web.encoding import Column, asked_name, exact_column, json_response, number, shown_name
from board.web.image_types import OTHER, is_too_large, sniff_image
from board.web.limits import Name, OneName, Question

__all__ = ["router"]

router = APIRouter()
Step = Annotated[int | None, Query(ge=-(2**63), lt=2**63)]
Text = Annotated[str, Query(max_length=1_000)]
MAX_NEIGHBOURS = 1_000
MAX_VALUES = 64  # of a point, spelled out


@router.get("/api/embeddings")
async def list_embeddings(board: Board) -> Response:
    """List every tensor of every run with its steps, null where it has none; ``problems`` are of whole lists."""
    runs = await to_thread.run_sync(board.logs.embeddings.all)
    return json_response(
        {
            "embeddings": [entry for run in runs for entry in _entries(run)],
            "problems": [
                {"run": shown_name(run.run), "message": shown_name(run.problem)} for run in runs if run.problem
            ],
        }
    )


@router.get("/api/embedding")
async def describe_embedding(board: Board, run: Name, tensor: Name, step: Step = None) -> Response:
    """Say what one tensor is: points, dimensions, columns of metadata, sprite, what could not be read.

    ``step`` is needed where the tensor has several; without it the last one is meant.
    """
    return await _answer(board, run, tensor, step, _describe)


@router.get("/api/embedding/components")
async def read_components(
    board: Board,
    run: Name,
    tensor: Name,
    step: Step = None,
    axes: Annotated[list[int], Query(max_length=3, min_length=1)] = [0, 1, 2],  # noqa: B006 - FastAPI copies it
    sphere: bool = False,
) -> Response:
    """Return the points along principal components: a column for each of ``axes``, and each one's part of the variance.

    ``sphere``: points are moved to a distance of one from their middle first. Of points that cannot be drawn, places
    are NaN.
    """
    questions = board.logs.embeddings

    def components(loaded: LoadedEmbedding) -> dict[str, Any]:
        found = questions.components(loaded, sphere=sphere)
        width = found.scores.shape[1]
        zeros = np.zeros(len(found.scores))
        return {
            "columns": [exact_column(found.scores[:, axis] if 0 <= axis < width else zeros) for axis in axes],
            "shares": [number(share) for share in found.shares.tolist()],
            "exact": found.is_exact,
        }

    return await _answer(board, run, tensor, step, components)


@router.get("/api/embedding/axis")
async def read_axis(
    board: Board,
    run: Name,
    tensor: Name,
    start: Text,
    end: Text,
    step: Step = None,
    column: Annotated[int, Query(ge=0)] = 0,
    sphere: bool = False,
) -> Response:
    """Return the points along the line from the middle of those that match ``start`` in a column to that of ``end``."""
    questions = board.logs.embeddings

    def axis(loaded: LoadedEmbedding) -> dict[str, Any]:
        rows = [_matches(_column(loaded, column), text)[0] for text in (start, end)]
        return {"column": exact_column(questions.axis(loaded, rows[0], rows[1], sphere=sphere))}

    return await _answer(board, run, tensor, step, axis)


@router.get("/api/embedding/column")
async def read_column(
    board: Board, run: Name, tensor: Name, column: Annotated[int, Query(ge=0)], step: Step = None
) -> Response:
    """Return one column of the metadata: distinct words, each point's index in them, and numbers where all are."""

    def cells(loaded: LoadedEmbedding) -> dict[str, Any]:
        found = _column(loaded, column)
        return {
            "name": shown_name(found.name),
            "words": [shown_name(word) for word in found.words],
            "codes": exact_column(found.codes),
            "numbers": None if found.numbers is None else exact_column(found.numbers),
        }

    return await _answer(board, run, tensor, step, cells)


@router.get("/api/embedding/search")
async def search_points(
    board: Board,
    run: Name,
    tensor: Name,
    text: Text,
    step: Step = None,
    column: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Return the points in whose metadata a text or regex is found, in one column or in any.

    Case counts only where the text has a capital. A text that is no regex is looked for as it stands.
    """

    def found(loaded: LoadedEmbedding) -> dict[str, Any]:
        columns = loaded.table.columns if column is None else (_column(loaded, column),)
        rows, error = np.zeros(len(loaded.points.values), np.bool_), None
        for one in columns:
            own, error = _matches(one, text)
            rows |= own
        return {"points": exact_column(np.flatnonzero(rows)), "error": error}

    return await _answer(board, run, tensor, step, found)


@router.get("/api/embedding/near")
async def read_neighbours(
    board: Board,
    run: Name,
    tensor: Name,
    point: Annotated[int, Query(ge=0)],
    step: Step = None,
    count: Annotated[int, Query(ge=1, le=MAX_NEIGHBOURS)] = 20,
    metric: Literal["cosine", "euclidean"] = "cosine",
) -> Response:
    """Return all that is known of a point, and its nearest points in all dimensions, exactly, with distances."""

    def near(loaded: LoadedEmbedding) -> dict[str, Any]:
        points = loaded.points
        if point >= len(points.values):
            raise UnknownSeriesError(f"There are {len(points.values)} points, no number {point}.")
        rows, distances = nearest(points.values, points.is_whole, point, count, metric)
        return {
            "metadata": [[shown_name(one.name), shown_name(one[point])] for one in loaded.table.columns],
            "values": [number(value) for value in points.values[point, :MAX_VALUES].tolist()],
            "points": exact_column(rows),
            "distances": exact_column(distances),
        }

    return await _answer(board, run, tensor, step, near)


@router.get("/api/embedding/sprite")
async def send_sprite(board: Board, run: Name, tensor: Name, step: Step = None) -> Response:
    """Send the picture that holds all points' pictures; its type is read off its bytes, from a closed list."""
    return await to_thread.run_sync(_sprite, board, run, tensor, step)


class LayoutQuestion(Question):
    """Which points are laid out, and how."""

    run: OneName
    tensor: OneName
    step: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    method: Literal["tsne", "umap"]
    dims: Literal[2, 3] = 3
    neighbours: Annotated[int, Field(ge=2, le=200)] = 15  # of t-SNE: the perplexity
    min_dist: Annotated[float, Field(ge=0, le=1)] = 0.1
    sphere: bool = False


class LayoutId(Question):
    """One layout."""

    id: Annotated[str, Field(max_length=100)]


@router.post("/api/embedding/layout")
async def start_layout(board: Board, question: LayoutQuestion) -> Response:
    """Have points laid out by t-SNE or UMAP, in a process of its own; one that is there already is returned."""

    def start() -> Response:
        request = LayoutRequest(
            question.method, question.dims, question.neighbours, question.min_dist, sphere=question.sphere
        )
        names = asked_name(question.run), asked_name(question.tensor)
        return _layout(board.logs.embeddings.lay_out(*names, question.step, request))

    return await to_thread.run_sync(start, limiter=board.drawing)


@router.get("/api/embedding/layout")
async def read_layout(board: Board, id: Annotated[str, Query(max_length=100)]) -> Response:  # noqa: A002 - of the URL
    """Say how far a layout is; done, it has ``columns``, and ``rows``, the points that it has places for; null: all."""
    return await to_thread.run_sync(lambda: _layout(board.logs.embeddings.layouts.find(id)))


@router.post("/api/embedding/layout/cancel")
async def cancel_layout(board: Board, question: LayoutId) -> Response:
    """End the making of a layout."""
    return await to_thread.run_sync(lambda: _layout(board.logs.embeddings.layouts.cancel(question.id)))


def _entries(run: RunEmbeddings) -> list[dict[str, Any]]:
    return [
        {
            "run": shown_name(run.run),
            "tensor": shown_name(tag),
            "steps": [None if one.step is None else str(one.step) for one in steps],
        }
        for tag, steps in run.tensors.items()
    ]


async def _answer(board: Context, run: str, tensor: str, step: int | None, answer: Any) -> Response:
    """Load an embedding and answer, in a thread: files are read, and 100,000 points are a million numbers."""

    def work() -> Response:
        return json_response(answer(board.logs.embeddings.load(asked_name(run), asked_name(tensor), step)))

    return await to_thread.run_sync(work, limiter=board.drawing)


def _describe(loaded: LoadedEmbedding) -> dict[str, Any]:
    source, points = loaded.embedding.source, loaded.points
    notes = [*points.notes, *loaded.table.notes, *([f"No metadata: {loaded.problem}."] if loaded.problem else [])]
    return {
        "points": len(points.values),
        "dimensions": points.values.shape[1],
        "drawn": int(points.is_whole.sum()),
        "columns": [_about(column) for column in loaded.table.columns],
        "sprite": list(source.sprite_size) if source.sprite_path and min(source.sprite_size) > 0 else None,
        "notes": [shown_name(note) for note in notes],
    }


def _about(column: MetadataColumn) -> dict[str, Any]:
    return {
        "name": shown_name(column.name),
        "distinct": len(column.words),
        "numeric": column.numbers is not None,
    }


def _column(loaded: LoadedEmbedding, column: int) -> MetadataColumn:
    if column >= len(loaded.table.columns):
        raise UnknownSeriesError(f"There are {len(loaded.table.columns)} columns of metadata, no number {column}.")
    return loaded.table.columns[column]


def _matches(column: MetadataColumn, text: str) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], str | None]:
    """Return which points match, and why the text is no regex."""
    error = None
    try:
        search = compile_regex(text).search
    except ValueError as wrong:
        search, error = None, f"Not a regex, {wrong}"
    exact = text != text.lower()
    wanted = text if exact else text.lower()
    hits = [
        wanted in (word if exact else word.lower()) or (search is not None and bool(search(word)))
        for word in map(shown_name, column.words)
    ]
    found = np.array(hits, np.bool_)[column.codes]
    return found, None if found.any() else error


def _sprite(board: Context, run: str, tensor: str, step: int | None) -> Response:
    data = board.logs.embeddings.find(asked_name(run), asked_name(tensor), step).sprite
    if data is None:
        raise UnknownSeriesError(f"The embedding {tensor!r} has no sprite.")
    facts = sniff_image(data)
    if is_too_large(facts, len(data)) or not facts.is_image:
        size = f"{facts.width} × {facts.height} pixels" if facts.is_image else "no picture that browsers know"
        raise BadRequestError(f"The sprite is not shown: it is {size}, {len(data)} bytes.")
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-cache"}
    return Response(data, media_type=facts.media_type or OTHER, headers=headers)


def _layout(layout: Layout) -> Response:
    answer: dict[str, Any] = {
        "id": layout.id,
        "state": layout.state,
        "progress": round(layout.progress, 3),
        "said": shown_name(layout.said),
        "note": layout.note,
    }
    if layout.state == "done" and layout.places is not None:
        columns: list[Column] = [exact_column(places) for places in layout.places.T]
        answer |= {"columns": columns, "rows": None if layout.rows is None else exact_column(layout.rows)}
    return json_response(answer)
