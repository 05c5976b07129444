"""Answers questions about graphs, as gzipped JSON: in the server's own process, or as one with little memory.

``python -m board.graph_worker`` reads a job from its standard input and writes the answer to its standard output.
"""

import gzip
import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from board.errors import BoardError, MalformedValueError, UnknownSeriesError
from board.graph_sources import GraphSource, load_source
from board.graphs.columns import graph_columns, node_details
from board.graphs.files import read_graph_file
from board.graphs.packing import packed
from writer.format.messages import DecodeError

__all__ = ["FAILED", "answer_job", "main"]

FAILED = 3  # exit code: the output is {"error": name of the class, "message": sentence}


def answer_job(job: Mapping[str, Any]) -> bytes:
    """Answer a job.

    Args:
        job: ``what`` is "columns", "node" or "import"; ``source`` the fields of the graph's ``GraphSource``;
            ``name`` of the node, or of the file to import; ``into`` the path where its GraphDef goes, ``path`` where
            it lies; ``more`` goes into the answer as it is.

    Returns:
        Gzipped JSON in ASCII, no number in it infinite or NaN; long columns are packed.

    Raises:
        BoardError: as the questions of ``Logs`` do.
    """
    try:
        text = json.dumps({**_answer(job), **job.get("more", {})}, allow_nan=False, separators=(",", ":"))
    except DecodeError as error:
        raise MalformedValueError("that is no GraphDef") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, BoardError):
            raise
        raise MalformedValueError(f"that graph cannot be shown ({error})") from error
    return gzip.compress(text.encode(), 3)


def _answer(job: Mapping[str, Any]) -> Any:
    if job["what"] == "import":
        Path(job["into"]).write_bytes(read_graph_file(Path(job["path"]).read_bytes(), job["name"]))
        return {}
    loaded = load_source(GraphSource(**job["source"]))
    if job["what"] == "node":
        found = node_details(loaded.graph_def, job["name"])
        if found is None:
            raise UnknownSeriesError(f"The graph has no node {job['name']!r}.")
        return _clean(found)
    return packed(_clean(graph_columns(loaded.graph_def, loaded.costs, loaded.profile)))


def _clean(value: Any) -> Any:
    """Make text that can travel: what somebody logged may be half of a surrogate pair."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        is_column = bool(value) and isinstance(value[0], (int, float))  # ours, and most of a graph
        return value if is_column else [_clean(inner) for inner in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return value


def main() -> int:
    """Answer one job within the memory that it names."""
    job = json.loads(sys.stdin.buffer.read())
    if sys.platform == "linux":  # elsewhere the limit is accepted, and not kept
        limit = int(job["memory"])
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        sys.stdout.buffer.write(answer_job(job))
    except BoardError as error:
        sys.stdout.buffer.write(json.dumps({"error": type(error).__name__, "message": str(error)}).encode())
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
