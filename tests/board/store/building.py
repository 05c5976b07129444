"""Builds stages as a reader of files would, in a few words."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from board.model import FileFacts, FileId, FileRows, Kind, RunState, Stage, Start
from board.store.series import Line, SeriesView
from board.store.store import Store

KINDS = tuple(Kind)


def file_rows(
    tags: Sequence[str],
    scalars: Sequence[tuple[int, float, float, int]] = (),
    *,
    blobs: Sequence[tuple[int, float, int, Kind, int]] = (),
    starts: Sequence[Start] = (),
    salvaged: bool = False,
) -> FileRows:
    """Scalars are (step, wall_time, value, tag number); blobs (step, wall_time, tag number, kind, offset)."""
    step, wall_time, value, tag = zip(*scalars, strict=True) if scalars else ((), (), (), ())
    b_step, b_wall, b_tag, b_kind, b_offset = zip(*blobs, strict=True) if blobs else ((), (), (), (), ())
    return FileRows(
        tags=tuple(tags),
        scalar_step=np.array(step, np.int64),
        scalar_wall_time=np.array(wall_time, np.float64),
        scalar_value=np.array(value, np.float64),
        scalar_tag=np.array(tag, np.int32),
        blob_step=np.array(b_step, np.int64),
        blob_wall_time=np.array(b_wall, np.float64),
        blob_tag=np.array(b_tag, np.int32),
        blob_kind=np.array([KINDS.index(kind) for kind in b_kind], np.uint8),
        blob_offset=np.array(b_offset, np.int64),
        blob_length=np.array(b_offset, np.int64) + 7,
        blob_crc=np.array(b_offset, np.int64).astype(np.uint32) ^ np.uint32(0xFFFFFFFF),
        blob_ordinal=np.arange(len(b_offset), dtype=np.int32) - 1,
        starts=tuple(starts),
        salvaged=salvaged,
    )


def column_rows(step: Any, value: Any, wall_time: Any = None, *, starts: Sequence[Start] = ()) -> FileRows:
    """Rows of one tag "x", from arrays."""
    step = np.asarray(step, np.int64)
    rows = file_rows(["x"], starts=starts)
    wall_time = step.astype(np.float64) if wall_time is None else np.asarray(wall_time, np.float64)
    return FileRows(
        **{
            **{name: getattr(rows, name) for name in rows._fields},
            "scalar_step": step,
            "scalar_wall_time": wall_time,
            "scalar_value": np.asarray(value, np.float64),
            "scalar_tag": np.zeros(len(step), np.int32),
        }
    )


def facts_of(rows: Sequence[FileRows]) -> FileFacts:
    """What the reader would know of a file with these rows; a START is an event as well."""
    walls = np.concatenate(
        [
            np.concatenate(
                [r.scalar_wall_time, r.blob_wall_time, np.array([start.wall_time for start in r.starts], np.float64)]
            )
            for r in rows
        ]
    )
    walls = walls[np.isfinite(walls)]
    return FileFacts(
        first_wall_time=float(walls.min()) if len(walls) else None,
        last_wall_time=float(walls.max()) if len(walls) else None,
    )


def stage_of(run: str, files: dict[str, Sequence[FileRows]], *, generation: int = 0, **more: Any) -> Stage:
    """One stage with all rows of the files."""
    return Stage(
        run,
        rows=[(FileId(path, generation), rows) for path, all_rows in files.items() for rows in all_rows],
        facts={FileId(path, generation): facts_of(all_rows) for path, all_rows in files.items()},
        state=RunState.LIVE,
        **more,
    )


def series_of(files: dict[str, Sequence[FileRows]], tag: str = "x", kind: Kind = Kind.SCALAR) -> SeriesView:
    """One series of a run with these files, committed at once."""
    store = Store()
    store.commit([stage_of("run", files)])
    return store.run("run").series[tag, kind]


def line_of(step: Any, value: Any, wall_time: Any = None, *, pieces: int = 1) -> Line:
    """A line of one file, committed in several pieces."""
    store = Store()
    rows = column_rows(step, value, wall_time)
    for start, stop in pairwise(np.linspace(0, len(rows.scalar_step), pieces + 1).astype(int).tolist()):
        part = column_rows(
            rows.scalar_step[start:stop], rows.scalar_value[start:stop], rows.scalar_wall_time[start:stop]
        )
        store.commit([stage_of("run", {"f": [part]})])
    (line,) = store.run("run").series["x", Kind.SCALAR].lines
    return line
