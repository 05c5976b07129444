"""The writer's threads let others run: measured by the processor time for which they hold the GIL at a time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="the probe is C, for Linux"),
    pytest.mark.skipif(sys.version_info >= (3, 14), reason="the probe knows the interpreter's state up to 3.13"),
]


def test_large_values_do_not_keep_the_gil() -> None:
    # Pillow and protobuf would keep it for 2 to 9 ms for each of these pictures.
    command = [
        sys.executable,
        "benchmarks/gil.py",
        "image",
        "tensor",
        "add_many",
        "GIF of",
        "--times",
        "3",
        "--limit",
        "1",
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    held = [line for line in ran.stdout.splitlines() if "encoder" in line]
    assert held, "the probe has seen nothing"
