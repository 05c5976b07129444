"""What TensorBoard itself reads from a logdir, by each of its two back-ends, with sampling off."""

import io
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from PIL import Image
from tensorboard import context
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.data import grpc_provider
from tensorboard.data.proto import data_provider_pb2_grpc
from tensorboard_data_server import server_binary

from writer.format.messages import Event, PluginContent

EVERYTHING = {"scalars": 0, "images": 0, "tensors": 0, "histograms": 0, "compressedHistograms": 0, "audio": 0}
KINDS = ("images", "audio", "histograms", "scalars", "tensors")


def read_python(folder: Path) -> Any:
    """Read one run with TensorBoard's Python reader; every point is kept."""
    return EventAccumulator(str(folder), size_guidance=EVERYTHING, purge_orphaned_data=False).Reload()


def read_tags(folder: Path) -> dict[str, list[str]]:
    """List the tags of one run by kind, kinds without any left out."""
    tags = read_python(folder).Tags()
    return {kind: sorted(tags[kind]) for kind in KINDS if tags[kind]}


def read_events(path: Path) -> list[Any]:
    """Decode all events of a file, framed and checked by TensorBoard."""
    return [Event.FromString(payload) for payload in RawEventFileLoader(str(path)).Load()]


def pixels_of(image: bytes) -> Any:
    """What a PNG shows, which several files can say; anything else as it is."""
    if not image.startswith(b"\x89PNG"):
        return image
    with Image.open(io.BytesIO(image)) as opened:
        return opened.mode, opened.size, opened.tobytes()


def find_event_files(folder: Path) -> list[Path]:
    """List the event files that lie in a folder, in order of name."""
    return sorted(path for path in folder.iterdir() if "tfevents" in path.name)


def read_only_file(folder: Path) -> list[Any]:
    """Decode all events of the one event file that a folder has."""
    (path,) = find_event_files(folder)
    return read_events(path)


def read_own(event: Any) -> Any:
    """Decode what an event says to the plugin "trainboard"."""
    (value,) = event.summary.value
    assert value.metadata.plugin_data.plugin_name == b"trainboard"
    return PluginContent.FromString(value.metadata.plugin_data.content)


class RustBoard:
    """TensorBoard's own client of its data server."""

    def __init__(self, provider: Any, log: Path) -> None:
        """Ask through this provider; the server writes what it meets to ``log``."""
        self._provider = provider
        self._log = log
        self._asked: dict[str, Any] = {"ctx": context.RequestContext(), "experiment_id": ""}

    def runs(self) -> list[str]:
        """Names, sorted."""
        return sorted(run.run_name for run in self._provider.list_runs(**self._asked))

    def plugins(self) -> list[str]:
        """Plugins with data, sorted."""
        return sorted(self._provider.list_plugins(**self._asked))

    def scalars(self) -> dict[str, dict[str, list[tuple[int, float]]]]:
        """Step and value of every point, by run and tag."""
        read = self._provider.read_scalars(**self._asked, plugin_name="scalars", downsample=1 << 30)
        return {
            run: {tag: [(point.step, point.value) for point in points] for tag, points in tags.items()}
            for run, tags in read.items()
        }

    def tensors(self, plugin: str) -> dict[str, dict[str, list[tuple[int, Any]]]]:
        """Step and array of every point, by run and tag."""
        read = self._provider.read_tensors(**self._asked, plugin_name=plugin, downsample=1 << 30)
        return {
            run: {tag: [(point.step, point.numpy) for point in points] for tag, points in tags.items()}
            for run, tags in read.items()
        }

    def images(self) -> dict[str, dict[str, list[tuple[int, list[Any]]]]]:
        """Step and (width, height, pixels) of every point, by run and tag."""
        read = self._provider.read_blob_sequences(**self._asked, plugin_name="images", downsample=1 << 30)
        return {
            run: {
                tag: [
                    (
                        point.step,
                        [
                            pixels_of(self._provider.read_blob(ctx=self._asked["ctx"], blob_key=blob.blob_key))
                            for blob in point.values
                        ],
                    )
                    for point in points
                ]
                for tag, points in tags.items()
            }
            for run, tags in read.items()
        }

    def complaints(self) -> list[str]:
        """Lines of the server's log at level WARN or ERROR."""
        return [line for line in self._log.read_text().splitlines() if " WARN " in line or " ERROR " in line]


@contextmanager
def rustboard(logdir: Path, scratch: Path) -> Iterator[RustBoard]:
    """Serve a logdir with TensorBoard's data server, wait until it has read everything, and ask it."""
    port_file, log = scratch / "port", scratch / "log"
    samples = ",".join(f"{plugin}=all" for plugin in ("scalars", "images", "histograms", "text", "trainboard"))
    arguments = [
        server_binary(),
        f"--logdir={logdir}",
        "--reload=once",
        f"--samples-per-plugin={samples}",
        "--port=0",
        f"--port-file={port_file}",
        "--die-after-stdin",
        "--verbose",
    ]
    with log.open("wb") as stderr, subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=stderr) as server:
        wait_until(lambda: port_file.exists() and port_file.read_text().endswith("\n"))
        wait_until(lambda: "load cycle" in log.read_text().lower().split("finished")[-1])
        with grpc.insecure_channel(f"localhost:{int(port_file.read_text())}") as channel:
            stub = data_provider_pb2_grpc.TensorBoardDataProviderStub(channel)
            yield RustBoard(grpc_provider.GrpcDataProvider("localhost", stub), log)
        server.stdin.close()


def wait_until(is_so: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait for a condition; fail where it has not come true by the deadline."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.005)
