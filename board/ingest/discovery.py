"""Finds the runs below a logdir: every folder with a file whose name contains "tfevents"."""

import errno
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from board.model import Problem
from board.storage import Entry, FileInfo, LocalStorage

__all__ = ["Discovery", "Listing", "discover"]

_INFIX = "tfevents"
_MOST_LINKED = 100_000  # folders below links: one to / must not keep us walking
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # of links: anything else may be over soon
_NO_EVENTS = (".profile-empty", ".sagemaker-uploaded")  # markers of other tools, without events in them
_HALF_COPIED = (".partial", ".part", ".filepart", ".crdownload", ".gstmp")  # by rclone, browsers, WinSCP, gsutil
_RSYNC = re.compile(r"\..*tfevents.*\.\w{6}")  # its names for files that it has not received whole
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".lz4")
_OTHERS = _NO_EVENTS + _HALF_COPIED + _PACKED
_STAMP_S = 3.0  # within which two changes may have one time stamp: of FAT it is two seconds, of most a few ms


class Listing(NamedTuple):
    """What lies in a folder without links or oddities; it holds until the folder itself changes."""

    info: FileInfo  # of the folder, right before it was listed
    files: tuple[str, ...]
    folders: tuple[str, ...]  # as paths, the last one first


@dataclass(slots=True)
class Discovery:
    """What one walk has found."""

    folders: dict[str, tuple[str, ...]] = field(default_factory=dict)  # folder ("." the logdir) -> its event files
    failed: list[str] = field(default_factory=list)  # folders that could not be listed: they say nothing of runs
    problems: list[Problem] = field(default_factory=list)
    walked: list[str] = field(default_factory=list)  # every folder that was listed
    listings: dict[str, Listing] = field(default_factory=dict)  # of folders that another walk need not list

    def is_unsure(self, folder: str) -> bool:
        """Whether a folder that was not found lies at or below one that could not be listed."""
        return any(failed == "." or folder == failed or folder.startswith(f"{failed}/") for failed in self.failed)


def discover(
    storage: LocalStorage,
    folder: str = ".",
    *,
    follow_links: bool = True,
    most_linked: int = _MOST_LINKED,
    known: Mapping[str, Listing] | None = None,
    now: float = 0.0,
) -> Discovery:
    """Walk everything at and below a folder, links included; each folder once, under its real name if it has one here.

    Links are followed last, by (device, inode) and to ``most_linked`` folders, so that neither loops nor a hundred
    links to each other nor one to everything keep us walking. With ``known``, the ``listings`` of an earlier walk,
    folders that have not changed since are not listed again, and new listings are noted, if they had not changed for
    some seconds before ``now`` (since the epoch); a walk without saves a stat of each.
    """
    found = Discovery()
    links: list[str] = []
    try:
        _walk(storage, folder, found, links, known=known, now=now)
    except OSError as error:
        _fail(found, folder, error)
        return found
    seen: dict[tuple[int, int], str] = {}
    while links and follow_links:
        link = links.pop(0)
        if not seen:  # only links can lead to a folder twice: without any, no folder needs a stat
            for walked in found.walked:
                _remember(storage, walked, seen)
        if storage.is_pseudo(link):
            found.problems.append(Problem(link, "link", "A link to a folder of the kernel's own: not followed."))
            continue
        first = _remember(storage, link, seen)
        if first is not None and first != link:
            message = f"A link to the folder {first!r}, whose runs are shown under that name."
            found.problems.append(Problem(link, "link", message))
            continue
        try:
            most_linked -= _walk(storage, link, found, links, seen, most_linked)
        except OSError as error:
            if error.errno not in _NOWHERE:  # else it is gone since we heard of it
                _fail(found, link, error)
    return found


def _walk(
    storage: LocalStorage,
    top: str,
    found: Discovery,
    links: list[str],
    seen: dict[tuple[int, int], str] | None = None,
    most: int = 0,
    known: Mapping[str, Listing] | None = None,
    now: float = 0.0,
) -> int:
    """Take in the real folders from ``top`` down; the links to folders among them go to ``links``.

    Below a link ``seen`` has the folders that were walked before: it may lead to something that holds them. There no
    more than ``most`` folders are walked.

    Returns:
        How many folders were walked.

    Raises:
        OSError: ``top`` itself cannot be listed.
    """
    pending = [top]
    before = len(found.walked)
    while pending:
        folder = pending.pop()
        if seen is not None and len(found.walked) - before >= most:
            found.failed.append(top)
            message = "So many folders lie below links that not all of them were looked at."
            found.problems.append(Problem(top, "link", message))
            break
        if seen is not None and (
            storage.is_pseudo(folder) or (folder != top and _remember(storage, folder, seen) != folder)
        ):
            continue
        info = None
        if known is not None:
            listing = known.get(folder)
            if listing is not None and storage.is_unchanged(folder, listing.info):
                found.listings[folder] = listing
                found.walked.append(folder)
                if listing.files:
                    found.folders[folder] = listing.files
                pending += listing.folders
                continue
            info = _settled_info(storage, folder, now)
        try:
            plain = storage.list_plain(folder, _INFIX)
            if plain is not None and not all(map(_is_event_file, plain[1])):
                plain = None
            entries = storage.list(folder) if plain is None else []
        except OSError as error:
            if folder == top:
                raise
            if not isinstance(error, FileNotFoundError | NotADirectoryError):  # removed since we heard of it
                _fail(found, folder, error)
            continue
        found.walked.append(folder)
        names = [entry.name for entry in entries if entry.is_folder] if plain is None else plain[0]
        folders = names if folder == "." else [f"{folder}/{name}" for name in names]
        if plain is not None:
            files = plain[1]
        else:
            info = None
            files = list(_iter_event_files(storage, folder, entries, found, links))
        if files:
            found.folders[folder] = tuple(files)
        for path in folders:
            if path.rpartition("/")[2].startswith("events.out.tfevents"):
                info = None
                found.problems.append(Problem(path, "not_a_file", "A folder is named like an event file."))
        folders.reverse()
        pending += folders
        if info is not None:
            found.listings[folder] = Listing(info, tuple(files), tuple(folders))
    return len(found.walked) - before


def _settled_info(storage: LocalStorage, folder: str, now: float) -> FileInfo | None:
    """Return what the file system says of a folder whose next change will surely show; else None."""
    try:
        info = storage.stat(folder)
    except OSError:
        return None
    return info if storage.is_on_local_disk(info) and info.ctime < now - _STAMP_S else None


def _iter_event_files(
    storage: LocalStorage, folder: str, entries: list[Entry], found: Discovery, links: list[str]
) -> Iterator[str]:
    first: dict[int, str] = {}  # inode -> path of what is read; of a file and links to it, the file
    for entry in entries:
        if entry.is_file and _is_event_file(entry.name):
            first.setdefault(entry.inode, _join(folder, entry.name))
    for entry in entries:
        if entry.is_folder:
            continue
        path = _join(folder, entry.name)
        is_event_file = _is_event_file(entry.name)
        if entry.is_file:
            if is_event_file and _is_same(storage, path, first[entry.inode]):
                found.problems.append(_second_name(path))
            elif is_event_file:
                yield entry.name
            elif _INFIX in entry.name and entry.name.endswith(_PACKED):
                found.problems.append(Problem(path, "packed", "A packed event file: unpack it to have it read."))
        elif entry.is_link:
            try:
                target = storage.stat(path)
            except OSError as error:
                if is_event_file and error.errno in _NOWHERE:
                    found.problems.append(Problem(path, "unreadable", f"A link leads nowhere: {error.strerror}."))
                elif is_event_file:
                    yield entry.name  # for its reader to say
                elif error.errno not in _NOWHERE:
                    _fail(found, path, error)
                continue
            if target.is_folder:
                links.append(path)
            elif is_event_file and not target.is_file:
                found.problems.append(_not_a_file(path))
            elif is_event_file and _is_same(storage, path, first.setdefault(target.inode, path)):
                found.problems.append(_second_name(path))
            elif is_event_file:
                yield entry.name
        elif is_event_file:
            found.problems.append(_not_a_file(path))


def _is_event_file(name: str) -> bool:
    return _INFIX in name and not name.endswith(_OTHERS) and not (name[0] == "." and _RSYNC.fullmatch(name))


def _remember(storage: LocalStorage, folder: str, seen: dict[tuple[int, int], str]) -> str | None:
    """Return the path under which a folder was seen first; None where it is no more."""
    try:
        info = storage.stat(folder)
    except OSError:
        return None
    return seen.setdefault((info.device, info.inode), folder)


def _fail(found: Discovery, folder: str, error: OSError) -> None:
    found.failed.append(folder)
    found.problems.append(Problem(folder, "unreadable", f"The folder cannot be listed: {error.strerror or error}."))


def _is_same(storage: LocalStorage, path: str, other: str) -> bool:
    """Whether two paths are names of one file; a listing's inode numbers alone cannot tell on every file system."""
    if path == other:
        return False
    try:
        one, two = storage.stat(path), storage.stat(other)
    except OSError:
        return False
    return (one.device, one.inode) == (two.device, two.inode)


def _second_name(path: str) -> Problem:
    return Problem(path, "link", "A second name of an event file of the same folder, which is read already.")


def _not_a_file(path: str) -> Problem:
    return Problem(path, "not_a_file", "Named like an event file, but it is a FIFO, a device or a socket: not opened.")


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"
