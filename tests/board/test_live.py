"""Deltas on their way to the pages: merged, limited, never unbounded, ended by a bye."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import pytest

from board.live import DELTA_INTERVAL_S, INTERESTS, MAX_PENDING_SERIES, Changes, Listener, Live, TooManyListenersError
from board.model import Delta, Kind

EVERYTHING = frozenset(INTERESTS)


def in_loop(scenario: Callable[[Live], Awaitable[None]]) -> None:
    async def run() -> None:
        live = Live()
        live.start()
        await asyncio.wait_for(scenario(live), 10)

    asyncio.run(run())


def grew(revision: int, run: str, *series: tuple[str, Kind]) -> Delta:
    return Delta(revision, {run: frozenset(series)})


async def read(listener: Listener) -> tuple[str, dict[str, object]]:
    event = await listener.next_event()
    assert event is not None
    return event.name, event.data


def test_a_delta_from_another_thread_reaches_who_asked_for_it() -> None:
    async def scenario(live: Live) -> None:
        with (
            live.listen(frozenset({"scalar"}), boot=None, revision=None) as scalars,
            live.listen(frozenset({"image", "runs"}), boot=None, revision=None) as images,
        ):
            assert await read(scalars) == ("hello", {"boot": live.boot, "revision": 0, "missed": False})
            await read(images)
            delta = Delta(
                7,
                {"a": frozenset({("loss", Kind.SCALAR), ("acc", Kind.SCALAR), ("x", Kind.IMAGE)})},
                rebuilt=frozenset({"b"}),
                added=frozenset({"c"}),
                changed=frozenset({"a"}),
            )
            threading.Thread(target=live.publish, args=(delta,)).start()
            name, data = await read(scalars)
            assert name == "delta"
            assert data == {
                "revision": 7,
                "added": [],
                "removed": [],
                "rebuilt": ["b"],
                "changed": [],
                "grew": {"a": {"scalar": ["acc", "loss"]}},
            }
            name, data = await read(images)
            assert (data["grew"], data["added"], data["changed"]) == ({"a": {"image": ["x"]}}, ["c"], ["a"])
            assert live.event_id() == f"{live.boot}-7"

    in_loop(scenario)


def test_who_has_no_interest_hears_nothing() -> None:
    async def scenario(live: Live) -> None:
        with (
            live.listen(frozenset({"image"}), boot=None, revision=None) as listener,
            live.listen(EVERYTHING, boot=None, revision=None) as witness,
        ):
            await read(listener)
            await read(witness)
            live.publish(grew(1, "a", ("loss", Kind.SCALAR)))
            assert (await read(witness))[1]["revision"] == 1
            live.publish(Delta(2, changed=frozenset({"a"})))
            assert (await read(witness))[1]["revision"] == 2
            live.publish(grew(3, "a", ("x", Kind.IMAGE)))
            assert (await read(listener))[1]["revision"] == 3

    in_loop(scenario)


def test_a_burst_is_at_most_twenty_a_second() -> None:
    async def scenario(live: Live) -> None:
        with live.listen(EVERYTHING, boot=None, revision=None) as listener:
            await read(listener)
            began = asyncio.get_running_loop().time()
            received = []

            async def collect() -> None:
                while not received or received[-1] < 300:
                    revision = (await read(listener))[1]["revision"]
                    assert isinstance(revision, int)
                    received.append(revision)

            collecting = asyncio.create_task(collect())
            for revision in range(1, 301):
                live.publish(grew(revision, "a", ("loss", Kind.SCALAR)))
                await asyncio.sleep(0.001)
            await collecting
            took_s = asyncio.get_running_loop().time() - began
            assert received == sorted(received)
            assert len(received) <= took_s / DELTA_INTERVAL_S + 2
            assert received[0] < 100, "the first one leaves at once"

    in_loop(scenario)


def test_a_busy_listener_gets_one_merged_delta() -> None:
    async def scenario(live: Live) -> None:
        with (
            live.listen(EVERYTHING, boot=None, revision=None) as slow,
            live.listen(EVERYTHING, boot=None, revision=None) as quick,
        ):
            await read(slow)
            await read(quick)
            for revision in range(1, 6):
                live.publish(grew(revision, "a", (f"tag{revision}", Kind.SCALAR)))
                assert (await read(quick))[1]["grew"] == {"a": {"scalar": [f"tag{revision}"]}}
            _, data = await read(slow)
            assert data["grew"] == {"a": {"scalar": ["tag1", "tag2", "tag3", "tag4", "tag5"]}}
            assert data["revision"] == 5

    in_loop(scenario)


def test_what_many_hear_is_spelled_out_once() -> None:
    async def scenario(live: Live) -> None:
        with (
            live.listen(EVERYTHING, boot=None, revision=None) as one,
            live.listen(frozenset({"scalar"}), boot=None, revision=None) as other,
            live.listen(EVERYTHING, boot=None, revision=None) as same,
        ):
            for listener in (one, other, same):
                await read(listener)
            live.publish(grew(1, "a", ("loss", Kind.SCALAR)))
            heard = [await listener.next_event() for listener in (one, other, same)]
            assert heard[0] is heard[2]
            assert heard[0] is not heard[1]

    in_loop(scenario)


def test_pending_changes_stay_bounded() -> None:
    changes = Changes()
    for revision in range(1, 40):
        series = frozenset((f"tag{revision}/{i}", Kind.SCALAR) for i in range(1000))
        changes.merge(Delta(revision, {f"run{revision}": series}))
        assert sum(len(tags) for kinds in changes.grew.values() for tags in kinds.values()) <= MAX_PENDING_SERIES
    # nothing is lost: each run is named, as rebuilt or with its series
    assert changes.rebuilt | changes.grew.keys() == {f"run{i}" for i in range(1, 40)}
    assert changes.rebuilt


def test_merging_keeps_the_last_word() -> None:
    changes = Changes()
    changes.merge(Delta(1, {"a": frozenset({("loss", Kind.SCALAR)})}, added=frozenset({"a", "b"})))
    changes.merge(Delta(2, removed=frozenset({"a"})))
    assert (changes.added, changes.removed, changes.grew) == ({"b"}, {"a"}, {})
    changes.merge(Delta(3, added=frozenset({"a"})))
    assert (changes.added, changes.removed, changes.rebuilt) == ({"a", "b"}, set(), {"a"})


@pytest.mark.parametrize(
    ("boot", "revision", "names", "missed"),
    [
        (None, None, ["hello"], False),
        ("own", None, ["hello"], False),
        ("own", 5, ["hello"], False),
        ("own", 4, ["hello"], True),
        ("other", 5, ["reload", "hello"], True),
    ],
)
def test_the_greeting_says_what_was_missed(
    boot: str | None, revision: int | None, names: list[str], missed: bool
) -> None:
    async def scenario(live: Live) -> None:
        live.publish(Delta(5, changed=frozenset({"a"})))
        await asyncio.sleep(0)
        known = live.boot if boot == "own" else boot
        with live.listen(EVERYTHING, boot=known, revision=revision) as listener:
            for name in names:
                assert await read(listener) == (name, {"boot": live.boot, "revision": 5, "missed": missed})

    in_loop(scenario)


def test_closing_says_bye_and_ends() -> None:
    async def scenario(live: Live) -> None:
        with live.listen(EVERYTHING, boot=None, revision=None) as listener:
            await read(listener)
            waiting = asyncio.create_task(listener.next_event())
            await asyncio.sleep(0)
            live.publish(Delta(1, changed=frozenset({"a"})))
            live.close()
            event = await waiting
            assert event is not None
            assert event.name == "bye"
            assert await listener.next_event() is None
        with live.listen(EVERYTHING, boot=None, revision=None) as late:
            assert [(await read(late))[0], (await read(late))[0]] == ["hello", "bye"]
        live.publish(Delta(2))  # the watcher may still be at it

    in_loop(scenario)


def test_listeners_are_counted_and_forgotten() -> None:
    async def scenario(live: Live) -> None:
        with ExitStack() as opened:
            for _ in range(499):
                opened.enter_context(live.listen(EVERYTHING, boot=None, revision=None))
            for _ in range(3):  # who leaves makes room
                with (
                    live.listen(EVERYTHING, boot=None, revision=None),
                    pytest.raises(TooManyListenersError),
                    live.listen(EVERYTHING, boot=None, revision=None),
                ):
                    pass

    in_loop(scenario)
