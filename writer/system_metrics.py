"""Measures the machine that trains: processors, memory and graphics processors, through psutil and NVIDIA's library."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from writer.errors import MissingPackageError
from writer.herald import warn

__all__ = ["DEFAULT_INTERVAL_S", "SystemMetrics", "measure"]

DEFAULT_INTERVAL_S = 10.0
_LEAST_INTERVAL_S = 0.1
_MIB = 1 << 20


class SystemMetrics:
    """Logs scalars under ``system/`` every few seconds, on a thread of its own, until ``stop``.

    The step is the number of whole seconds since the beginning.
    """

    def __init__(self, add_scalar: Callable[[str, float, int], None], interval_s: float = DEFAULT_INTERVAL_S) -> None:
        """Begin; ``add_scalar`` is called with tag, value and step. A missing package is warned of, once."""
        self._add_scalar = add_scalar
        self._interval_s = max(interval_s, _LEAST_INTERVAL_S)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trainboard-system", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; what is being measured is logged."""
        self._stopping.set()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        began = time.monotonic()
        try:
            sources = _open_sources()
        except MissingPackageError as error:
            warn("%s", error)
            return
        while not self._stopping.wait(self._interval_s):
            step = int(time.monotonic() - began)
            for tag, value in measure(sources):
                self._add_scalar(tag, value, step)


def measure(sources: tuple[Any, Any, list[Any]]) -> Iterator[tuple[str, float]]:
    """Yield tags and values as they are now; what cannot be measured just now is left out."""
    process, nvml, gpus = sources
    import psutil

    yield "system/cpu_percent", psutil.cpu_percent()
    memory = psutil.virtual_memory()
    yield "system/memory_percent", memory.percent
    with suppress(psutil.Error):
        yield "system/process_cpu_percent", process.cpu_percent()
        yield "system/process_memory_mib", process.memory_info().rss / _MIB
        yield "system/process_threads", float(process.num_threads())
    for index, gpu in enumerate(gpus):
        readings: dict[str, Callable[[Any], float]] = {
            "utilization_percent": lambda gpu: nvml.nvmlDeviceGetUtilizationRates(gpu).gpu,
            "memory_mib": lambda gpu: nvml.nvmlDeviceGetMemoryInfo(gpu).used / _MIB,
            "memory_percent": lambda gpu: 100.0 * _share(nvml.nvmlDeviceGetMemoryInfo(gpu)),
            "temperature_celsius": lambda gpu: nvml.nvmlDeviceGetTemperature(gpu, nvml.NVML_TEMPERATURE_GPU),
            "power_watt": lambda gpu: nvml.nvmlDeviceGetPowerUsage(gpu) / 1000.0,
        }
        for name, read in readings.items():
            with suppress(nvml.NVMLError):  # not every card tells everything
                yield f"system/gpu{index}/{name}", float(read(gpu))


def _share(memory: Any) -> float:
    return float(memory.used) / float(memory.total)


def _open_sources() -> tuple[Any, Any, list[Any]]:
    try:
        import psutil
    except ImportError:
        raise MissingPackageError("system metrics need psutil: pip install 'trainboard[system]'") from None
    process = psutil.Process()
    process.cpu_percent()  # the first call has nothing to compare with
    psutil.cpu_percent()
    try:
        import pynvml
    except ImportError:
        return process, None, []
    try:
        pynvml.nvmlInit()
        gpus = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:  # no driver
        return process, None, []
    return process, pynvml, gpus
