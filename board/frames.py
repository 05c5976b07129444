"""Points as pandas frames, where pandas is installed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from board.errors import MissingExtraError
from board.store.series import SeriesView

__all__ = ["frame_of"]


def frame_of(found: Sequence[tuple[str, str, SeriesView]]) -> Any:
    """Return series as one frame, superseded points included, series by series, each line in file order.

    Columns: run, tag, line (categories); step (int64), wall_time (datetime64[ns, UTC]; NaT where it is not finite or
    before 1678 or after 2261), value (float64), superseded (bool).

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas  # late: an extra, and slow to import
    except ImportError:
        raise MissingExtraError("A frame", "pandas", "export") from None
    lines = [(run, tag, line) for run, tag, series in found for line in series.lines]
    counts = [line.count for *_, line in lines]
    names = {
        "run": [run for run, *_ in lines],
        "tag": [tag for _, tag, _ in lines],
        "line": [o.name for *_, o in lines],
    }
    columns: dict[str, Any] = {}
    for name, words in names.items():
        known = list(dict.fromkeys(words))
        places = {word: i for i, word in enumerate(known)}
        codes = np.repeat(np.array([places[word] for word in words], np.int32), counts)
        columns[name] = pandas.Categorical.from_codes(codes, categories=known)
    series = [one for *_, one in found]
    wall_time = _joined([one.wall_time for one in series], np.float64)
    times = pandas.to_datetime(_nanoseconds(wall_time), utc=True)
    columns["step"] = _joined([one.step for one in series], np.int64)
    columns["wall_time"] = times
    columns["value"] = _joined([one.value for one in series], np.float64)
    columns["superseded"] = _joined([one.superseded for one in series], np.bool_)
    return pandas.DataFrame(columns)


def _joined(parts: Sequence[Any], dtype: Any) -> Any:
    return np.concatenate(parts) if parts else np.empty(0, dtype)


def _nanoseconds(wall_time: Any) -> Any:
    """Return seconds as datetime64[ns]; what no such date can be is none."""
    limit = 9.2e9  # seconds: 2^63 nanoseconds are a little more
    is_date = np.abs(wall_time) < limit  # False for NaN
    whole = np.where(is_date, wall_time, 0.0)
    seconds = np.floor(whole)
    nanoseconds = seconds.astype(np.int64) * 1_000_000_000 + np.round((whole - seconds) * 1e9).astype(np.int64)
    return np.where(is_date, nanoseconds.view("M8[ns]"), np.datetime64("NaT", "ns"))
