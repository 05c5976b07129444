"""Texts: the ones in view, where a pattern occurs in all of them, what differs between two, and each as a file."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from board.errors import BadRequestError, BoardError, UnknownSeriesError
from board.logs import BlobSeries, Kind, compile_regex
from board.texts.diff import DiffRow, compare_texts
from board.texts.finding import Hit, Span, find_in_series, find_spans, literal
from board.texts.tables import TextTable, as_one_text, as_table, is_captured, without_indent
from board.web.context import Board, Context
from board.web.encoding import asked_name, json_response, json_text, number, shown_name
from board.web.limits import Name, OneName, Question
from board.web.markdown import MAX_CHARACTERS, render_markdown

__all__ = ["router", "spelled_row"]

router = APIRouter()
MAX_TEXTS = 50  # in one answer
MAX_SERIES = 5_000  # in one search
MAX_PATTERN = 1_000  # characters
MAX_ANSWER = 1 << 20  # characters of all texts of one answer; those beyond are cut shorter
SEARCH_S = 4.0
_PLAIN = "text/plain; charset=utf-8"
_FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "attachment",  # the page gives it a name
    "Cache-Control": "no-store",
}
OneRef = Annotated[str, Field(max_length=1000)]


class TextPlace(Question):
    """One text of a series."""

    run: OneName
    tag: OneName
    ref: OneRef


class Pattern(Question):
    """What is looked for; case counts only where a capital is typed."""

    text: Annotated[str, Field(max_length=MAX_PATTERN)]
    is_regex: bool = False


class TextsQuestion(Question):
    """The texts in view."""

    texts: Annotated[list[TextPlace], Field(max_length=MAX_TEXTS)]
    form: Literal["plain", "markdown"] = "plain"
    find: Pattern | None = None


class SearchQuestion(Question):
    """Where to look, and for what."""

    series: Annotated[list[tuple[OneName, OneName]], Field(max_length=MAX_SERIES)]  # (run, tag)
    find: Pattern


class DiffQuestion(Question):
    """Two texts, and how many equal lines to keep around what differs; null keeps all."""

    left: TextPlace
    right: TextPlace
    context: Annotated[int, Field(ge=0, le=1000)] | None = 3


@router.post("/api/texts")
async def read_texts(board: Board, question: TextsQuestion) -> Response:
    """Return texts as written, cell by cell, or as rendered Markdown; long ones are cut, one that fails says why."""
    return await to_thread.run_sync(_read_texts, board, question, limiter=board.drawing)


@router.post("/api/texts/search")
async def search_texts(board: Board, question: SearchQuestion) -> Response:
    """Find a pattern in all texts of some series, the newest first; says how many were looked at if not all were."""
    return await to_thread.run_sync(_search, board, question, limiter=board.drawing)


@router.post("/api/texts/diff")
async def compare(board: Board, question: DiffQuestion) -> Response:
    """Compare two texts line by line, with the words marked that differ inside of changed lines."""
    return await to_thread.run_sync(_compare, board, question, limiter=board.drawing)


@router.get("/api/text_file")
async def send_text(
    board: Board,
    run: Name,
    tag: Name,
    ref: Annotated[str | None, Query(max_length=1000)] = None,
    index: Annotated[int, Query(ge=0)] | None = None,
) -> Response:
    """Send one text, whole, byte for byte as it was logged; a table as JSON, nested lists of its own shape.

    ``index`` picks one text of a table, row by row. Without ``ref`` all texts of the series come, one after the other;
    output that was captured without the indent that makes it Markdown.
    """
    return await to_thread.run_sync(_send_text, board, asked_name(run), asked_name(tag), ref, index)


def _send_text(board: Context, run: str, tag: str, ref: str | None, index: int | None) -> Response:
    if ref is None:
        texts = board.logs[run].texts
        if tag not in texts:
            raise UnknownSeriesError(f"The run {run!r} has no text {tag!r}.")
        return StreamingResponse(_all_texts(texts[tag]), media_type=_PLAIN, headers=_FILE_HEADERS)
    value = board.logs.read_blob(run, tag, Kind.TEXT, ref)
    if index is not None and index >= value.size:
        raise BadRequestError(f"there are {value.size} texts at this step, no number {index}")
    if index is None and value.size != 1:
        nested = {"shape": list(value.shape), "texts": _spelled(value.tolist())}
        return Response(json_text(nested), media_type="application/json", headers=_FILE_HEADERS)
    return Response(_bytes(value.reshape(-1)[index or 0]), media_type=_PLAIN, headers=_FILE_HEADERS)


def _all_texts(texts: BlobSeries) -> Iterator[bytes]:
    for blob in texts:
        if blob.superseded:
            continue
        try:
            text = as_one_text(blob.value)
        except BoardError as error:
            text = f"[step {blob.step}: {error}]"
        yield _bytes(without_indent(text) if is_captured(texts.tag) else text) + b"\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _read_texts(board: Context, question: TextsQuestion) -> Response:
    revision = board.logs.revision
    pattern = _compiled(question.find)
    room = min(MAX_CHARACTERS, MAX_ANSWER // max(1, len(question.texts)))
    spelled = [_read_text(board, place, question.form, pattern, room) for place in question.texts]
    return json_response({"revision": revision, "texts": spelled})


def _read_text(board: Context, place: TextPlace, form: str, pattern: Any, room: int) -> dict[str, Any]:
    try:
        table = as_table(_value(board, place))
    except BoardError as error:  # one value that is damaged must not hide the others
        return {"error": str(error)}
    whole = [str(cell) for cell in table.cells.flat]
    each = max(room // max(1, len(whole)), 20)
    texts = [shown_name(text[:each]) for text in whole]
    answer = {
        "shape": list(table.shape),
        "columns": table.cells.shape[1],
        "single": table.is_single,
        "slice": table.is_slice,
        "characters": sum(map(len, whole)),
        "cut": table.is_cut or any(len(text) > each for text in whole),
        "error": None,
    }
    found = [find_spans(pattern, text) if pattern else [] for text in texts]
    if form == "markdown":
        matched = {text[start:end] for text, spans in zip(texts, found, strict=True) for start, end in spans}
        return {**answer, "html": _html(table, texts), "matched": sorted(matched)}
    marks = [[cell, *span] for cell, text in enumerate(texts) for span in _utf16(text, found[cell])]
    return {**answer, "texts": texts, "marks": marks}


def _html(table: TextTable, texts: list[str]) -> str:
    if table.is_single:
        return render_markdown(texts[0])
    columns = table.cells.shape[1]
    cells = [f"<td>{render_markdown(text)}</td>" for text in texts]
    rows = ("".join(cells[i : i + columns]) for i in range(0, len(cells), max(1, columns)))
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def _search(board: Context, question: SearchQuestion) -> Response:
    revision = board.logs.revision
    try:
        pattern = _compiled(question.find)
    except BadRequestError as error:  # as it is typed, a pattern makes no sense now and then
        return json_response({"revision": revision, "error": str(error), "hits": [], "searched": 0, "total": 0})
    series = []
    for run, tag in question.series:
        texts = board.logs[asked_name(run)].texts if asked_name(run) in board.logs else {}
        if asked_name(tag) in texts:
            series.append((asked_name(run), texts[asked_name(tag)]))
    found = find_in_series(pattern, series if pattern else [], limit_s=SEARCH_S)
    return json_response(
        {
            "revision": revision,
            "error": None,
            "hits": [_spelled_hit(hit) for hit in found.hits],
            "searched": found.searched,
            "total": found.total,
        }
    )


def _spelled_hit(hit: Hit) -> dict[str, Any]:
    return {
        "run": shown_name(hit.run),
        "tag": shown_name(hit.blob.tag),
        "ref": hit.blob.ref,
        "step": str(hit.blob.step),
        "wall_time": number(hit.blob.wall_time),
        "count": hit.count,
        "line": hit.line,
        "excerpt": shown_name(hit.excerpt),
        "marks": _utf16(hit.excerpt, hit.spans),
    }


def _compare(board: Context, question: DiffQuestion) -> Response:
    revision = board.logs.revision
    left, right = (as_one_text(_value(board, place)) for place in (question.left, question.right))
    found = compare_texts(shown_name(left), shown_name(right), context=question.context)
    return json_response(
        {
            "revision": revision,
            "rows": [spelled_row(row) for row in found.rows],
            "added": found.added,
            "removed": found.removed,
            "cut": found.is_cut,
        }
    )


def spelled_row(row: DiffRow) -> dict[str, Any]:
    """Return a line of a comparison as pages draw it."""
    if row.kind == "skipped":
        return {"kind": "skipped", "count": row.count}
    return {"kind": row.kind, "left": row.left, "right": row.right, "parts": [[text, on] for text, on in row.parts]}


def _value(board: Context, place: TextPlace) -> Any:
    return board.logs.read_blob(asked_name(place.run), asked_name(place.tag), Kind.TEXT, place.ref)


def _compiled(find: Pattern | None) -> Any:
    """Return the compiled pattern; None where nothing is looked for. Plain text is found by the same engine."""
    if find is None or not find.text.strip():
        return None
    text = shown_name(find.text)
    try:
        return compile_regex(text if find.is_regex else literal(text))
    except ValueError as error:
        raise BadRequestError(f"Not a regex, {error}") from error


def _utf16(text: str, spans: "list[Span] | tuple[Span, ...]") -> list[list[int]]:
    """Return places in a text as JavaScript counts them."""
    if text.isascii():
        return [list(span) for span in spans]
    places, at, units = [], 0, 0
    for span in spans:
        pair = []
        for place in span:
            units += sum(2 if char > "\uffff" else 1 for char in text[at:place])
            at = place
            pair.append(units)
        places.append(pair)
    return places


def _spelled(nested: Any) -> Any:
    return [_spelled(one) for one in nested] if isinstance(nested, list) else shown_name(nested)
