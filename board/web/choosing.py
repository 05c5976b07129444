"""What runs are chosen and sorted by: queries, groups, hyper-parameters, one scalar of each run, notices."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from board.errors import QueryError, UnknownSeriesError
from board.logs import RULES, RunChoices
from board.web.context import Board, Context
from board.web.encoding import asked_name, json_response, number, shown_name
from board.web.limits import MAX_NAME, Name, OneName, Question
from board.web.values import shown_value, whole_value

__all__ = ["router"]

router = APIRouter()
MAX_DISTINCT = 1_000
_Of = Literal["last", "best", "min", "max"]


class QueryQuestion(Question):
    """A text in the run list's search field."""

    query: OneName


class CompleteQuestion(QueryQuestion):
    """And where its cursor stands."""

    cursor: Annotated[int, Field(ge=0, le=MAX_NAME)]


class GroupsQuestion(Question):
    """What runs are put together by."""

    by: Literal["folder", "hparam", "regex"]
    name: OneName = ""


@router.post("/api/query")
def find_runs(board: Board, question: QueryQuestion) -> Response:
    """Find the runs that a query means; one that is none is answered with what was expected, and where."""
    revision = board.logs.revision
    try:
        found = board.logs.query(asked_name(question.query), run_choices(board))
    except QueryError as error:
        return json_response(
            {"revision": revision, "kind": "query", "runs": None, "error": _error(error), "note": "", "moves": False}
        )
    return json_response(
        {
            "revision": revision,
            "kind": found.kind,
            "runs": None if found.runs is None else [shown_name(run) for run in found.runs],
            "error": None,
            "note": shown_name(found.note),
            "moves": found.moves,
        }
    )


@router.post("/api/query/complete")
def complete_query(board: Board, question: CompleteQuestion) -> Response:
    """Offer what can stand at the cursor."""
    found = board.logs.complete(asked_name(question.query), question.cursor, run_choices(board))
    options = [{"text": shown_name(one.text), "kind": one.kind, "note": shown_name(one.note)} for one in found.options]
    return json_response({"from": found.start, "to": found.end, "options": options})


@router.post("/api/groups")
def group_runs(board: Board, question: GroupsQuestion) -> Response:
    """Put the runs into groups; those that belong to none are in none."""
    revision = board.logs.revision
    try:
        groups = board.logs.groups(question.by, asked_name(question.name))
    except QueryError as error:
        return json_response({"revision": revision, "groups": [], "error": _error(error)})
    return json_response(
        {
            "revision": revision,
            "groups": [
                {
                    "name": shown_name(group.name),
                    "runs": [shown_name(run) for run in group.runs],
                    "value": shown_value(group.value),
                }
                for group in groups
            ],
            "error": None,
        }
    )


@router.get("/api/hparams")
def list_hparams(board: Board) -> Response:
    """List every name with how many runs have it, and what kind of values."""
    revision, found = board.logs.revision, board.logs.all_hparams()
    names: dict[str, list[Any]] = {}
    for one in found.values():
        for name, value in one.values.items():
            names.setdefault(name, []).append(value)
    listed = [_summary(name, values) for name, values in sorted(names.items())]
    return json_response({"revision": revision, "runs": len(found), "names": listed})


@router.get("/api/hparams/values")
def list_hparam_values(board: Board, name: Name) -> Response:
    """List one hyper-parameter of every run that has it."""
    revision, asked = board.logs.revision, asked_name(name)
    found = {run: one.values[asked] for run, one in board.logs.all_hparams().items() if asked in one.values}
    return json_response(
        {
            "revision": revision,
            "name": name,
            "runs": [shown_name(run) for run in found],
            "values": [shown_value(value) for value in found.values()],
        }
    )


@router.get("/api/hparams/run")
def show_hparams(board: Board, run: Name, name: Name | None = None) -> Response:
    """Show the hyper-parameters of a run, or one of them as it is, however long."""
    found = board.logs.hparams(asked_name(run))
    shown: Mapping[str, Any] = found.values
    if name is not None:
        if asked_name(name) not in shown:
            raise UnknownSeriesError(f"The run has no hyper-parameter {shown_name(name)!r}.")
        shown = {asked_name(name): shown[asked_name(name)]}
    encode = shown_value if name is None else whole_value
    return json_response(
        {
            "hparams": {shown_name(key): encode(value) for key, value in shown.items()},
            "sources": {shown_name(key): shown_name(found.sources[key]) for key in shown},
            "metrics": [shown_name(tag) for tag in found.metrics],
            "status": found.status,
            "problems": [shown_name(said) for said in found.problems],
        }
    )


@router.get("/api/metric")
def list_metric(board: Board, tag: Name, of: Annotated[_Of, Query()] = "last") -> Response:
    """Show one scalar of every run that has it: its last, best, least or greatest value over all visible points."""
    revision, asked = board.logs.revision, asked_name(tag)
    found = board.logs.metric(asked)
    less = board.logs.is_less_better(asked)
    column = {"last": "last", "min": "least", "max": "greatest", "best": "least" if less else "greatest"}[of]
    return json_response(
        {
            "revision": revision,
            "tag": tag,
            "of": of,
            "less_is_better": less,
            "runs": [shown_name(run) for run in found],
            "values": [number(getattr(extremes, column)) for extremes in found.values()],
        }
    )


@router.get("/api/notices")
def list_notices(board: Board) -> Response:
    """List what the board noticed by itself, and the rules by which it did."""
    found = board.logs.notices()
    return json_response(
        {
            "revision": found.revision,
            "pending": found.is_pending,
            "rules": [rule._asdict() for rule in RULES],
            "notices": [
                {
                    "rule": one.rule,
                    "run": shown_name(one.run),
                    "tag": shown_name(one.tag),
                    "line": shown_name(one.line),
                    "step": None if one.step is None else str(one.step),
                    "wall_time": number(one.wall_time),
                    "message": one.message,
                }
                for one in found.notices
            ],
        }
    )


def run_choices(board: Context) -> dict[str, RunChoices]:
    """Return what people chose of each run that they chose anything of."""
    return {
        run: RunChoices(chosen.title, chosen.note, chosen.tags, chosen.star, chosen.archived, chosen.baseline)
        for run, chosen in board.choices().items()
    }


def _summary(name: str, values: list[Any]) -> dict[str, Any]:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    finite = [value for value in numbers if abs(value) < float("inf")]  # no NaN either
    distinct = {repr(value) for value in values[: 20 * MAX_DISTINCT]}
    return {
        "name": shown_name(name),
        "runs": len(values),
        "distinct": min(len(distinct), MAX_DISTINCT),
        "kind": "number" if len(numbers) == len(values) else "mixed" if numbers else "text",
        "low": min(finite, default=None),
        "high": max(finite, default=None),
    }


def _error(error: QueryError) -> dict[str, Any]:
    return {"message": shown_name(str(error)), "column": error.column}
