"""Where the state database lies: a file of SQLite, or the address of a server; and why it cannot lie there."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from board.errors import StateError
from board.storage import MOUNTS, file_system_of

__all__ = ["FILE_NAME", "Place", "find_place", "network_type"]

FILE_NAME = "state.sqlite"
_NETWORK = re.compile(
    r"9p|afs|beegfs|ceph|cifs|coda|davfs|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|panfs|pvfs2|smb3|smbfs|vboxsf|"
    r"virtiofs|wekafs|fuse\.(ceph|davfs|gcsfuse|glusterfs|juicefs|mfs|rclone|s3fs|sshfs|weka).*"
)
_SCHEMES = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Place(NamedTuple):
    """A place, and what speaks against it."""

    url: URL
    shown: str  # for a person; without a password
    path: Path | None = None  # of SQLite's file
    refusal: str = ""  # why nothing can be kept there, and what to do


def find_place(given: str, mounts: Path = MOUNTS) -> Place:
    """Return the place that a person means by a path or a URL.

    Args:
        given: a file; a folder, in which the file ``state.sqlite`` is meant; ``sqlite:///path``; ``postgresql://...``.
        mounts: what this machine has mounted, see ``board.storage``.

    Raises:
        StateError: a URL of something else.
    """
    if "://" in given:
        try:
            url = make_url(given)
        except ArgumentError as error:
            raise StateError("--state is no address such as postgresql://user@host/name") from error
        if url.drivername.startswith("postgres"):
            url = url.set(drivername=_SCHEMES.get(url.drivername, url.drivername))
            return Place(url, url.set(drivername="postgresql").render_as_string(hide_password=True))
        if url.drivername != "sqlite" or not url.database:
            raise StateError(f"--state takes a path, sqlite:///path or postgresql://..., not {url.drivername}://")
        given = url.database
    path = Path(os.path.abspath(Path(given).expanduser()))
    if path.is_dir() or not path.suffix:
        path = path / FILE_NAME
    kind = network_type(path, mounts)
    refusal = kind and (
        f"{path.parent} lies on a network file system ({kind}), where SQLite can lose what it keeps: "
        f"give --state a folder on a disk of this machine, or postgresql://user@host/name"
    )
    return Place(URL.create("sqlite", database=str(path)), str(path), path, refusal)


def network_type(path: Path, mounts: Path = MOUNTS) -> str:
    """Return the type of the network file system that a path lies on, "" where it is none as far as is known."""
    kind = file_system_of(os.path.realpath(path), mounts)
    return kind if _NETWORK.fullmatch(kind) else ""
