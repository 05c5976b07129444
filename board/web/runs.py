"""The run list, and which tags there are."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from board.logs import Kind, Problem, RunSummary
from board.state.choices import Choice
from board.web.context import Board
from board.web.encoding import json_response, number, shown_name
from board.web.markdown import render_markdown
from board.web.values import shown_value

__all__ = ["router"]

router = APIRouter()


@router.get("/api/runs")
def list_runs(board: Board, hparams: bool = False) -> Response:
    """List every run with its state and progress, in the order of their starts."""
    overview = board.logs.overview()
    chosen = board.choices()
    found = board.logs.all_hparams() if hparams else {}
    listed = []
    for run in overview.runs:
        row = _run(run, board.state.colours.number(shown_name(run.name)), chosen.get(run.name))
        if hparams:
            own = found[run.name].values if run.name in found else {}
            row["hparams"] = {shown_name(name): shown_value(value) for name, value in own.items()}
        listed.append(row)
    return json_response(
        {
            "boot": board.live.boot,
            "revision": overview.revision,
            "logdir": [shown_name(path) for path in board.logdirs],
            "loading": overview.loading,
            "waiting": None if overview.waiting is None else shown_name(overview.waiting),
            "bytes_read": overview.bytes_read,
            "bytes_total": overview.bytes_total,
            "problems": [_problem(problem) for problem in overview.problems],  # of folders
            "runs": listed,
        }
    )


@router.get("/api/tags")
def list_tags(board: Board, kind: Annotated[Kind, Query()]) -> Response:
    """List every tag of a kind; ``runs`` of a tag are places in the list ``runs``."""
    revision = board.logs.revision
    tags = board.logs.tags(kind)
    names = sorted({run for tag in tags for run in tag.runs})
    place = {name: i for i, name in enumerate(names)}
    return json_response(
        {
            "revision": revision,
            "kind": kind,
            "runs": [shown_name(name) for name in names],
            "tags": [
                {
                    "tag": shown_name(tag.tag),
                    "runs": [place[run] for run in tag.runs],
                    "points": tag.points,
                    "display_name": shown_name(tag.display_name),
                    "description_html": render_markdown(tag.description),
                }
                for tag in tags
            ],
        }
    )


@router.get("/api/counts")
def count_tags(board: Board) -> Response:
    """Count the tags of each kind that there are any of."""
    return json_response({kind: count for kind, count in board.logs.counts().items() if count})


def _run(run: RunSummary, colour_number: int | None, chosen: Choice | None) -> dict[str, Any]:
    row = {
        "name": shown_name(run.name),
        "state": run.state,
        "color": run.color_index if colour_number is None else colour_number,
        "colour": None if chosen is None else chosen.colour,
        "start": _time(run.start),
        "last": _time(run.last_wall_time),
        "points": run.points,
        "blobs": run.blobs,
        "files": run.files,
        "bytes_read": run.bytes_read,
        "bytes_total": run.bytes_total,
        "quiet_s": run.quiet_s,
        "facts": {key: shown_name(value) if isinstance(value, str) else value for key, value in run.facts.items()},
        "problems": [_problem(problem) for problem in run.problems],
    }
    if chosen is not None:
        row |= {"title": chosen.title, "star": chosen.star, "archived": chosen.archived, "baseline": chosen.baseline}
        row |= {"tags": sorted(chosen.tags), "noted": bool(chosen.note)}
    return row


def _time(wall_time: float | None) -> float | str | None:
    return None if wall_time is None else number(wall_time)


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": shown_name(problem.file),
        "code": problem.code,
        "message": shown_name(problem.message),
        "offset": problem.offset,
        "length": problem.length,
        "count": problem.count,
    }
