"""Tensors of every kind: what runs on the calling thread, and what is refused rather than waited for.

A GPU is played by torch's fake tensors, which run every operator but the arithmetic, and by a stand-in for streams.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from tests.writer.tensorboard_reader import read_only_file, read_own, read_python
from writer import SummaryWriter
from writer.buffers import Buffers
from writer.device_values import _DeviceCopy, _PinnedCopy, _take_tensor, take_array, take_number
from writer.errors import UnsupportedValueError


class Operators(TorchDispatchMode):
    """Writes down what operators run."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func.overloadpacket.__name__ == "device":  # a fake tensor is asked where it would be
            return func(*args, **kwargs)
        self.calls.append(func.overloadpacket.__name__ + " non_blocking" * bool(kwargs.get("non_blocking")))
        return func(*args, **kwargs)


class Streams:
    """What ``torch.cuda`` is asked, by a thread on some stream of device 1 while device 0 is the current one."""

    def __init__(self, calls: list[str], capturing: int | None = None) -> None:
        self.calls = calls
        self.capturing = capturing
        self.current = 0

    def is_current_stream_capturing(self) -> bool:
        return self.capturing == self.current

    def current_device(self) -> int:
        return self.current

    def device(self, device: Any) -> "Streams":
        self.asked = device.index
        return self

    def __enter__(self) -> None:
        self.current = self.asked

    def __exit__(self, *_: object) -> None:
        self.current = 0

    def current_stream(self, device: Any) -> Any:
        assert device.index == 1
        return SimpleNamespace(cuda_stream=77, device_index=device.index)

    def Event(self) -> Any:  # noqa: N802 (torch's name)
        return SimpleNamespace(record=lambda stream: self.calls.append(f"event on {stream.cuda_stream}"))


@pytest.fixture
def on_gpu() -> Any:
    """Makes tensors on a device that is not there."""
    mode = FakeTensorMode()

    def make(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Any:
        with mode:
            return torch.empty(shape, dtype=dtype, device="cuda:1")

    return make


@pytest.mark.parametrize("shape", [(), (1,), (3, 64, 64)])
def test_nothing_waits_for_a_gpu(on_gpu: Any, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    operators = Operators()
    calls = operators.calls
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda _, stream: calls.append(f"use on {stream.cuda_stream}"))
    stand_in = SimpleNamespace(cuda=Streams(operators.calls), strided=torch.strided)
    value = on_gpu(shape)
    with operators:
        taken = _take_tensor(value, stand_in)
    assert isinstance(taken, _PinnedCopy)
    assert taken.stream == (1, 77)
    assert taken._host.device.type == "cpu"
    # The copy before the event, on the same stream; nothing that brings a value to the host.
    assert operators.calls == ["detach", "_to_copy non_blocking", "use on 77", "event on 77"]


def test_a_conjugate_is_resolved_before_it_leaves_the_gpu(on_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    operators = Operators()
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda self, stream: None)
    value = on_gpu((4,), dtype=torch.complex64)
    with operators:
        taken = _take_tensor(value.conj(), SimpleNamespace(cuda=Streams([]), strided=torch.strided))
    assert not taken._host.is_conj()
    assert operators.calls.index("_to_copy non_blocking") == len(operators.calls) - 1


@pytest.mark.parametrize("capturing", [0, 1])
def test_a_capture_is_left_alone(on_gpu: Any, capturing: int) -> None:
    operators = Operators()
    value = on_gpu(())
    with operators, pytest.raises(UnsupportedValueError, match="CUDA graph is being captured"):
        _take_tensor(value, SimpleNamespace(cuda=Streams(operators.calls, capturing), strided=torch.strided))
    assert operators.calls == ["detach"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2])
def test_what_numpy_has_not_is_converted_later(dtype: torch.dtype) -> None:
    value = torch.arange(40_000).remainder(17).reshape(200, 200).T.to(dtype)
    operators = Operators()
    with operators:
        held = take_array(value, Buffers(1 << 20))
    assert set(operators.calls) <= {"detach", "view", "alias"}  # no arithmetic, no copy but the one into our memory
    expected = value.to(torch.float32).numpy().copy()
    value.zero_()
    assert held.read().dtype == np.float32
    assert np.array_equal(held.read(), expected)


def test_a_copy_on_another_device_is_one_of_this_moment() -> None:
    value = torch.ones(3)
    copy = _DeviceCopy(value.clone(), torch)
    value.zero_()
    assert copy.is_ready()
    assert copy.read().tolist() == [1, 1, 1]


@pytest.mark.filterwarnings("ignore:torch.quantize:UserWarning")
def test_kinds_of_tensors(tmp_path: Path) -> None:
    quantized = torch.quantize_per_tensor(torch.tensor([0.5, 1.0]), 0.5, 0, torch.qint8)
    with torch.inference_mode():
        inferred = torch.tensor(4.0)
    with SummaryWriter(tmp_path) as log:
        log.add_scalar("inferred", inferred, 1)
        log.add_histogram("quantized", quantized, 1)
        log.add_tensor("conjugate", torch.tensor([1 + 2j, 3j]).conj(), 1)
        log.add_histogram("negative", torch.tensor([1 + 2j]).conj().imag, 1)
        log.add_histogram("sparse", torch.eye(3).to_sparse(), 1)
        with torch.no_grad():
            log.add_scalar("parameter", torch.nn.Parameter(torch.tensor(5.0)), 1)
    read = read_python(tmp_path)
    assert [read.Scalars(tag)[0].value for tag in ("inferred", "parameter")] == [4, 5]
    assert read.Histograms("quantized")[0].histogram_value.sum == 1.5
    assert read.Histograms("negative")[0].histogram_value.min == -2
    content = read.Tensors("conjugate")[0].tensor_proto.tensor_content
    assert np.frombuffer(content, np.complex64).tolist() == [1 - 2j, -3j]
    (dropped,) = read_own(read_only_file(tmp_path)[-1]).end.dropped
    assert (dropped.tag, dropped.count) == (b"sparse", 1)


def test_a_part_of_a_distributed_tensor_is_refused(tmp_path: Path) -> None:
    from torch import distributed
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    store = distributed.FileStore(str(tmp_path / "store"), 1)
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        mesh = distributed.init_device_mesh("cpu", (1,))
        whole = distribute_tensor(torch.tensor([2.0]), mesh, [Replicate()])
        assert take_number(whole) == 2.0
        part = distribute_tensor(torch.arange(4.0), mesh, [Shard(0)])
        with pytest.raises(UnsupportedValueError, match="has a part of the tensor"):
            take_array(part, Buffers(0))
    finally:
        distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Dynamo does not know how to trace the builtin:UserWarning")
def test_compiled_code_may_log(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:

        @torch.compile(backend="eager")
        def step(x: Any, number: int) -> Any:
            loss = (x * x).sum()
            log.add_scalar("loss", loss, number)
            log.add_scalar("number", 0.5 * number, number)
            return loss * 2

        assert [float(step(torch.full((4,), float(number)), number)) for number in range(5)] == [0, 8, 32, 72, 128]
    read = read_python(tmp_path)
    assert [(point.step, point.value) for point in read.Scalars("loss")] == [(n, 4.0 * n * n) for n in range(5)]
    assert [point.value for point in read.Scalars("number")] == [0, 0.5, 1, 1.5, 2]
    times = [point.wall_time for point in read.Scalars("number")]
    assert times == sorted(set(times))
