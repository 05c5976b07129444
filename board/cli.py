"""The command ``board``: its grammar, and the one place that prints an error and picks an exit code."""

import argparse
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from board.defaults import cache_folder, default_memory, state_folder
from board.doctor import examine, installed_version
from board.errors import BoardError, StateError
from board.graph_files import GRAPH_SUFFIXES
from board.imports import without_collection
from board.opening import open as open_logs
from board.settings import DEFAULT_HOST, DEFAULT_PORT, LEAST_MEMORY, Settings
from board.terminal import inspection_lines, printable, readable_bytes

__all__ = ["main"]

COMMANDS = """\
commands:
  board [serve] LOGDIR...       show the runs below the folders, live, in the browser
  board MODEL...                show the graph of a file: .onnx, .pb, .pbtxt, .pt2
  board inspect LOGDIR...       print runs, tags, kinds, counts, steps, and what could not be read
  board doctor                  print versions, limits and folders
  board cache [--clear]         print, or empty, the folder of the index
  board state [--export FILE]   print, write out or take in views, colours and notes

A first word that is a command is the command: ./inspect is the folder.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0; 2 for a question that makes no sense; 130 after Ctrl-C.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    command = _COMMANDS[words.pop(0)] if words and words[0] in _COMMANDS else _serve
    try:
        return command(words)
    except BoardError as error:
        print(f"board: {printable(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `board inspect runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"board: {printable(message)}; board --help tells more", file=sys.stderr)
        raise SystemExit(2)


def _serve(words: list[str]) -> int:
    parser = _Parser(
        prog="board",
        usage="board [serve] LOGDIR... [options]",
        description="Shows training logs, live.",
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_logdirs(parser)
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to serve on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 is any free one (default: %(default)s)")
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="open the browser, where there is a display (default: yes; never over ssh)",
    )
    parser.add_argument("--base-path", type=_base_path, default="", help="what a proxy puts before every path")
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name, beside this machine's own, that the board answers to; may be repeated",
    )
    _add_cache_dir(parser)
    parser.add_argument("--no-cache", action="store_true", help="keep no index: each start reads all logs anew")
    parser.add_argument(
        "--memory",
        type=_bytes,
        metavar="SIZE",
        help="how much of it the points may take, such as 500M or 4G; the rest waits in the index (default: half of "
        f"what this machine has, {readable_bytes(default_memory())})",
    )
    _add_state(parser)
    parser.add_argument("--version", action="version", version=f"trainboard {installed_version('trainboard')}")
    given = parser.parse_args(words)
    if given.no_cache and given.memory is not None:
        parser.error("--memory needs the index, where points wait that memory has no room for: not with --no-cache")
    named = _logdirs(parser, given)
    settings = Settings(
        logdirs=tuple(name for name in named if not _is_graph_file(name)),
        graph_files=tuple(Path(name) for name in named if _is_graph_file(name)),
        host=given.host,
        port=given.port,
        opens_browser=given.open,
        base_path=given.base_path,
        allowed_hosts=tuple(given.allowed_host),
        cache_dir=None if given.no_cache else given.cache_dir,
        memory=given.memory,
        state=_state_place(given.state),
    )
    with without_collection():
        from board.serving import serve  # here: FastAPI takes a third of a second that other commands need not wait

    serve(settings, say=_say, environment=os.environ)
    return 0


def _inspect(words: list[str]) -> int:
    parser = _Parser(prog="board inspect", description="Prints what lies in a logdir, and what could not be read.")
    _add_logdirs(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(words)
    logs = open_logs(*_logdirs(parser, given), cache=False)
    found = logs.inspect()
    logs.close()
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for line in inspection_lines(found):
            print(line)
    return 0


def _doctor(words: list[str]) -> int:
    parser = _Parser(prog="board doctor", description="Prints what a report of a fault should contain.")
    _add_cache_dir(parser)
    given = parser.parse_args(words)
    for topic, finding in examine(given.cache_dir, state_folder()):
        _say(f"{topic:<14}{finding}")
    return 0


def _cache(words: list[str]) -> int:
    parser = _Parser(prog="board cache", description="Prints the folder of the index, and how large it is.")
    _add_cache_dir(parser)
    parser.add_argument("--path", action="store_true", help="print the path alone")
    parser.add_argument("--clear", action="store_true", help="delete it; the next start reads the logs anew")
    given = parser.parse_args(words)
    folder: Path = given.cache_dir
    if given.path:
        _say(str(folder))
        return 0
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    size = readable_bytes(sum(path.stat().st_size for path in files))
    if not given.clear:
        _say(f"{folder}: {len(files)} files, {size}")
        return 0
    if files and not _is_our_cache(folder):
        parser.error(f"{folder} is not a cache of trainboard (no CACHEDIR.TAG of ours): nothing was deleted")
    shutil.rmtree(folder, ignore_errors=True)  # a board that runs may be writing there at this moment
    _say(f"{folder}: {len(files)} files deleted, {size}")
    return 0


def _state(words: list[str]) -> int:
    parser = _Parser(prog="board state", description="Prints where views, colours and notes are kept, and how much.")
    _add_state(parser)
    parser.add_argument("--path", action="store_true", help="print the place alone")
    parser.add_argument("--export", metavar="FILE", help="write everything as JSON; - is the standard output")
    parser.add_argument("--import", metavar="FILE", dest="import_", help="take in what --export has written")
    given = parser.parse_args(words)
    from board.state.commands import describe, export_to, import_from  # here: SQLAlchemy takes a tenth of a second

    place = _state_place(given.state)
    if given.export is not None:
        line = export_to(place, given.export)
    elif given.import_ is not None:
        line = import_from(place, given.import_)
    else:
        line = describe(place, only_place=given.path)
    if line:
        _say(line)
    return 0


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "serve": _serve,
    "inspect": _inspect,
    "doctor": _doctor,
    "cache": _cache,
    "state": _state,
}


def _say(line: str) -> None:
    print(printable(line), flush=True)  # at once: whoever reads through a pipe waits for the address


def _add_logdirs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="*", metavar="LOGDIR", help="a folder with runs below it, or name=folder")
    parser.add_argument("--logdir", action="append", default=[], metavar="LOGDIR", help="the same, as TensorBoard's")


def _logdirs(parser: argparse.ArgumentParser, given: Any) -> tuple[str, ...]:
    logdirs = (*given.folders, *given.logdir)
    if not logdirs:
        parser.error("which folder? board LOGDIR shows the runs below it")
    return logdirs


def _is_graph_file(name: str) -> bool:
    return name.lower().endswith(GRAPH_SUFFIXES) and os.path.isfile(name)


def _add_cache_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=cache_folder(),
        metavar="DIR",
        help="where the index lives (default: %(default)s)",
    )


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state",
        metavar="PLACE",
        help="where views, colours and notes are kept: a file, a folder, or postgresql://user@host/name for a team "
        f"(default: {state_folder()})",
    )


def _state_place(given: str | None) -> str:
    """Return the place; StateError where the one that was asked for cannot be used."""
    if given is None:
        return str(state_folder())
    from board.state.place import find_place  # here: SQLAlchemy takes a tenth of a second

    if refusal := find_place(given).refusal:
        raise StateError(refusal)
    return given


def _is_our_cache(folder: Path) -> bool:
    tag = folder / "CACHEDIR.TAG"
    return tag.is_file() and b"trainboard" in tag.read_bytes()[:1000]


def _port(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([kmgt]?)b?", text.strip(), re.ASCII | re.IGNORECASE)
    size = int(float(found[1]) * 1000 ** " kmgt".index(found[2].lower() or " ")) if found else 0
    if size < LEAST_MEMORY:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size such as 500M or 4G, {readable_bytes(LEAST_MEMORY)} at least"
        )
    return size


def _base_path(text: str) -> str:
    path = "/" + text.strip("/")
    if not all(part and part not in (".", "..") and part.isprintable() for part in path.split("/")[1:] if path != "/"):
        raise argparse.ArgumentTypeError(f"{text!r} is no path such as /tools/board")
    return "" if path == "/" else path


if __name__ == "__main__":
    sys.exit(main())
