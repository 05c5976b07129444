"""The same unit tests hold without the compiled files, with the oldest and newest protobuf, and beside TensorBoard."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.packaging, pytest.mark.timeout(600)]


def run_unit_tests(*folders: str, options: tuple[str, ...] = (), **env: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not browser", *options]
    done = subprocess.run([*command, *folders], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_without_the_compiled_files() -> None:
    run_unit_tests("tests/writer/format", "tests/board", TRAINBOARD_PURE="1")


@pytest.mark.parametrize("version", ["5.26.1", "newest"])
def test_with_another_protobuf(version: str, tmp_path: Path) -> None:
    wanted = "protobuf" if version == "newest" else f"protobuf=={version}"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", tmp_path, "--no-deps", wanted], check=True
    )
    run_unit_tests("tests/writer/format", "tests/board/test_corpus.py", PYTHONPATH=str(tmp_path))


def test_in_a_process_that_has_imported_tensorboard(tmp_path: Path) -> None:
    (tmp_path / "tensorboard_first.py").write_text("import tensorboard.compat.proto.event_pb2\n")
    run_unit_tests(
        "tests/writer/format",
        "tests/board/test_corpus.py",
        options=("-p", "tensorboard_first"),
        PYTHONPATH=str(tmp_path),
    )
