"""The tables of the state database, and the number of their layout."""

import hashlib

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Table, Text

__all__ = ["COLOURS", "LAYOUT", "METADATA", "RUNS", "TAGS", "VERSION", "VIEWS", "key_of"]

VERSION = 1  # of the layout; a board refuses what a newer one has written

METADATA = MetaData()

LAYOUT = Table("trainboard_layout", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))

# A scope is the logdirs of a board, one a line. Texts may be longer than what an index takes: keys are their hashes.
VIEWS = Table(
    "trainboard_views",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("scope", Text, nullable=False),
    Column("name", Text),  # none: a short link, found by its id alone
    Column("page", String(40), nullable=False),
    Column("query", Text, nullable=False),
    Column("created", Float, nullable=False),  # seconds since the epoch
    Column("changed", Float, nullable=False),
)

COLOURS = Table(
    "trainboard_colours",
    METADATA,
    Column("scope_key", String(64), primary_key=True),
    Column("run_key", String(64), primary_key=True),
    Column("scope", Text, nullable=False),
    Column("run", Text, nullable=False),  # its name in that scope
    Column("number", Integer, nullable=False),
)

# What a person chose of a run, by its folder's absolute path: it holds however the logdir was given.
RUNS = Table(
    "trainboard_runs",
    METADATA,
    Column("folder_key", String(64), primary_key=True),
    Column("folder", Text, nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),  # Markdown: hostile input
    Column("colour", String(7)),  # "#rrggbb", or "run-0" to "run-23"
    Column("star", Boolean, nullable=False, default=False),
    Column("archived", Boolean, nullable=False, default=False),
    Column("baseline", Boolean, nullable=False, default=False),
    Column("changed", Float, nullable=False),
)

TAGS = Table(
    "trainboard_run_tags",
    METADATA,
    Column("folder_key", String(64), primary_key=True),
    Column("tag", String(200), primary_key=True),
)


def key_of(text: str) -> str:
    """Return the key of a text of any length."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
