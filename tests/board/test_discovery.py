"""Which folders are runs, and what is skipped and said."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from board.ingest.discovery import Discovery, discover
from board.storage import FileInfo, LocalStorage

NAME = "events.out.tfevents.1790000000.host"


def put(folder: Path, name: str = NAME) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    return folder / name


def look(folder: Path) -> Discovery:
    return discover(LocalStorage(folder))


def codes(found: Discovery) -> dict[str, str]:
    return {problem.file: problem.code for problem in found.problems}


def test_every_folder_with_an_event_file_is_a_run(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path / "a" / "b c" / "ä")
    put(tmp_path / "a", "x.tfevents")
    put(tmp_path / "a", "events.out.tfevents.2.host")
    put(tmp_path / "no", "model.ckpt")
    put(tmp_path / "profile", f"{NAME}.profile-empty")
    found = look(tmp_path)
    assert found.folders == {".": (NAME,), "a": ("events.out.tfevents.2.host", "x.tfevents"), "a/b c/ä": (NAME,)}
    assert found.problems == []


def test_a_name_that_is_no_utf8_is_found(tmp_path: Path) -> None:
    put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xff")))
    assert list(look(tmp_path).folders) == ["r\udcff"]


def test_odd_things_are_skipped_and_said(tmp_path: Path) -> None:
    put(tmp_path / "run")
    os.mkfifo(tmp_path / "run" / "fifo.tfevents")
    (tmp_path / "run" / "device.tfevents").symlink_to("/dev/zero")
    (tmp_path / "run" / "broken.tfevents").symlink_to("nowhere")
    put(tmp_path / "run" / "events.out.tfevents.folder")
    found = look(tmp_path)
    assert found.folders == {"run": (NAME,), "run/events.out.tfevents.folder": (NAME,)}
    assert codes(found) == {
        "run/fifo.tfevents": "not_a_file",
        "run/device.tfevents": "not_a_file",
        "run/broken.tfevents": "unreadable",
        "run/events.out.tfevents.folder": "not_a_file",
    }


def test_links_are_followed_but_no_folder_is_shown_twice(tmp_path: Path) -> None:
    logdir, elsewhere = tmp_path / "logs", tmp_path / "elsewhere"
    put(logdir / "run_1")
    put(elsewhere / "deep")
    (logdir / "a_latest").symlink_to("run_1")
    (logdir / "outside").symlink_to(elsewhere)
    (elsewhere / "loop").symlink_to(logdir)
    (elsewhere / "deep" / "up").symlink_to("..")
    found = look(logdir)
    assert found.folders == {"run_1": (NAME,), "outside/deep": (NAME,)}
    assert codes(found) == {"a_latest": "link", "outside/loop": "link", "outside/deep/up": "link"}


def test_a_link_to_what_holds_the_logdir_shows_no_run_twice(tmp_path: Path) -> None:
    put(tmp_path / "logs/a/b")
    put(tmp_path / "beside/c")
    (tmp_path / "logs/a/up").symlink_to("../..")
    assert set(look(tmp_path / "logs").folders) == {"a/b", "a/up/beside/c"}


@pytest.mark.timeout(20)
@pytest.mark.skipif(not os.path.ismount("/proc"), reason="no /proc here")
def test_a_link_into_proc_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "a")
    (tmp_path / "b").symlink_to("/proc/self")
    found = look(tmp_path)
    assert (set(found.folders), codes(found)) == ({"a"}, {"b": "link"})


@pytest.mark.timeout(20)
def test_folders_that_all_link_to_each_other_end(tmp_path: Path) -> None:
    for i in range(12):
        put(tmp_path / str(i))
    for i in range(12):
        for j in range(12):
            (tmp_path / str(i) / f"to_{j}").symlink_to(tmp_path / str(j))
    assert len(look(tmp_path).folders) == 12


def test_a_link_to_an_event_file_is_read_once(tmp_path: Path) -> None:
    real = put(tmp_path / "run")
    (tmp_path / "run" / "a.tfevents").symlink_to(real)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.tfevents").symlink_to(real)
    found = look(tmp_path)
    assert found.folders == {"run": (NAME,), "other": ("a.tfevents",)}
    assert codes(found) == {"run/a.tfevents": "link"}


def test_a_file_with_two_names_is_read_once(tmp_path: Path) -> None:
    real = put(tmp_path / "run")
    os.link(real, tmp_path / "run" / "z.tfevents")
    (tmp_path / "other").mkdir()
    os.link(real, tmp_path / "other" / "a.tfevents")
    found = look(tmp_path)
    assert found.folders == {"run": (NAME,), "other": ("a.tfevents",)}
    assert codes(found) == {"run/z.tfevents": "link"}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own may not be."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_folder_that_may_not_be_listed_is_said_and_leaves_its_runs_unsure(open_folder: Path) -> None:
    put(open_folder / "good")
    put(open_folder / "closed" / "run")
    (open_folder / "closed").chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)  # root may list everything
    try:
        found = look(open_folder)
    finally:
        if is_root:
            os.seteuid(0)
        (open_folder / "closed").chmod(0o755)
    assert list(found.folders) == ["good"]
    assert codes(found) == {"closed": "unreadable"}
    assert found.is_unsure("closed/run")
    assert found.is_unsure("closed")
    assert not found.is_unsure("closed_too")
    assert not found.is_unsure("good")


def test_what_lies_behind_a_link_that_cannot_be_followed_now_is_unsure(open_folder: Path) -> None:
    """A mount that is away for a moment removes no run, and takes no file from one."""
    elsewhere = open_folder / "closed" / "elsewhere"
    real = put(elsewhere)
    put(open_folder / "logs" / "own")
    (open_folder / "logs" / "linked").symlink_to(elsewhere)
    (open_folder / "logs" / "own" / "linked.tfevents").symlink_to(real)
    (open_folder / "logs" / "unlisted").symlink_to(open_folder / "closed" / "unlisted")
    (open_folder / "closed" / "unlisted").mkdir(mode=0)
    everything = {"own": (NAME, "linked.tfevents"), "linked": (NAME,)}
    assert look(open_folder / "logs").folders == everything
    is_root = os.geteuid() == 0
    for mode, lost in [(0o755, {"unlisted"}), (0, {"unlisted", "linked"})]:
        (open_folder / "closed").chmod(mode)
        if is_root:
            os.seteuid(65534)  # root may list everything
        try:
            found = look(open_folder / "logs")
        finally:
            if is_root:
                os.seteuid(0)
            (open_folder / "closed").chmod(0o755)
        assert set(found.folders) == set(everything) - lost
        assert found.folders["own"] == everything["own"]
        assert codes(found) == dict.fromkeys(lost, "unreadable")
        assert all(found.is_unsure(folder) for folder in lost)
        assert not found.is_unsure("own")


def test_a_link_to_everything_does_not_keep_us_walking(tmp_path: Path) -> None:
    put(tmp_path / "logs" / "own")
    for i in range(50):
        put(tmp_path / "all" / f"r{i:02}")
    (tmp_path / "logs" / "all").symlink_to(tmp_path / "all")
    (tmp_path / "logs" / "z").symlink_to(tmp_path / "logs" / "own")
    found = discover(LocalStorage(tmp_path / "logs"), most_linked=20)
    assert sorted(found.folders) == [*(f"all/r{i:02}" for i in range(19)), "own"]
    assert codes(found) == {"all": "link", "z": "link"}
    assert found.is_unsure("all/r49")
    assert not found.is_unsure("own")
    assert len(look(tmp_path / "logs").folders) == 51


def test_a_link_to_a_file_that_no_event_file_is_a_name_of(tmp_path: Path) -> None:
    put(tmp_path / "run", "saved.bin")
    (tmp_path / "run" / NAME).symlink_to("saved.bin")
    (tmp_path / "run" / "again.tfevents").symlink_to("saved.bin")
    found = look(tmp_path)
    assert found.folders == {"run": ("again.tfevents",)}
    assert codes(found) == {f"run/{NAME}": "link"}


def test_a_missing_logdir_says_nothing_of_runs(tmp_path: Path) -> None:
    found = look(tmp_path / "later")
    assert found.folders == {}
    assert found.is_unsure("any/run")


class CountingStorage(LocalStorage):
    """Counts the folders that are listed, on a disk of this machine."""

    listed = 0

    def is_on_local_disk(self, info: FileInfo) -> bool:
        return True

    def list_plain(self, folder: str, infix: str) -> tuple[list[str], list[str]] | None:
        self.listed += 1
        return super().list_plain(folder, infix)


def test_a_folder_that_has_not_changed_is_not_listed_again(tmp_path: Path) -> None:
    for name in ("a", "b", "b/c"):
        put(tmp_path / name)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link").symlink_to(tmp_path / "a")
    storage = CountingStorage(tmp_path)
    later = time.time() + 60
    first = discover(storage)
    assert (storage.listed, first.listings) == (5, {})  # what a second look needs is not worth a stat at the first
    second = discover(storage, known={}, now=later)
    assert set(second.listings) == {".", "a", "b", "b/c"}  # a link may lead elsewhere by then
    storage.listed = 0
    third = discover(storage, known=second.listings, now=later)
    assert (storage.listed, third) == (1, second)
    put(tmp_path / "a", "events.out.tfevents.2.host")
    shutil.rmtree(tmp_path / "b" / "c")
    (tmp_path / "b" / NAME).rename(tmp_path / "b" / "tfevents.3")
    changed = discover(storage, known=third.listings, now=later)
    assert changed.folders == discover(LocalStorage(tmp_path)).folders
    assert changed.folders == {"a": (NAME, "events.out.tfevents.2.host"), "b": ("tfevents.3",)}
    assert storage.listed == 4


def test_a_folder_that_has_just_changed_is_listed_again(tmp_path: Path) -> None:
    """Two changes within a tick of the file system's clock have the same time stamp."""
    put(tmp_path / "a")
    found = discover(CountingStorage(tmp_path), known={}, now=time.time())
    assert found.listings == {}
    assert list(found.folders) == ["a"]


def test_a_folder_that_may_no_longer_be_listed_is_not_taken_for_unchanged(tmp_path: Path) -> None:
    put(tmp_path / "a")
    later = time.time() + 60
    storage = CountingStorage(tmp_path)
    known = discover(storage, known={}, now=later).listings
    assert "a" in known
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "a").touch()
    assert discover(storage, known=known, now=later).folders == {}


def test_names_that_other_tools_give(tmp_path: Path) -> None:
    """What is half copied comes under its own name when it is whole; until then it would be there twice."""
    copies = [f".{NAME}.a1B2c3", f"{NAME}.partial", f"{NAME}.part", f"{NAME}_.gstmp", f"{NAME}.crdownload"]
    events = [
        NAME,
        f"{NAME}.1234.5.v2",
        f"{NAME}.6eF1a2B3",  # of the AWS CLI, which cannot be told from a writer's suffix
        "events.out.tfevents.1790000000.my host (copy)",
        f".{NAME}",
        "1790000000.tfevents",
        "train-EVENTS.tfevents",
    ]
    for name in [*copies, *events, f"{NAME}.profile-empty", f"{NAME}.gz", "model.ckpt.gz"]:
        put(tmp_path / "run", name)
    put(tmp_path / "run" / "plugins" / "profile" / "2026_01_01", "host.xplane.pb")
    put(tmp_path / "run" / "plugins" / "profile" / "2026_01_01", "host.pt.trace.json.gz")
    found = look(tmp_path)
    assert {folder: set(names) for folder, names in found.folders.items()} == {"run": set(events)}
    assert codes(found) == {f"run/{NAME}.gz": "packed"}
