"""What is there and how it stands: the run list, the tags of a kind, and all that ``board inspect`` prints."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from board.ingest.logdir_loader import LogdirLoader
from board.meshes import mesh_name
from board.model import Kind, Problem, RunState
from board.runs import shown_series, writer_facts
from board.store.store import RunView, Store
from board.views import Overview, RunSummary, TagSummary

__all__ = ["count_tags", "find_tags", "inspect_runs", "summarize_runs"]


def summarize_runs(loader: LogdirLoader, store: Store) -> Overview:
    """Return the run list as it stands."""
    revision = store.revision
    runs = [_summarize(view, loader) for view in store.views()]
    unread = sum(list(loader.unread_bytes.values()))
    return Overview(
        runs=runs,
        loading=loader.is_loading,
        waiting=loader.waiting if not runs else None,
        bytes_read=sum(run.bytes_read for run in runs),
        bytes_total=sum(run.bytes_total for run in runs) + unread,
        revision=revision,
        problems=loader.problems,
    )


def _summarize(view: RunView, loader: LogdirLoader) -> RunSummary:
    run = loader.runs.get(view.name)
    return RunSummary(
        name=view.name,
        state=view.state,
        start=view.first_wall_time,
        last_wall_time=view.last_wall_time,
        color_index=loader.order.get(view.name, view.color_index),
        points=view.points,
        blobs=view.blobs,
        files=len(view.files),
        bytes_read=sum(facts.bytes_read for facts in view.files.values()),
        bytes_total=sum(facts.size for facts in view.files.values()),
        problems=list(view.problems),
        facts=writer_facts(view),
        quiet_s=None if run is None or view.state is RunState.FINISHED else run.quiet_s,
    )


def find_tags(views: Iterable[RunView], kind: Kind) -> list[TagSummary]:
    """Return all tags of a kind over all runs, sorted; the first run that describes a tag speaks for all."""
    runs: dict[str, list[str]] = {}
    points: dict[str, int] = {}
    described: dict[str, tuple[str, str]] = {}
    for view in views:
        for (tag, of), series in shown_series(view).items():
            if of is kind:
                runs.setdefault(tag, []).append(view.name)
                points[tag] = points.get(tag, 0) + series.count
                if tag in view.descriptions:
                    described.setdefault(tag, view.descriptions[tag])
    return [
        TagSummary(
            tag,
            runs[tag],
            points[tag],
            description=described.get(tag, _NONE)[1],
            display_name=described.get(tag, _NONE)[0],
        )
        for tag in sorted(runs)
    ]


_NONE = ("", "")


def count_tags(views: Iterable[RunView]) -> dict[Kind, int]:
    """Return how many tags of each kind there are, in the order of ``Kind``; of graphs, that no two runs share, all."""
    tags: dict[Kind, set[tuple[str, int]]] = {}
    for place, view in enumerate(views):
        for tag, kind in shown_series(view):
            name = mesh_name(tag) if kind is Kind.MESH else tag  # its vertices, faces and colours are one mesh
            tags.setdefault(kind, set()).add((name, place if kind is Kind.GRAPH else 0))
    return {kind: len(tags[kind]) for kind in Kind if kind in tags}


def inspect_runs(logdirs: list[str], problems: list[Problem], views: Iterable[RunView]) -> dict[str, Any]:
    """Return everything there is to say about the runs but their values, ready for JSON.

    ``{"logdirs": [path], "problems": [P], "runs": {name: {"state", "start", "files": [F], "tags": [T], "problems": [P],
    "writer": {}}}}``, where F is ``{"file", "generation", "size", "bytes_read", "records", "ended", "dead"}``, T is
    ``{"tag", "kind", "count", "superseded", "salvaged", "first_step", "last_step"}`` and P is ``{"file", "code",
    "message", "offset", "length", "count"}``. Steps are integers: those of the first and the last point, superseded
    ones included.
    """
    return {
        "logdirs": logdirs,
        "problems": [asdict(problem) for problem in problems],
        "runs": {view.name: _inspect(view) for view in views},
    }


def _inspect(view: RunView) -> Mapping[str, Any]:
    files = [
        {
            "file": file.path,
            "generation": file.generation,
            "size": facts.size,
            "bytes_read": facts.bytes_read,
            "records": facts.records,
            "ended": facts.is_ended,
            "dead": facts.is_dead,
        }
        for file, facts in sorted(view.files.items())
    ]
    tags = [
        {
            "tag": tag,
            "kind": str(kind),
            "count": series.count,
            "superseded": series.superseded_count,
            "salvaged": series.salvaged_count,
            "first_step": int(series.lines[0].step[0]),
            "last_step": int(series.lines[-1].step[-1]),
        }
        for (tag, kind), series in sorted(shown_series(view).items(), key=lambda item: item[0])
    ]
    return {
        "state": str(view.state),
        "start": view.first_wall_time,
        "files": files,
        "tags": tags,
        "problems": [asdict(problem) for problem in view.problems],
        "writer": writer_facts(view),
    }
