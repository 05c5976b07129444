"""A long training: what the process keeps does not grow, and nothing is lost."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def test_an_hour_of_logging_keeps_memory_and_descriptors_flat(tmp_path: Path) -> None:
    """1,000 scalars a second for an hour, as fast as it goes; ``benchmarks/soak.py`` has the day."""
    command = [sys.executable, "benchmarks/soak.py", "--scalars", "3600000", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    numbers = {
        name: (float(least), float(most))
        for name, least, most in re.findall(r"(\w+): ([\d.]+) to ([\d.]+) after the first tenth", done.stdout)
    }
    samples = [float(memory) for memory in re.findall(r"scalars +([\d.]+) MiB", done.stdout)]
    assert len(samples) >= 60
    # What is kept for a failing disk fills up to 16 MiB in the first third.
    assert max(samples[30:]) - min(samples[30:]) < 24
    assert numbers["memory_mib"][1] < 220
    assert numbers["descriptors"][1] - numbers["descriptors"][0] <= 1  # one more while it syncs
    assert numbers["threads"][1] - numbers["threads"][0] <= 1
    assert list(tmp_path.iterdir()) == []
