"""``kill -9`` at random moments: what was flushed is there, the rest is young, and nothing torn is followed."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import board
from tests.writer.killed import FLUSH_S
from tests.writer.tensorboard_reader import RustBoard, find_event_files, read_events, rustboard, wait_until
from writer.batch import count_whole

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("TRAINBOARD_KILLS", "40"))
SEED = int(os.environ.get("TRAINBOARD_SEED", "0"))


@pytest.mark.timeout(120 + KILLS)
def test_kill_9_loses_only_the_last_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "tests.writer.killed", str(tmp_path / "logs"), str(KILLS), str(SEED)]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    trainings = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(trainings) == KILLS
    read = {}
    lost_ages = []
    logs = board.open(tmp_path / "logs", cache=False)
    for training in trainings:
        folder, ages = Path(training["folder"]), training["ages"]
        events = []
        for path in find_event_files(folder) if folder.exists() else []:
            events += read_events(path)
            data = path.read_bytes()
            assert count_whole(data, len(data))[0] == len(read_events(path)), path  # the last record alone may be torn
        steps = [event.step for event in events if any(value.tag == b"a" for value in event.summary.value)]
        texts = [event.step for event in events if any(value.tag == b"b/text_summary" for value in event.summary.value)]
        assert steps == list(range(len(steps))), folder  # no holes, nothing twice
        assert texts == list(range(len(texts))), folder
        assert len(steps) >= training["flushed"], folder
        assert not texts or len(texts) >= training["flushed"], folder
        if len(steps) < len(ages):
            lost_ages.append(ages[len(steps)])
        read[folder.name] = steps
        if steps:
            assert logs[folder.name].scalars["a"].step.tolist() == steps
    assert sum(map(bool, read.values())) > KILLS / 10  # the others died before their first value
    # Beside flush_secs, how long a busy machine lets the writer's thread wait.
    assert statistics.median(lost_ages) < FLUSH_S + 0.1
    assert max(lost_ages) < 2.0
    with capsys.disabled():
        print(
            f"\n{KILLS} kills, seed {SEED}: the oldest value that was lost had been logged "
            f"{statistics.median(lost_ages):.3f} s before (median), {max(lost_ages):.3f} s (most); "
            f"flush_secs is {FLUSH_S}"
        )
    with rustboard(tmp_path / "logs", tmp_path) as server:
        wanted = {run: steps for run, steps in read.items() if steps}
        wait_until(lambda: len(server.scalars()) >= len(wanted), 30.0)
        wait_until(lambda: read_steps(server) == wanted, 30.0)


def read_steps(server: RustBoard) -> dict[str, list[int]]:
    """Steps of "a" that TensorBoard has read so far."""
    return {run: [step for step, _ in tags["a"]] for run, tags in server.scalars().items() if "a" in tags}
