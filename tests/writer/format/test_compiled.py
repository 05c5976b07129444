"""A compiled file that an older source made is never used."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import writer.format
from writer.format.compiled import load_compiled

FOLDER = Path(writer.format.__file__).parent
SAY = "from writer.format import records; print(records.ENGINE, records.ENGINE_REASON, sep='|')"


def engine_of(checkout, **environment):
    command = [sys.executable, "-B", "-c", SAY]
    ran = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip().split("|")


@pytest.fixture
def checkout(tmp_path):
    """A copy of the format's files, with what was compiled from them."""
    module, reason = load_compiled("writer.format._records")
    if module is None:
        pytest.skip(reason)
    shutil.copytree(FOLDER, tmp_path / "writer/format", ignore=shutil.ignore_patterns("__pycache__", "*.c"))
    (tmp_path / "writer/__init__.py").write_text("")
    return tmp_path


def test_the_compiled_engine_is_used_where_it_is_fresh(checkout):
    assert engine_of(checkout) == ["compiled", "compiled"]
    for source in (checkout / "writer/format").glob("_records*.p[xy][ix]"):
        source.unlink()  # as in a wheel
    assert engine_of(checkout) == ["compiled", "compiled"]


@pytest.mark.parametrize("name", ["_records.pyx", "_records_wire.pxi", "_records_names.pxi"])
def test_a_changed_source_makes_it_stale(checkout, name):
    with (checkout / "writer/format" / name).open("a") as source:
        source.write("# changed\n")
    engine, reason = engine_of(checkout)
    assert engine == "plain"
    assert "has changed since it was compiled" in reason


def test_plain_python_can_be_asked_for(checkout):
    assert engine_of(checkout, TRAINBOARD_PURE="1") == ["plain", "TRAINBOARD_PURE=1 asks for plain Python"]


def test_without_a_compiled_file_plain_python_serves(checkout):
    for built in (checkout / "writer/format").glob("*.so"):
        built.unlink()
    engine, reason = engine_of(checkout)
    assert engine == "plain"
    assert "not compiled" in reason


def test_the_hash_is_of_all_sources(checkout):
    module, _ = load_compiled("writer.format._records")
    names = ["_records.pyx", *sorted(path.name for path in FOLDER.glob("_records*.pxi"))]
    sources = b"".join((FOLDER / name).read_bytes() for name in names)
    assert hashlib.sha256(sources).hexdigest()[:16] == module.SOURCE_HASH
