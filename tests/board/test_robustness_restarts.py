"""Runs that crashed, were resumed or had several writers at once, as bytes that arrive in any order and in any pieces.

The model follows the words of the rule, point by point and file by file, and knows nothing of how it is computed.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from board.ingest.read_buffer import ReadBuffer
from board.ingest.run_loader import RunLoader
from board.model import Kind
from board.store.store import Store
from tests.board.event_files import HandClock, end_marker, image, scalar, version
from tests.board.storages import MemoryStorage
from writer.format.messages import Event
from writer.format.records import encode_record

TAGS = ("loss", "accuracy", "picture")
BUFFER = ReadBuffer(512)

# -- the model


@dataclass
class Written:
    """One event file, as its writer wrote it."""

    name: str
    events: list[tuple[str, int, float]] = field(default_factory=list)  # (tag, "START" or "", step, wall_time)
    has_end: bool = False

    def data(self) -> bytes:
        records = []
        for what, step, wall_time in self.events:
            if what == "":
                records.append(version(wall_time))
            elif what == "START":
                event = Event(step=step, wall_time=wall_time, session_log={"status": 1})
                records.append(encode_record(event.SerializeToString()))
            elif what == "picture":
                event = Event.FromString(image(what, step, b"png")[12:-4])
                event.wall_time = wall_time
                records.append(encode_record(event.SerializeToString()))
            else:
                records.append(scalar(what, step, 1.0, wall_time=wall_time))
        return b"".join(records) + (end_marker() if self.has_end else b"")

    @property
    def times(self) -> list[float]:
        """Of events that have one; an end marker has that of ``event_files.START``."""
        times = [time for _, _, time in self.events if time and math.isfinite(time)]
        return times + ([1_790_000_000.0] if self.has_end else [])

    @property
    def starts(self) -> list[tuple[int, int, float]]:
        """(place, step, wall_time)."""
        return [(i, step, time) for i, (what, step, time) in enumerate(self.events) if what == "START"]

    def points(self, tag: str) -> list[tuple[int, int]]:
        """(place, step)."""
        return [(i, step) for i, (what, step, _) in enumerate(self.events) if what == tag]


def had_ended(one: Written, other: Written, tag: str) -> bool:
    """Whether a file was written to no more when the other began, or when the other's points of the tag did."""
    if not one.times:
        return False
    begins = other.points(tag)[0][0]
    return (bool(other.times) and max(one.times) <= other.times[0]) or any(
        max(one.times) < time for place, _, time in other.starts if place < begins
    )


def is_hidden(file: Written, place: int, step: int, tag: str, later: list[Written]) -> bool:
    if any(place < start and lowest <= step for start, lowest, _ in file.starts):
        return True  # inside one file START does, and nothing else
    for other in later:
        if other.starts:
            if file.times and any(max(file.times) < time and lowest <= step for _, lowest, time in other.starts):
                return True
        elif other.points(tag) and file.times and other.times and max(file.times) <= other.times[0]:
            first, last = other.points(tag)[0][1], file.points(tag)[-1][1]
            if first <= last and first <= step:
                return True
    return False


def expected(files: list[Written]) -> dict[str, list[tuple[str, list[tuple[int, bool]]]]]:
    """Return of each tag its lines: name, and (step, whether it is hidden) of each point."""
    order = sorted(files, key=lambda file: (not file.times, file.times[0] if file.times else 0.0, file.name))
    found: dict[str, list[tuple[str, list[tuple[int, bool]]]]] = {}
    for tag in TAGS:
        lines: list[list[Written]] = []
        for file in (file for file in order if file.points(tag)):
            for line in lines:
                if all(had_ended(one, file, tag) for one in line):
                    line.append(file)
                    break
            else:
                lines.append([file])
        if lines:
            found[tag] = [
                (
                    line[0].name if len(lines) > 1 else "",
                    [
                        (step, is_hidden(file, place, step, tag, order[order.index(file) + 1 :]))
                        for file in line
                        for place, step in file.points(tag)
                    ],
                )
                for line in lines
            ]
    return found


# -- what writers do


@st.composite
def histories(draw: st.DrawFn) -> list[Written]:
    """A run's files: sessions that end, crash and are resumed, writers side by side, clocks that are wrong."""
    files = []
    now = 1_790_000_100.0
    step = 0
    for number in range(draw(st.integers(1, 4))):
        file = Written(f"events.out.tfevents.{draw(st.integers(0, 9))}.{number}")
        now += draw(st.sampled_from([-20.0, -1.0, 0.0, 0.0, 1.0, 100.0]))  # a wrong clock, side by side, at once, later
        wall = now
        step = max(0, step + draw(st.sampled_from([-5, -2, -1, 0, 1])))  # from a checkpoint, or evaluated late
        if draw(st.booleans()):
            file.events.append(("", 0, wall))
        for _ in range(draw(st.integers(0, 3))):
            if draw(st.integers(0, 2)) == 0:
                file.events.append(("START", max(0, step + draw(st.integers(-2, 1))), wall))
            for _ in range(draw(st.integers(0, 5))):
                odd = draw(st.sampled_from([None] * 15 + [math.nan, 0.0, math.inf, -5.0]))
                file.events.append((draw(st.sampled_from(TAGS)), step, wall if odd is None else odd))
                step += draw(st.sampled_from([0, 1, 1, 1, 2, -2]))
                wall += draw(st.sampled_from([0.0, 1.0, 1.0, -3.0]))
        file.has_end = draw(st.integers(0, 5)) == 0
        files.append(file)
        if draw(st.booleans()):  # else the next one begins while this one still runs
            now = max(file.times, default=now)
    return files


# -- what the board makes of it


class Board:
    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.hand = HandClock()
        self.run = RunLoader("run", self.storage, ".", self.hand.clock)
        self.store = Store()

    def arrive(self, name: str, data: bytes) -> None:
        self.storage.files[name] = self.storage.files.get(name, b"") + data
        self.storage.mtime = self.hand.wall
        self.hand.advance(0.1)
        self.run.set_files(sorted(self.storage.files))
        stage = self.run.load(BUFFER).stage
        if stage is not None:
            self.store.commit([stage])

    def lines(self) -> dict[str, list[tuple[str, list[tuple[int, bool]]]]]:
        series = self.store.run("run").series
        return {
            tag: [
                (line.name, list(zip(line.step.tolist(), line.superseded.tolist(), strict=True)))
                for line in series[tag, kind].lines
            ]
            for tag, kind in series
            if kind in (Kind.SCALAR, Kind.IMAGE)
        }


@settings(max_examples=80, deadline=None)
@given(histories(), st.data())
def test_in_any_order_and_any_pieces_the_view_is_what_the_rule_says(files: list[Written], data: Any) -> None:
    board = Board()
    rest = {file.name: file.data() for file in files}
    for file in files:
        if data.draw(st.booleans(), label="there from the beginning"):
            board.arrive(file.name, rest.pop(file.name))
    while rest:
        name = data.draw(st.sampled_from(sorted(rest)))
        size = data.draw(st.integers(1, 200))
        board.arrive(name, rest[name][:size])
        rest[name] = rest[name][size:]
        if not rest[name]:
            del rest[name]
    assert board.lines() == expected(files)
    assert board.store.run("run").problems == ()
    for file in files:
        facts = {of.path: facts for of, facts in board.store.run("run").files.items()}[file.name]
        assert facts.first_wall_time == (file.times[0] if file.times else None)
        assert facts.last_wall_time == max(file.times, default=None)


def test_two_writers_that_never_heard_of_each_other_are_kept_and_told_apart() -> None:
    """The same host, second, tags and steps: their points arrive in turn, and none hides another."""
    board = Board()
    files = [Written(name, [("", 0, 1e9)]) for name in ("events.out.tfevents.1.a", "events.out.tfevents.1.b")]
    for file in files:
        board.arrive(file.name, file.data())
    for step in range(20):
        for file in files:
            file.events.append(("loss", step, 1e9 + step))
            board.arrive(file.name, Written("", file.events[-1:]).data())
            if step:  # at its first instant the other had only begun
                assert board.lines() == expected([f for f in files if f.points("loss")])
    assert [(name, len(points)) for name, points in board.lines()["loss"]] == [(file.name, 20) for file in files]
    assert not any(hidden for _, points in board.lines()["loss"] for _, hidden in points)


def test_many_points_at_one_step_all_stay_visible_whatever_comes_later() -> None:
    board = Board()
    first = Written("a", [("loss", 0, 1e9 + i) for i in range(50)])
    second = Written("b", [("loss", 1, 2e9 + i) for i in range(50)])  # resumed behind it
    for file in (first, second):
        board.arrive(file.name, file.data())
    assert board.lines() == {"loss": [("", [(0, False)] * 50 + [(1, False)] * 50)]}
