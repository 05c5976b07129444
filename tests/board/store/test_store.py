import threading

import numpy as np
import pytest

from board.errors import UnknownRunError
from board.model import Delta, FileFacts, FileId, Kind, Problem, RunState, Stage, Start
from board.store.store import Store
from tests.board.store.building import column_rows, file_rows, stage_of

X = ("x", Kind.SCALAR)


def test_a_commit_shows_all_it_has_at_once_and_says_what_changed() -> None:
    store = Store()
    assert store.revision == 0
    assert store.runs() == []
    rows = file_rows(
        ["loss", "image"],
        [(0, 10.0, 2.0, 0), (1, 11.0, 1.0, 0)],
        blobs=[(0, 10.5, 1, Kind.IMAGE, 99)],
    )
    delta = store.commit([stage_of("b", {"f": [rows]}, descriptions={"loss": ("Loss", "*how far off*")})])
    assert delta.revision == store.revision == 1
    assert delta.added == {"b"}
    assert delta.grew == {"b": {("loss", Kind.SCALAR), ("image", Kind.IMAGE)}}
    assert not delta.rebuilt
    assert not delta.changed
    run = store.run("b")
    assert (run.points, run.blobs, run.first_wall_time, run.last_wall_time) == (2, 1, 10.0, 11.0)
    assert run.state is RunState.LIVE
    assert run.descriptions == {"loss": ("Loss", "*how far off*")}
    assert run.series["loss", Kind.SCALAR].value.tolist() == [2.0, 1.0]
    assert run.series["loss", Kind.SCALAR].wall_time.tolist() == [10.0, 11.0]
    (ref,) = run.series["image", Kind.IMAGE].blob_refs()
    assert (ref.file, ref.offset) == (FileId("f", 0), 99)


def test_a_commit_that_changes_nothing_is_no_revision() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0], [0.0])]})])
    same = Stage("a", facts=dict(store.run("a").files), state=RunState.LIVE)
    delta = store.commit([same])
    assert (delta.revision, store.revision) == (1, 1)
    assert delta == Delta(1)


def test_state_progress_and_problems_are_changes() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0], [0.0])]})])
    file = FileId("f", 0)
    problem = Problem("a/f", "gap", "Bytes were skipped.")
    for facts, state in (
        (FileFacts(bytes_read=5), RunState.LIVE),
        (FileFacts(bytes_read=5, problems=(problem,)), RunState.LIVE),
        (FileFacts(bytes_read=5, problems=(problem,)), RunState.STALLED),
    ):
        delta = store.commit([Stage("a", facts={file: facts}, state=state)])
        assert delta.changed == {"a"}
        assert not delta.grew
        assert not delta.rebuilt
    assert store.run("a").problems == (problem,)


def test_growth_alone_is_no_change_of_the_run_list() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0], [0.0])]})])
    delta = store.commit([stage_of("a", {"f": [column_rows([1], [0.0])]})])
    assert delta.grew == {"a": {X}}
    assert not delta.changed
    assert not delta.rebuilt


def test_runs_stand_by_start_then_by_name_and_keep_their_colour() -> None:
    store = Store()
    later = stage_of("a", {"f": [column_rows([0], [0.0], [50.0])]})
    sooner = stage_of("c", {"f": [column_rows([0], [0.0], [20.0])]})
    same = stage_of("b", {"f": [column_rows([0], [0.0], [20.0])]})
    store.commit([later, sooner, same])
    assert store.runs() == ["b", "c", "a"]
    assert [run.color_index for run in store.views()] == [0, 1, 2]
    store.commit([stage_of("old", {"f": [column_rows([0], [0.0], [1.0])]})])
    assert store.runs() == ["old", "b", "c", "a"]
    assert [run.color_index for run in store.views()] == [3, 0, 1, 2]
    store.commit([Stage("b", is_removed=True)])
    store.commit([stage_of("new", {"f": [column_rows([0], [0.0])]}), same])
    assert store.run("b").color_index == 0
    assert store.run("new").color_index == 4


def test_colours_of_runs_that_were_only_found_follow_the_times_in_their_files_names() -> None:
    store = Store()
    names = {"a": 1_700_000_300, "b": 1_700_000_100, "c": 1_700_000_200}
    store.commit(
        [Stage(run, facts={FileId(f"events.out.tfevents.{when}.host", 0): FileFacts()}) for run, when in names.items()]
    )
    assert {run.name: run.color_index for run in store.views()} == {"b": 0, "c": 1, "a": 2}


def test_a_run_that_is_removed_is_gone() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0], [0.0])]})])
    before = store.run("a")
    delta = store.commit([Stage("a", is_removed=True)])
    assert delta.removed == {"a"}
    assert store.runs() == []
    with pytest.raises(UnknownRunError, match="'a'"):
        store.run("a")
    assert before.series[X].count == 1  # who has it, has it
    assert store.commit([Stage("a", is_removed=True)]).revision == delta.revision


def test_a_run_that_is_removed_and_comes_back_in_one_commit_is_rebuilt() -> None:
    store = Store()
    store.commit([stage_of("b", {"f": [column_rows([9], [9.0])]}), stage_of("a", {"f": [column_rows([5], [5.0])]})])
    color = store.run("b").color_index
    delta = store.commit([Stage("b", is_removed=True), stage_of("b", {"f": [column_rows([7], [7.0])]})])
    assert (delta.rebuilt, delta.added, delta.removed) == ({"b"}, frozenset(), frozenset())
    assert store.run("b").series[X].step.tolist() == [7]
    assert store.run("b").color_index == color == 1


@pytest.mark.parametrize("is_said", [True, False])
def test_a_new_generation_takes_the_place_of_the_old_as_a_whole(is_said: bool) -> None:
    store = Store()
    store.commit(
        [stage_of("a", {"f": [column_rows([0, 1, 2], [0.0, 1.0, 2.0])], "g": [column_rows([9], [9.0], [90.0])]})]
    )
    before = store.run("a").series[X]
    anew = stage_of("a", {"f": [column_rows([0, 1], [5.0, 6.0])]}, generation=1)
    if is_said:
        anew.gone = [FileId("f", 0)]
        anew.rows.insert(0, (FileId("f", 0), column_rows([3], [3.0])))  # read before the change was noticed
    delta = store.commit([anew])
    assert delta.rebuilt == {"a"}
    run = store.run("a")
    assert set(run.files) == {FileId("f", 1), FileId("g", 0)}
    assert run.series[X].value.tolist() == [5.0, 6.0, 9.0]
    assert run.points == 3
    assert before.value.tolist() == [0.0, 1.0, 2.0, 9.0]


def test_a_series_goes_with_its_last_file() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0], [0.0])], "g": [file_rows(["y"], [(0, 0.0, 0.0, 0)])]})])
    delta = store.commit([Stage("a", gone=[FileId("f", 0)], state=RunState.LIVE)])
    assert delta.rebuilt == {"a"}
    assert set(store.run("a").series) == {("y", Kind.SCALAR)}
    assert store.run("a").points == 1


def test_a_start_that_hides_points_rebuilds_even_without_new_points() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0, 1, 2], [0.0] * 3)]})])
    start = Start(step=1, wall_time=100.0, scalar_row=0, blob_row=0)
    delta = store.commit([stage_of("a", {"g": [file_rows([], starts=[start])]})])
    assert delta.rebuilt == {"a"}
    assert store.run("a").series[X].superseded.tolist() == [False, True, True]


def test_a_resumed_run_that_hides_nothing_is_not_rebuilt() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0, 1, 2], [0.0] * 3)]})])
    start = Start(step=3, wall_time=100.0, scalar_row=0, blob_row=0)
    delta = store.commit([stage_of("a", {"g": [column_rows([3], [0.0], [101.0], starts=[start])]})])
    assert delta.grew == {"a": {X}}
    assert not delta.rebuilt


def test_a_tag_of_two_kinds_is_two_series() -> None:
    store = Store()
    rows = file_rows(["x"], [(0, 0.0, 1.0, 0)], blobs=[(0, 0.0, 0, Kind.TEXT, 5), (1, 0.0, 0, Kind.IMAGE, 6)])
    store.commit([stage_of("a", {"f": [rows]})])
    assert {kind: series.count for (_, kind), series in store.run("a").series.items()} == {
        Kind.SCALAR: 1,
        Kind.TEXT: 1,
        Kind.IMAGE: 1,
    }


def test_salvaged_points_are_counted() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0], [0.0]), file_rows(["x"], [(1, 1.0, 0.0, 0)], salvaged=True)]})])
    assert store.run("a").series[X].salvaged_count == 1


def test_a_commit_that_fails_halfway_leaves_everything_as_it_was() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows(range(3), [0.0] * 3)]})])
    store.commit([stage_of("a", {"f": [column_rows([3], [0.0])]})])
    broken = column_rows([4, 5], [0.0])  # fewer values than steps
    for _ in range(2):
        with pytest.raises((ValueError, IndexError)):
            store.commit([stage_of("a", {"f": [column_rows([99], [9.0]), broken]})])
    assert store.revision == 2
    assert store.run("a").series[X].step.tolist() == [0, 1, 2, 3]
    store.commit([stage_of("a", {"f": [column_rows([4, 5], [0.0, 1.0])]})])
    assert store.run("a").series[X].step.tolist() == [0, 1, 2, 3, 4, 5]


def test_tags_come_apart_and_stay_in_file_order() -> None:
    dice = np.random.default_rng(3)
    tags = [f"t{i}" for i in range(50)]
    tag = dice.integers(0, 50, 5000)
    store = Store()
    scalars = [(i, float(i), float(-i), int(tag[i])) for i in range(5000)]
    for low in range(0, 5000, 700):
        store.commit([stage_of("a", {"f": [file_rows(tags, scalars[low : low + 700])]})])
    for number, name in enumerate(tags):
        series = store.run("a").series[name, Kind.SCALAR]
        assert np.array_equal(series.step, np.flatnonzero(tag == number))
        assert np.array_equal(series.value, -np.flatnonzero(tag == number).astype(float))


def test_views_never_change_while_another_thread_commits() -> None:
    store = Store()
    store.commit([stage_of("a", {"f": [column_rows([0], [0.0])]})])
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        held = []
        last = 0
        while not done.is_set():
            run = store.run("a")
            series = run.series[X]
            if store.revision < last:
                wrong.append("the revision went back")
            last = store.revision
            if series.count != run.points or not np.array_equal(series.step, np.arange(series.count)):
                wrong.append("half a commit was seen")
            if len(held) < 50:
                held.append((series, series.count, series.step, series.value.copy()))
        for series, count, step, value in held:
            if (
                series.count != count
                or not np.array_equal(step, np.arange(count))
                or not np.array_equal(series.value, value)
            ):
                wrong.append("a view changed")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    at = 1
    for size in [1] * 200 + [777] * 60:
        store.commit([stage_of("a", {"f": [column_rows(np.arange(at, at + size), np.full(size, at))]})])
        at += size
    done.set()
    for reader in readers:
        reader.join(30)
    assert wrong == []
    assert store.run("a").points == at


def test_a_store_serves_a_thousand_runs() -> None:
    store = Store()
    rows = file_rows(["x", "y"], [(i, float(i), 0.0, i % 2) for i in range(100)])
    delta = store.commit([stage_of(f"run{i:04}", {"f": [rows]}) for i in range(1000)])
    assert len(delta.added) == 1000
    assert sum(run.points for run in store.views()) == 100_000
