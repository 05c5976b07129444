"""The rule of superseded points, case by case, and against a model that follows its words point by point."""

import random
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.model import FileFacts, FileId, FileRows, Kind, Start
from board.store.series import SeriesView
from board.store.store import Store
from board.store.superseded import FileLife, Sessions, SpanOfSession
from tests.board.store.building import facts_of, file_rows, series_of, stage_of

nan = float("nan")


def rows(steps: list[int], begin: float, *, starts: tuple[Start, ...] = ()) -> FileRows:
    """One point a second from ``begin`` on; a START takes place without taking time."""
    return file_rows(["x"], [(step, begin + i, float(step), 0) for i, step in enumerate(steps)], starts=starts)


def start(step: int, wall_time: float, row: int = 0) -> Start:
    return Start(step=step, wall_time=wall_time, scalar_row=row, blob_row=0)


def visible(series: SeriesView) -> list[tuple[str, list[int]]]:
    return [(line.name, line.step[~line.superseded].tolist()) for line in series.lines]


def hidden(series: SeriesView) -> list[int]:
    return series.step[series.superseded].tolist()


def test_a_resumed_run_without_start_hides_the_steps_it_takes_again() -> None:
    series = series_of({"a": [rows([0, 1, 2, 3, 4], 10)], "b": [rows([3, 4, 5], 100)]})
    assert visible(series) == [("", [0, 1, 2, 3, 4, 5])]
    assert hidden(series) == [3, 4]
    assert series.superseded_count == 2
    assert series.count == 8  # kept


def test_a_first_step_equal_to_the_last_hides_that_one_point() -> None:
    assert hidden(series_of({"a": [rows([0, 1, 2], 10)], "b": [rows([2, 3], 100)]})) == [2]


def test_a_first_step_above_the_last_hides_nothing_and_is_one_line() -> None:
    assert visible(series_of({"a": [rows([0, 1, 2], 10)], "b": [rows([3, 4], 100)]})) == [("", [0, 1, 2, 3, 4])]


def test_torch_purge_step_hides_every_tag_from_its_step_on() -> None:
    a = file_rows(["x", "rare"], [(s, 10.0 + s, 0.0, 0) for s in range(5)] + [(4, 14.0, 0.0, 1)])
    b = rows([3, 4], 101, starts=(start(3, 100.0),))
    assert hidden(series_of({"a": [a], "b": [b]})) == [3, 4]
    assert hidden(series_of({"a": [a], "b": [b]}, tag="rare")) == [4]  # although b has no point of it


def test_without_start_a_tag_that_is_not_logged_again_keeps_its_points() -> None:
    a = file_rows(["x", "rare"], [(s, 10.0 + s, 0.0, 0) for s in range(5)] + [(4, 14.0, 0.0, 1)])
    assert hidden(series_of({"a": [a], "b": [rows([3], 100)]}, tag="rare")) == []


def test_a_file_with_start_hides_by_its_start_alone() -> None:
    b = rows([1, 2], 101, starts=(start(3, 100.0),))  # purge_step=3, then logs from step 1 on
    series = series_of({"a": [rows([0, 1, 2, 3, 4], 10)], "b": [b]})
    assert hidden(series) == [3, 4]
    assert sorted(series.lines[0].step[~series.superseded].tolist()) == [0, 1, 1, 2, 2]


def test_start_does_not_hide_a_file_that_goes_on_after_it() -> None:
    a = rows([0, 1, 2, 3, 4], 98)  # until 102
    b = rows([3, 4], 101, starts=(start(3, 100.0),))
    assert visible(series_of({"a": [a], "b": [b]})) == [("a", [0, 1, 2, 3, 4]), ("b", [3, 4])]


def test_start_at_the_very_moment_of_the_last_event_does_not_hide() -> None:
    b = rows([3, 4], 101, starts=(start(3, 14.0),))
    assert hidden(series_of({"a": [rows([0, 1, 2, 3, 4], 10)], "b": [b]})) == []


def test_start_does_not_hide_a_later_file() -> None:
    a = file_rows(["x"], [(0, 10.0, 0.0, 0), (1, 300.0, 0.0, 0)], starts=(start(0, 200.0, 1),))
    assert hidden(series_of({"a": [a], "b": [rows([5, 6], 100)]})) == [0]  # b ended before it, but began after a


def test_two_writers_at_once_hide_nothing_and_are_drawn_apart() -> None:
    series = series_of({"a": [rows([0, 1, 2], 10)], "b": [rows([0, 1, 2], 11)]})
    assert visible(series) == [("a", [0, 1, 2]), ("b", [0, 1, 2])]
    assert hidden(series) == []


def test_a_third_file_continues_the_line_of_the_one_that_began_first() -> None:
    files = {"a": [rows([0, 1, 2], 10)], "b": [rows([0, 1, 2], 11)], "c": [rows([2, 3], 100)]}
    assert visible(series_of(files)) == [("a", [0, 1, 2, 3]), ("b", [0, 1])]


def test_a_file_that_ends_exactly_when_the_next_begins_had_ended() -> None:
    assert hidden(series_of({"a": [rows([0, 1, 2], 10)], "b": [rows([1], 12)]})) == [1, 2]


def test_inside_one_file_steps_going_back_hide_nothing() -> None:
    assert visible(series_of({"a": [rows([0, 1, 2, 1, 2, 3], 10)]})) == [("", [0, 1, 2, 1, 2, 3])]


def test_inside_one_file_start_hides_what_stands_before_it() -> None:
    a = rows([0, 1, 2, 3, 2, 3], 10, starts=(start(2, 13.5, 4),))
    series = series_of({"a": [a]})
    assert hidden(series) == [2, 3]
    assert series.superseded.tolist() == [False, False, True, True, False, False]


def test_start_twice_in_one_file() -> None:
    a = rows([0, 1, 2, 3, 2, 3, 1, 2], 10, starts=(start(2, 14.0, 4), start(1, 16.0, 6)))
    series = series_of({"a": [a]})
    assert series.superseded.tolist() == [False, True, True, True, True, True, False, False]
    assert visible(series) == [("", [0, 1, 2])]


def test_start_before_all_rows_of_one_file_hides_nothing() -> None:
    assert hidden(series_of({"a": [rows([0, 1], 10, starts=(start(0, 9.0), start(0, 9.5)))]})) == []


def test_many_points_at_one_step_in_one_file_all_stay() -> None:
    assert hidden(series_of({"a": [rows([0] * 10, 10)]})) == []


def test_the_rule_looks_at_first_and_last_as_the_file_has_them() -> None:
    a = rows([0, 9, 3], 10)  # its last is 3
    assert hidden(series_of({"a": [a], "b": [rows([5, 4], 100)]})) == []
    assert hidden(series_of({"a": [a], "b": [rows([3, 1], 100)]})) == [9, 3]


def test_three_files_in_turn() -> None:
    files = {"a": [rows([0, 1, 2, 3, 4], 10)], "b": [rows([2, 3], 100)], "c": [rows([4, 5], 200)]}
    assert visible(series_of(files)) == [("", [0, 1, 2, 3, 4, 5])]
    assert series_of(files).superseded.tolist() == [False, False, True, True, True, False, False, False, False]


def test_a_file_without_any_usable_wall_time_hides_nothing_and_is_hidden_by_nothing() -> None:
    lost = file_rows(["x"], [(0, nan, 0.0, 0), (1, nan, 0.0, 0)])
    series = series_of({"a": [rows([0, 1, 2], 10)], "b": [lost]})
    assert visible(series) == [("a", [0, 1, 2]), ("b", [0, 1])]


def test_blobs_follow_the_same_rule() -> None:
    def images(steps: list[int], begin: float) -> FileRows:
        return file_rows(["x"], blobs=[(s, begin + i, 0, Kind.IMAGE, 100 * s + 12) for i, s in enumerate(steps)])

    series = series_of({"a": [images([0, 1, 2], 10)], "b": [images([1, 2], 100)]}, kind=Kind.IMAGE)
    assert series.superseded.tolist() == [False, True, True, False, False]
    refs = series.blob_refs()
    assert [ref.file.path for ref in refs] == ["a", "a", "a", "b", "b"]
    assert [ref.offset for ref in refs] == [12, 112, 212, 112, 212]
    assert [ref.length for ref in refs] == [19, 119, 219, 119, 219]
    assert [ref.crc for ref in refs] == [0xFFFFFFFF ^ offset for offset in (12, 112, 212, 112, 212)]
    assert [ref.ordinal for ref in refs] == [-1, 0, 1, -1, 0]


def test_an_earlier_file_that_goes_on_after_all_is_shown_again() -> None:
    store = Store()
    b = rows([1, 2], 100)
    store.commit([stage_of("run", {"a": [rows([0, 1, 2], 10)], "b": [b]})])
    assert hidden(store.run("run").series["x", Kind.SCALAR]) == [1, 2]
    again = stage_of("run", {"a": [rows([3], 103)]})
    again.facts = {FileId("a", 0): FileFacts(first_wall_time=10.0, last_wall_time=103.0)}
    delta = store.commit([again])
    series = store.run("run").series["x", Kind.SCALAR]
    assert visible(series) == [("a", [0, 1, 2, 3]), ("b", [1, 2])]
    assert delta.rebuilt == {"run"}


# -- the model


@dataclass
class File:
    """A file as its writer wrote it: points (step, wall_time) and STARTs, in order."""

    name: str
    events: list[tuple[str, int, float]] = field(default_factory=list)  # ("point" | "start", step, wall_time)

    def walls(self) -> list[float]:
        return [wall for _, _, wall in self.events]

    def points(self) -> list[tuple[int, int, float]]:
        return [(i, step, wall) for i, (what, step, wall) in enumerate(self.events) if what == "point"]

    def starts(self) -> list[tuple[int, int, float]]:
        return [(i, step, wall) for i, (what, step, wall) in enumerate(self.events) if what == "start"]


def model(files: list[File]) -> set[tuple[str, int]]:
    """(file, event number) of each superseded point, by the words of the rule."""
    found = set()
    order = sorted(files, key=lambda file: (min(file.walls()), file.name))
    for i, file in enumerate(order):
        for number, step, _ in file.points():
            by_own = any(at > number and step >= s for at, s, _ in file.starts())
            by_later = False
            for later in order[i + 1 :]:
                if later.starts():
                    by_later |= any(max(file.walls()) < wall and step >= s for _, s, wall in later.starts())
                elif later.points():
                    first, last = later.points()[0][1], file.points()[-1][1]
                    by_later |= first <= last and max(file.walls()) <= min(later.walls()) and step >= first
            if by_own or by_later:
                found.add((file.name, number))
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[File]:
    """Crashes, resumes with and without purge_step, second writers that live at the same time, clock skew."""
    files = []
    now = 100.0
    for name in "abcd"[: draw(st.integers(1, 4))]:
        now += draw(st.sampled_from([-8.0, -1.0, 0.0, 1.0, 30.0]))  # skew, overlap, the same moment, later
        file = File(name)
        step, wall = draw(st.integers(0, 12)), now
        for _ in range(draw(st.integers(1, 3))):
            if draw(st.integers(0, 3)) == 0:
                step = draw(st.integers(0, 12))
                file.events.append(("start", step, wall))
            for _ in range(draw(st.integers(1, 5))):
                file.events.append(("point", step, wall))
                step += draw(st.sampled_from([0, 1, 1, 1, 2, -2]))
                wall += draw(st.sampled_from([0.0, 1.0, 1.0]))
        files.append(file)
        now = wall if draw(st.booleans()) else now
    return files


def chunks_of(file: File, edges: list[int]) -> list[FileRows]:
    """What a reader makes of a file that it reads in pieces."""
    found = []
    for low, high in zip([0, *edges], [*edges, len(file.events)], strict=True):
        scalars, starts = [], []
        for what, step, wall in file.events[low:high]:
            if what == "point":
                scalars.append((step, wall, 0.0, 0))
            else:
                starts.append(start(step, wall, len(scalars)))
        found.append(file_rows(["x"], scalars, starts=starts))
    return found


@settings(max_examples=100, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_any_arrival_and_any_chunking_gives_what_the_model_says(files: list[File], dice: random.Random) -> None:
    store = Store()
    arrivals = []
    for file in files:
        edges = sorted(dice.sample(range(len(file.events) + 1), k=min(2, len(file.events))))
        arrivals.append([(file.name, piece) for piece in chunks_of(file, edges)])
    seen: dict[str, list[FileRows]] = {}
    while any(arrivals):
        name, piece = dice.choice([queue for queue in arrivals if queue]).pop(0)
        seen.setdefault(name, []).append(piece)
        stage = stage_of("run", {name: [piece]})
        stage.facts = {FileId(name, 0): facts_of(seen[name])}
        store.commit([stage])

    series = store.run("run").series["x", Kind.SCALAR]
    found = set()
    for line in series.lines:
        files_of_line = [name for segment in line.segments for name in [segment.part.file.path] * segment.part.count]
        numbers: dict[str, list[int]] = {file.name: [i for i, _, _ in file.points()] for file in files}
        for name, is_hidden in zip(files_of_line, line.superseded.tolist(), strict=True):
            number = numbers[name].pop(0)
            if is_hidden:
                found.add((name, number))
    assert found == model(files)
    assert series.superseded_count == len(found)
    assert sorted(series.step.tolist()) == sorted(step for file in files for _, step, _ in file.points())
    if len(series.lines) == 1:
        assert series.lines[0].name == ""
    else:
        assert len({line.name for line in series.lines}) == len(series.lines)
    for line in series.lines:  # no two files of one line were written at the same time
        lasts = [max(file.walls()) for own in line.files for file in files if file.name == own.path]
        for own, last in zip(line.files[1:], lasts, strict=False):
            (file,) = (file for file in files if file.name == own.path)
            assert last <= min(file.walls()) or any(last < wall for _, _, wall in file.starts())


@pytest.mark.parametrize("count", [300])
def test_hundreds_of_restarts_stay_quick(count: int) -> None:
    files = {f"f{i:04}": [rows([i, i + 1, i + 2], 10.0 * i)] for i in range(count)}
    series = series_of(files)
    assert len(series.lines) == 1
    assert series.superseded_count == 2 * (count - 1)
    assert np.array_equal(series.step[~series.superseded], np.arange(count + 2))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("how", "count"),
    [("restarted with START", 20_000), ("side by side", 4000), ("side by side, then one after the other", 4000)],
)
def test_thousands_of_files_stay_quick(how: str, count: int) -> None:
    """What is quadratic in the files of a run would take a minute here."""
    lives = []
    for i in range(count):
        if how == "restarted with START":
            first, last, starts = 10.0 * i, 10.0 * i + 5, ((i, 10.0 * i),)
        else:
            is_beside = i < count // 2 or how == "side by side"
            first, last, starts = (i, 1e6, ()) if is_beside else (1e6 + 10.0 * i, 1e6 + 10.0 * i + 5, ())
        lives.append(FileLife(FileId(f"f{i:06}", 0), first, last, starts))
    sessions = Sessions(lives)
    spans = [SpanOfSession(life.file, len(life.starts), i, i + 2) for i, life in enumerate(lives)]
    lines = sessions.arranged(spans)
    assert sum(map(len, lines)) == count
    assert len(lines) == {"restarted with START": 1, "side by side": count}.get(how, count // 2)
    if how == "restarted with START":
        assert [placed.cut for placed in lines[0]] == [*range(1, count), None]


steps = st.integers(-3, 9)
moments = st.sampled_from([nan, float("inf"), -float("inf"), *(float(i) for i in range(8))])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.none() | st.integers(0, 9), st.lists(st.tuples(steps, moments)))))
def test_what_starts_hide_is_what_the_words_say(files: list[tuple[int, int | None, list[tuple[int, float]]]]) -> None:
    lives = [
        FileLife(FileId(f"f{i}", 0), float(first), None if last is None else float(last), tuple(starts))
        for i, (first, last, starts) in enumerate(files)
    ]
    spans = [SpanOfSession(life.file, len(life.starts), 100 + i, 100 + i) for i, life in enumerate(lives)]
    cuts = {spans[placed.span].file: placed.cut for line in Sessions(lives).arranged(spans) for placed in line}
    order = sorted(lives, key=lambda life: (life.first, life.file))
    for i, life in enumerate(order):
        hiding = [
            step
            for later in order[i + 1 :]
            for step, wall in later.starts
            if life.last is not None and wall > life.last
        ]
        hiding += [
            100 + lives.index(later)
            for later in order[i + 1 :]
            if not later.starts and life.last is not None and life.last <= (later.first or 0.0)
            if lives.index(later) <= lives.index(life)
        ]
        assert cuts[life.file] == min(hiding, default=None)
