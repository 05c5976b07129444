"""What people chose: named views, short links, and what they note of runs."""

import json
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from board.errors import UnknownRunError
from board.state.choices import Choice
from board.state.transfer import export_state, import_state
from board.web.context import Board, Context
from board.web.encoding import asked_name, json_response, shown_name
from board.web.limits import MAX_RUNS, Name, OneName, Question
from board.web.markdown import render_markdown

__all__ = ["router"]

router = APIRouter()
_Id = Annotated[str, Field(max_length=40)]
_Text = Annotated[str, Field(max_length=100_000)]
_Word = Annotated[str, Field(max_length=1_000)]


class ViewQuestion(Question):
    """A page as it is now."""

    name: Annotated[str, Field(max_length=1_000)] | None = None
    page: Annotated[str, Field(max_length=40)]
    query: _Text


class RenameQuestion(Question):
    """A view's new name."""

    id: _Id
    name: Annotated[str, Field(max_length=1_000)]


class DeleteQuestion(Question):
    """A view to forget."""

    id: _Id


class ChooseQuestion(Question):
    """What a person chose of some runs; what is not named stays as it is."""

    runs: Annotated[list[OneName], Field(min_length=1, max_length=MAX_RUNS)]
    title: _Text | None = None
    note: _Text | None = None
    colour: Annotated[str, Field(max_length=7)] | None = None
    star: bool | None = None
    archived: bool | None = None
    baseline: bool | None = None
    tags: list[_Word] | None = None
    add_tags: list[_Word] | None = None
    remove_tags: list[_Word] | None = None


class NoteQuestion(Question):
    """A note as it is being written."""

    text: _Text


@router.get("/api/state")
def show_state(board: Board) -> Response:
    """Say where choices are kept, and if not, why not."""
    database = board.state.database
    return json_response({"kept": database.is_kept, "where": board.state.where, "reason": database.reason})


@router.get("/api/views")
def list_views(board: Board) -> Response:
    """List the named views."""
    views = [view._asdict() for view in board.state.views.all()]
    database = board.state.database
    return json_response({"kept": database.is_kept, "reason": database.reason, "views": views})


@router.post("/api/views")
def save_view(board: Board, question: ViewQuestion) -> Response:
    """Keep a view, under a name or for a short link."""
    id_ = board.state.views.save(_clean(question.name), question.page, _clean(question.query) or "")
    return json_response({"id": id_, "url": f"v/{id_}"})


@router.post("/api/views/rename")
def rename_view(board: Board, question: RenameQuestion) -> Response:
    """Give a view another name."""
    board.state.views.rename(question.id, _clean(question.name) or "")
    return json_response({"id": question.id})


@router.post("/api/views/delete")
def delete_view(board: Board, question: DeleteQuestion) -> Response:
    """Forget a view."""
    board.state.views.delete(question.id)
    return json_response({"id": question.id})


@router.get("/v/{view_id}", include_in_schema=False)
def follow_link(board: Board, view_id: str) -> Response:
    """Lead to the page that a short link stands for, by a relative URL."""
    view = board.state.views.find(view_id)
    query = f"?{view.query}".replace("#", "%23") if view.query else ""
    return RedirectResponse(f"../{view.page}{query}", status_code=307)


@router.post("/api/runs/choose")
def choose(board: Board, question: ChooseQuestion) -> Response:
    """Keep what a person chose of some runs."""
    known = dict(board.folders())
    runs = [asked_name(run) for run in question.runs]
    for run in runs:
        if run not in known:
            raise UnknownRunError(f"There is no run {shown_name(run)!r}.")
    chosen: dict[str, Any] = {name: getattr(question, name) for name in question.model_fields_set - {"runs"}}
    chosen = {name: value for name, value in chosen.items() if value is not None or name == "colour"}
    for name in ("title", "note"):
        if name in chosen:
            chosen[name] = _clean(chosen[name])
    for name in ("tags", "add_tags", "remove_tags"):
        if name in chosen:
            chosen[name] = [_clean(tag) or "" for tag in chosen[name]]
    board.state.choices.choose([known[run] for run in runs], chosen)
    _tell(board)
    return json_response({"runs": question.runs})


@router.get("/api/runs/chosen")
def show_chosen(board: Board, run: Name) -> Response:
    """Show what a person chose of a run, its note included: as it was written, and as HTML that is safe to show."""
    name = asked_name(run)
    if name not in board.logs:
        raise UnknownRunError(f"There is no run {run!r}.")
    chosen = board.choices().get(name, Choice())
    return json_response(
        {
            **chosen._asdict(),
            "tags": sorted(chosen.tags),
            "note_html": render_markdown(chosen.note),
            "kept": board.state.database.is_kept,
            "reason": board.state.database.reason,
        }
    )


@router.post("/api/note")
def preview_note(question: NoteQuestion) -> Response:
    """Render a note that is being written, as HTML that is safe to show; nothing is kept."""
    return json_response({"html": render_markdown(_clean(question.text) or "")})


@router.get("/api/state/export")
def export_all(board: Board) -> Response:
    """Send everything that is kept in the state database as one JSON object, for ``/api/state/import``."""
    text = json.dumps(export_state(board.state.database), indent=1)
    headers = {"Content-Disposition": 'attachment; filename="trainboard-state.json"', "Cache-Control": "no-store"}
    return Response(text, media_type="application/json", headers=headers)


@router.post("/api/state/import")
def import_all(board: Board, state: dict[str, Any]) -> Response:
    """Take in what ``/api/state/export`` has sent; of what is there already, what comes in counts."""
    found = import_state(board.state.database, state)
    board.state.choices.forget()
    _tell(board)
    return json_response(found)


def _tell(board: Context) -> None:
    """Let all pages know at once; without this they would within the two seconds of the next look."""
    if changed := board.state.choices.look():
        board.state.on_choices(changed)


def _clean(text: str | None) -> str | None:
    """Return a text as every database takes it."""
    return None if text is None else shown_name(text).replace("\0", "\ufffd")
