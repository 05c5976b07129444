"""List, stat, pread."""

import os
import sys
from pathlib import Path

import pytest

from board.storage import FileInfo, LocalStorage, NotAFileError


def test_lists_with_the_kind_of_each_entry(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    entries = {entry.name: entry for entry in LocalStorage(tmp_path).list(".")}
    assert list(entries) == ["file", "folder", "link", "pipe"]
    assert entries["file"][2:] == (False, True, False)
    assert entries["folder"][2:] == (True, False, False)
    assert entries["link"][2:] == (False, False, True)
    assert entries["pipe"][2:] == (False, False, False)
    assert entries["file"].inode == (tmp_path / "file").stat().st_ino


def test_reads_at_an_offset_and_never_beyond_the_end(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"0123456789")
    storage = LocalStorage(tmp_path)
    assert storage.stat("a/file").size == 10
    with storage.open("a/file") as file:
        assert file.pread(4, 3) == b"3456"
        assert file.pread(2**62, 8) == b"89"  # allocates what there is
        assert file.pread(5, 99) == b""
        buffer = bytearray(b"x" * 6)
        assert file.read_into(memoryview(buffer), 7) == 3
        assert buffer == b"789xxx"
        assert file.info.is_file


def test_closes_what_it_opened(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = len(os.listdir("/proc/self/fd"))
    storage = LocalStorage(tmp_path)
    with storage.open("file"):
        assert len(os.listdir("/proc/self/fd")) == before + 1
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(NotAFileError), storage.open("."):
        pass
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.timeout(10)
def test_opens_no_fifo_and_waits_for_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotAFileError), LocalStorage(tmp_path).open("pipe"):
        pass


def test_what_is_missing_raises(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    with pytest.raises(FileNotFoundError):
        storage.stat("nothing")
    with pytest.raises(FileNotFoundError):
        storage.list("nothing")
    with pytest.raises(FileNotFoundError), storage.open("nothing"):
        pass


def test_only_a_disk_of_this_machine_is_local() -> None:
    disk, made_up = os.makedev(254, 0), os.makedev(0, 47)  # as of ext4, and of NFS, overlays, FUSE
    storage = LocalStorage("/")
    assert storage.is_on_local_disk(FileInfo(disk, 1, 0, 0.0, False, True)) is (sys.platform == "linux")
    assert not storage.is_on_local_disk(FileInfo(made_up, 1, 0, 0.0, False, True))
