"""The machine's state as scalars: what psutil says for real, and what NVIDIA's library would say."""

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from writer.system_metrics import SystemMetrics, measure

ROOT = Path(__file__).resolve().parents[2]


def test_metrics_come_again_and_again_until_they_are_stopped() -> None:
    found: list[tuple[str, float, int]] = []
    metrics = SystemMetrics(lambda *point: found.append(point), interval_s=0.1)
    until = time.monotonic() + 20
    while len({time for _, _, time in found}) < 2 or len(found) < 10:
        assert time.monotonic() < until
        time.sleep(0.02)
    metrics.stop()
    count = len(found)
    values = {tag: value for tag, value, _ in found}
    assert {
        "system/cpu_percent",
        "system/memory_percent",
        "system/process_cpu_percent",
        "system/process_memory_mib",
        "system/process_threads",
    } <= values.keys()
    assert 1 < values["system/process_memory_mib"] < 64_000
    assert 0 < values["system/memory_percent"] < 100
    assert [step for *_, step in found] == sorted(step for *_, step in found)
    assert len(found) == count


def test_graphics_processors_that_do_not_tell_everything() -> None:
    class NVMLError(Exception):
        pass

    def refuse(*_: object) -> float:
        raise NVMLError

    nvml = SimpleNamespace(  # the surface of NVIDIA's library, which needs a driver
        NVMLError=NVMLError,
        NVML_TEMPERATURE_GPU=0,
        nvmlDeviceGetUtilizationRates=lambda gpu: SimpleNamespace(gpu=10 * gpu),
        nvmlDeviceGetMemoryInfo=lambda gpu: SimpleNamespace(used=2 << 30, total=8 << 30),
        nvmlDeviceGetTemperature=lambda gpu, sensor: 61,
        nvmlDeviceGetPowerUsage=lambda gpu: 250_000 if gpu == 1 else refuse(),
    )
    values = dict(measure((psutil.Process(), nvml, [1, 2])))
    gpus = {tag: value for tag, value in values.items() if "gpu" in tag}
    assert gpus == {
        "system/gpu0/utilization_percent": 10.0,
        "system/gpu0/memory_mib": 2048.0,
        "system/gpu0/memory_percent": 25.0,
        "system/gpu0/temperature_celsius": 61.0,
        "system/gpu0/power_watt": 250.0,
        "system/gpu1/utilization_percent": 20.0,
        "system/gpu1/memory_mib": 2048.0,
        "system/gpu1/memory_percent": 25.0,
        "system/gpu1/temperature_celsius": 61.0,
    }


def test_without_psutil_one_line_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['psutil'] = None\n"
        "from writer.system_metrics import SystemMetrics\n"
        "SystemMetrics(print, 0.1)._thread.join()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr == "system metrics need psutil: pip install 'trainboard[system]'\n"


@pytest.mark.parametrize("module", ["writer.run_facts", "writer.output_capture", "writer.system_metrics"])
def test_importing_the_writer_does_not_import_what_is_asked_for_seldom(module: str) -> None:
    code = f"import sys, writer; print({module!r} in sys.modules, 'psutil' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
