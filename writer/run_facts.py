"""What is worth knowing of a run beside its values, as Markdown: command, code, environment, packages; no secrets."""

import os
import platform
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata

from writer.ranks import find_lineage
from writer.redaction import HIDDEN, hide_in_arguments, hide_in_diff, hide_in_value, hide_secrets, is_secret_name

__all__ = ["FACTS"]

_MAX_DIFF_BYTES = 256 << 10
_GIT_S = 10.0


def _describe_command() -> str:
    arguments = [sys.executable, *sys.orig_argv[1:]] if sys.orig_argv else sys.argv
    rows = [
        ("folder", os.getcwd()),
        ("host", socket.gethostname()),
        ("process", str(os.getpid())),
        ("system", platform.platform()),
        ("Python", platform.python_version()),
        *find_lineage(),
    ]
    return f"{_fence(' '.join(map(_quote, hide_in_arguments(arguments))))}\n\n{_table('', '', rows)}"


def _describe_code() -> str:
    """Return the commit that runs, and what differs from it; "" outside of a git repository."""
    folder = os.path.dirname(os.path.abspath(sys.argv[0])) if sys.argv and sys.argv[0] else os.getcwd()
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return ""
    diff = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv")
    rows = [
        ("commit", commit.strip()),
        ("branch", _git(folder, "rev-parse", "--abbrev-ref", "HEAD").strip()),
        ("from", hide_secrets(_git(folder, "remote", "get-url", "origin").strip())),
        ("changed since", "yes" if diff else "no"),
    ]
    text = _table("", "", rows)
    if diff:
        shown = hide_in_diff(diff[: 2 * _MAX_DIFF_BYTES])  # before it is cut: half a secret is not known to be one
        cut = "" if len(diff) <= _MAX_DIFF_BYTES else f"\n... {len(diff):,} characters in all"
        text += f"\n\n{_fence(shown[:_MAX_DIFF_BYTES] + cut, 'diff')}"
    return text


def _describe_environment() -> str:
    rows = []
    for name, value in sorted(os.environ.items()):
        shown = HIDDEN if is_secret_name(name) else hide_in_value(value)
        rows.append((name, shown))
    return _table("variable", "value", rows)


def _describe_packages() -> str:
    found = {f"{package.name}=={package.version}" for package in metadata.distributions() if package.name}
    return _fence("\n".join(sorted(found, key=str.lower)))


# Tag -> what makes its text. Each may take its time, and runs on a thread of the writer's.
FACTS = {
    "run/command": _describe_command,
    "run/code": _describe_code,
    "run/environment": _describe_environment,
    "run/packages": _describe_packages,
}


def _git(folder: str, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - nothing in it comes from outside of this process
            ["git", "-C", folder, *words],  # noqa: S607 - the user's own git, as on the command line
            capture_output=True,
            timeout=_GIT_S,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def _quote(word: str) -> str:
    """Quote a word for a shell, but for what is hidden in it."""
    return shlex.quote(word.replace(HIDDEN, "_hidden_")).replace("_hidden_", HIDDEN)


def _fence(text: str, language: str = "") -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _table(name: str, value: str, rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join([f"| {name} | {value} |", "|---|---|", *_table_rows(rows)])


def _table_rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for cells in rows:
        escaped = (re.sub(r"([\\`*_{}\[\]<>|~])", r"\\\1", " ".join(cell.split())) for cell in cells)
        yield "| " + " | ".join(escaped) + " |"
