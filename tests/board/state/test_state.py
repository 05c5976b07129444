"""What people chose outlives restarts, deletion, two boards at once and disks that cannot be written."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from board.errors import BadRequestError, NotKeptError, StateError, UnknownViewError
from board.state.choices import Choice
from board.state.database import Database
from board.state.keeping import State, scope_of
from board.state.place import find_place, network_type
from board.state.schema import METADATA, VERSION, key_of
from board.state.transfer import export_state, import_state
from tests.board.served import BoardProcess, wait_until

LOGDIR = ("/data/runs",)
MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
server:/export/home /home nfs4 rw,relatime 0 0
/dev/sdb1 /home/local\\040disk xfs rw,relatime 0 0
/dev/sdc1 /mnt/mine fuseblk rw 0 0
user@host: /mnt/box fuse.sshfs rw 0 0
"""


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "kept" / "state.sqlite")


@pytest.fixture
def states(place: str) -> Iterator[list[State]]:
    """Boards that were started; closed at the end."""
    started: list[State] = []
    yield started
    for state in started:
        state.close()


def opened(place: str | None, states: list[State] | None = None, logdirs: tuple[str, ...] = LOGDIR) -> State:
    state = State(place, logdirs)
    if states is not None:
        state.start()
        states.append(state)
    return state


def test_a_view_is_found_by_its_id_and_its_name(place: str) -> None:
    views = opened(place).views
    assert views.all() == []
    assert not Path(place).exists()  # a question makes nothing
    link = views.save(None, "scalars", "?smooth=0.9")
    assert views.save(None, "scalars", "smooth=0.9") == link
    named = views.save("The good ones", "scalars", "show=a,b")
    assert views.save("The good ones", "images", "show=c") == named
    again = opened(place).views
    assert again.find(link).query == "smooth=0.9"
    assert [(view.id, view.name, view.page, view.query) for view in again.all()] == [
        (named, "The good ones", "images", "show=c")
    ]
    again.rename(named, "Best")
    assert [view.name for view in views.all()] == ["Best"]
    other = views.save("Other", "scalars", "")
    with pytest.raises(BadRequestError, match="already"):
        views.rename(other, "Best")
    views.delete(named)
    with pytest.raises(UnknownViewError):
        again.find(named)
    with pytest.raises(UnknownViewError):
        again.delete(named)


def test_a_view_belongs_to_its_logdir_and_its_link_to_everybody(place: str) -> None:
    id_ = opened(place).views.save("Mine", "scalars", "x")
    elsewhere = opened(place, logdirs=("/other",)).views
    assert elsewhere.all() == []
    assert elsewhere.find(id_).name == "Mine"


@pytest.mark.parametrize(
    ("name", "page", "query"),
    [
        ("x" * 201, "scalars", ""),
        ("a\nb", "scalars", ""),
        (None, "../evil", ""),
        (None, "http:", ""),
        (None, "scalars", "x" * 15_001),
    ],
)
def test_what_is_no_view_is_refused(place: str, name: str | None, page: str, query: str) -> None:
    with pytest.raises(BadRequestError):
        opened(place).views.save(name, page, query)


def test_a_run_keeps_its_number(place: str, states: list[State]) -> None:
    first = opened(place, states)
    first.see(["b", "a"])
    assert (first.colours.number("b"), first.colours.number("a"), first.colours.number("c")) == (0, 1, None)
    wait_until(lambda: len(export_state(first.database)["colours"]) == 2, "the numbers to be written")
    second = opened(place, states)
    second.see(["c", "a", "b"])
    assert [second.colours.number(run) for run in "abc"] == [1, 0, 2]
    other = opened(place, states, ("/elsewhere",))
    other.see(["a"])
    assert other.colours.number("a") == 0


def test_numbers_are_written_when_the_board_stops(place: str) -> None:
    state = opened(place)
    state.start()
    state.see([f"run{i}" for i in range(3000)])
    state.close()
    again = opened(place)
    again.colours.load()
    assert again.colours.number("run2999") == 2999


def test_of_two_boards_at_once_the_first_one_s_number_holds(place: str) -> None:
    first, second = opened(place).colours, opened(place).colours
    first.see(["a", "b"])
    second.see(["b", "a"])
    assert first.keep() is False
    assert second.keep() is True
    assert (second.number("a"), second.number("b")) == (0, 1)


def test_two_boards_write_at_the_same_moment(place: str) -> None:
    def work(number: int) -> None:
        views = opened(place).views
        for i in range(10):
            views.save(f"{number} {i}", "scalars", str(i))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))  # which raises what one of them has raised
    assert len(opened(place).views.all()) == 40


def test_deleted_under_a_living_board_it_is_made_again(place: str) -> None:
    state = opened(place)
    state.see(["a", "b"])
    state.colours.keep()
    state.views.save("Lost", "scalars", "")
    Path(place).unlink()
    assert state.views.all() == []
    assert state.colours.is_lost()
    state.colours.write_again()
    state.colours.keep()
    state.views.save("New", "scalars", "")
    again = opened(place)
    again.colours.load()
    assert again.colours.number("b") == 1
    assert [view.name for view in again.views.all()] == ["New"]


def test_copied_it_is_whole(place: str, tmp_path: Path) -> None:
    opened(place).views.save("Mine", "scalars", "")
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(Path(place).read_bytes())
    assert [view.name for view in opened(str(copy)).views.all()] == ["Mine"]
    assert [path.name for path in Path(place).parent.iterdir()] == ["state.sqlite"]  # no journal stays behind


@pytest.mark.parametrize("given", ["/proc/nowhere/state.sqlite", "/dev/null/x", "/sys/kernel"])
def test_where_nothing_can_be_written_the_board_says_so_and_works(given: str, states: list[State]) -> None:
    state = opened(given, states)
    assert not state.database.is_kept
    assert "give --state another place" in state.database.reason
    state.see(["a"])
    assert state.colours.number("a") == 0
    assert state.views.all() == []
    with pytest.raises(NotKeptError, match="Nothing is kept"):
        state.views.save("x", "scalars", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    (tmp_path / "ro").mkdir(mode=0o500)
    state = opened(str(tmp_path / "ro"))
    state.database.probe()
    assert not state.database.is_kept


def test_a_file_that_can_only_be_read_is_read(place: str) -> None:
    opened(place).views.save("Mine", "scalars", "")
    uri = Database(find_place(f"sqlite:///{place}"))
    assert export_state(uri)["views"][0]["name"] == "Mine"


def test_what_is_no_database_is_said_and_left_alone(place: str) -> None:
    Path(place).parent.mkdir()
    Path(place).write_bytes(b"my thesis, the only copy" * 1000)
    state = opened(place)
    assert state.views.all() == []
    assert "no database" in state.database.reason
    with pytest.raises(NotKeptError):
        state.views.save("x", "scalars", "")
    assert Path(place).read_bytes() == b"my thesis, the only copy" * 1000


def test_what_a_newer_board_wrote_is_left_alone(place: str) -> None:
    opened(place).views.save("Mine", "scalars", "")
    connection = sqlite3.connect(place)
    with connection:
        connection.execute("UPDATE trainboard_layout SET version = ?", (VERSION + 1,))
    connection.close()
    state = opened(place)
    assert state.views.all() == []
    assert "newer trainboard" in state.database.reason
    with pytest.raises(NotKeptError, match="upgrade"):
        state.views.save("x", "scalars", "")


def test_sqlite_on_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert network_type(Path("/home/me/.local/state"), mounts) == "nfs4"
    assert network_type(Path("/home/local disk/x"), mounts) == ""
    assert network_type(Path("/mnt/box/x"), mounts) == "fuse.sshfs"
    assert network_type(Path("/mnt/mine/x"), mounts) == ""
    assert network_type(Path("/homes/x"), mounts) == ""
    found = find_place("/home/me/state.sqlite", mounts)
    assert "network file system (nfs4)" in found.refusal
    assert "postgresql://" in found.refusal
    assert find_place("postgresql://me:secret@db/team").shown == "postgresql://me:***@db/team"
    with pytest.raises(StateError):
        find_place("mysql://db/team")


def test_what_people_chose_of_runs(place: str) -> None:
    choices = opened(place).choices
    choices.choose(["/data/runs/a"], {"title": "A", "star": True, "tags": ["x", "baseline"], "colour": "#ff0000"})
    choices.choose(["/data/runs/a", "/data/runs/b"], {"note": "**both**"})
    again = opened(place).choices
    chosen = again.all()[key_of("/data/runs/a")]
    assert (chosen.title, chosen.star, chosen.note, chosen.colour) == ("A", True, "**both**", "#ff0000")
    assert chosen.tags == {"x", "baseline"}
    choices.choose(["/data/runs/a"], {"tags": [], "colour": None})
    chosen = choices.all()[key_of("/data/runs/a")]
    assert (chosen.tags, chosen.colour) == (frozenset(), None)
    for wrong in ({"colour": "red"}, {"colour": "#fff;x:y"}, {"tags": [""]}, {"title": "x" * 501}):
        with pytest.raises(BadRequestError):
            choices.choose(["/data/runs/a"], wrong)


def filled(state: State) -> State:
    state.see(["a", "b"])
    state.colours.keep()
    state.views.save("Mine", "scalars", "show=a")
    state.views.save(None, "images", "show=b")
    state.choices.choose(["/data/runs/a"], {"title": "é", "tags": ["t", "s"], "archived": True})
    return state


def test_words_are_added_to_many_runs_and_taken_from_them(place: str) -> None:
    choices = opened(place).choices
    choices.choose(["/a"], {"tags": ["old", "both"]})
    choices.choose(["/a", "/b"], {"add_tags": ["new ", "both"]})
    assert [sorted(choices.all()[key_of(run)].tags) for run in ("/a", "/b")] == [
        ["both", "new", "old"],
        ["both", "new"],
    ]
    choices.choose(["/a", "/b"], {"remove_tags": ["old", "new"]})
    assert [sorted(choices.all()[key_of(run)].tags) for run in ("/a", "/b")] == [["both"], ["both"]]
    with pytest.raises(BadRequestError):
        choices.choose(["/a"], {"add_tags": [f"word {i}" for i in range(100)]})
    assert sorted(choices.all()[key_of("/a")].tags) == ["both"]


def test_what_one_board_changes_another_one_hears_of(place: str, states: list[State]) -> None:
    heard: list[frozenset[str]] = []
    one, other = opened(place, states), opened(place, states)
    other.on_choices = heard.append
    one.choices.choose(["/a"], {"title": "A"})
    wait_until(lambda: heard, "the other board to look")
    assert heard == [frozenset({key_of("/a")})]
    assert other.choices.all()[key_of("/a")].title == "A"
    assert other.choices.look() == frozenset()
    Path(place).unlink()  # put away by somebody: nothing is chosen any more
    wait_until(lambda: len(heard) > 1, "the other board to look again")
    assert other.choices.all().get(key_of("/a"), Choice()) == Choice()


def test_written_out_and_taken_in_it_is_the_same(place: str, tmp_path: Path) -> None:
    state = export_state(filled(opened(place)).database)
    assert json.loads(json.dumps(state)) == state
    other = opened(str(tmp_path / "other.sqlite"))
    for _ in range(2):
        assert import_state(other.database, state) == {"views": 2, "colours": 2, "runs": 1}
    assert export_state(other.database) == state
    for broken in ({}, [], {**state, "layout": 99}, {**state, "views": [{"id": 3}]}, {**state, "runs": None}):
        with pytest.raises(StateError):
            import_state(other.database, broken)
    assert export_state(other.database) == state


def board(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "board.cli", *words], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_command(place: str, tmp_path: Path) -> None:
    assert board("state", "--state", place).stdout == f"{place}: nothing kept yet\n"
    filled(opened(place))
    said = board("state", "--state", place).stdout
    assert "1 named views, 1 short links, 1 runs with notes, colours of 2 runs" in said
    out, other = tmp_path / "out.json", str(tmp_path / "other.sqlite")
    assert board("state", "--state", place, "--export", str(out)).returncode == 0
    assert "taken in: 2 views" in board("state", "--state", other, "--import", str(out)).stdout
    assert board("state", "--state", other, "--export", "-").stdout == out.read_text()
    failed = board("state", "--state", other, "--import", str(tmp_path))
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert board("state", "--state", "mysql://x/y").returncode == 2


@pytest.mark.slow
def test_a_board_keeps_colours_and_views_over_a_restart(tmp_path: Path) -> None:
    from writer import SummaryWriter

    logs, place = tmp_path / "logs", str(tmp_path / "state.sqlite")
    for name in ("a", "b"):
        with SummaryWriter(logs / name) as writer:
            writer.add_scalar("x", 1.0, 0)
    headers = {"Content-Type": "application/json"}
    with BoardProcess([str(logs), "--state", place]) as process:
        wait_until(lambda: len(process.get("/api/runs")["runs"]) == 2, "both runs")
        colours = {run["name"]: run["color"] for run in process.get("/api/runs")["runs"]}
        body = json.dumps({"name": "v", "page": "scalars", "query": "?show=a&q=%23"}).encode()
        status, _, answer = process.request("/api/views", method="POST", headers=headers, body=body)
        assert status == 200
        url = json.loads(answer)["url"]
        status, found, _ = process.request(f"/{url}")
        assert (status, found["location"]) == (307, "../scalars?show=a&q=%23")
        body = json.dumps({"runs": ["b"], "colour": "#123456"}).encode()
        assert process.request("/api/runs/choose", method="POST", headers=headers, body=body)[0] == 200
        assert process.stop()[0] == 0
    with SummaryWriter(logs / "0-first") as writer:
        writer.add_scalar("x", 1.0, 0, walltime=1.0)
    with BoardProcess([str(logs), "--state", place]) as process:
        wait_until(lambda: len(process.get("/api/runs")["runs"]) == 3, "all runs")
        runs = {run["name"]: run for run in process.get("/api/runs")["runs"]}
        assert {name: runs[name]["color"] for name in colours} == colours
        assert runs["0-first"]["color"] == 2
        assert runs["b"]["colour"] == "#123456"
        assert [view["name"] for view in process.get("/api/views")["views"]] == ["v"]
        status, _, answer = process.request("/v/nothing")
        assert status == 404
        assert "no view" in json.loads(answer)["error"]
        other = {**headers, "Sec-Fetch-Site": "cross-site"}
        assert process.request("/api/views", method="POST", headers=other, body=body)[0] == 403


def test_scopes_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert scope_of(["runs", "b=other"]) == f"{tmp_path}/runs\nb={tmp_path}/other"
    assert scope_of([str(tmp_path / "x" / ".." / "runs")]) == f"{tmp_path}/runs"
    assert len(METADATA.tables) == 5
