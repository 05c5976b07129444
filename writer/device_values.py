"""Takes values as they are at the moment of the call: copies what may change, and never waits for an accelerator.

A value on a CUDA (or ROCm) device is copied into pinned memory on the caller's current stream of that device, behind
the work that computes it, and an event after the copy says when it has come: the calling thread launches both and goes
on. The memory is of torch's own cache, which gives a block out again only when the streams that used it are behind it.
Other devices copy on the device, with an event, too, where torch has such for them; the writer's thread reads the copy.
"""

import contextlib
import ctypes
import sys
import threading
import time
from functools import partial
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from writer.buffers import Buffers, HeldArray
from writer.errors import UnsupportedValueError

__all__ = [
    "FIXED_NUMBERS",
    "REAL",
    "Coming",
    "is_coming",
    "resolve",
    "take_array",
    "take_number",
    "take_step",
]

REAL = "biuf"  # numpy's kinds of dtypes with real numbers
_POLL_S = 0.0005
_BITS = {  # types that numpy has not, and others as wide that it has
    "torch.bfloat16": "int16",
    **{f"torch.float8_{kind}": "uint8" for kind in ("e4m3fn", "e4m3fnuz", "e5m2", "e5m2fnuz", "e8m0fnu")},
}
_LARGEST_BYTES = 256 << 20
_NUMBERS = (float, int, np.floating, np.integer)
FIXED_NUMBERS = frozenset({float, int, bool, *(np.dtype(code).type for code in "?bhilqBHILQefd")})  # nobody changes one
_CAPTURE_MODE_RELAXED = 2  # of CUstreamCaptureMode and hipStreamCaptureMode
_calls = threading.local()


class Coming(Protocol):
    """A tensor that is on its way from an accelerator."""

    @property
    def stream(self) -> object:
        """What comes on the same stream comes in the order in which it was taken."""

    def is_ready(self) -> bool:
        """Whether ``read`` returns at once. Raises RuntimeError where the device has failed."""

    def read(self) -> NDArray[Any]:
        """The values, on the host; waits for them."""


def take_number(value: Any) -> "float | Coming":
    """Turn anything that holds one real number into a float, or into one that comes later.

    Args:
        value: Python or numpy number, an array or tensor of one element of any real dtype on any device.

    Raises:
        UnsupportedValueError: It holds more or fewer numbers than one, or none at all.
        Exception: What the value's own conversion raises: ``errors.CONVERSION_ERRORS``.
    """
    if isinstance(value, _NUMBERS):
        return float(value)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        if value.numel() != 1:
            raise UnsupportedValueError(f"one number is wanted, not a tensor of shape {tuple(value.shape)}")
        taken = _take_tensor(value, torch)
        return float(taken.item()) if isinstance(taken, torch.Tensor) else taken
    if isinstance(value, np.ndarray):
        if value.size != 1:
            raise UnsupportedValueError(f"one number is wanted, not an array of shape {value.shape}")
        value = value.reshape(())[()]
    if isinstance(value, complex | np.complexfloating):
        raise UnsupportedValueError("one real number is wanted, not a complex one")
    return float(value)


def take_step(step: Any) -> "int | Coming":
    """Turn ``global_step`` into an int, or into one that comes later; None is 0, as in torch's writer.

    Raises:
        Exception: As ``take_number``.
    """
    if type(step) is int or is_coming(step):  # the latter where it was taken for several values
        return step
    if step is None:
        return 0
    if isinstance(step, int | np.integer):
        return int(step)
    number = take_number(step)
    return int(number) if isinstance(number, float) else number


def take_array(value: Any, buffers: Buffers, dtypes: str = REAL) -> HeldArray:
    """Copy an array or tensor as it is now.

    Args:
        value: numpy array, torch tensor on any device, or what ``numpy.asarray`` takes; any shape.
        buffers: Where the copy lies.
        dtypes: Which kinds of dtypes are taken, in numpy's letters.

    Raises:
        UnsupportedValueError: It holds something else.
        Exception: As ``take_number``.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        size = value.numel() * value.element_size()
        _refuse_large(size)
        taken = _take_tensor(value, torch)
        if not isinstance(taken, torch.Tensor):
            return HeldArray(taken, size)
        if (bits := _BITS.get(str(taken.dtype))) is not None:
            array = taken.view(getattr(torch, bits)).numpy()
            return buffers.copy(array).convert_with(partial(_read_bits, dtype=taken.dtype))
        value = taken.numpy()
    array = np.asarray(value)
    if array.dtype.kind not in dtypes:
        wanted = "real numbers are" if dtypes == REAL else "numbers are"
        raise UnsupportedValueError(f"{wanted} wanted, not {type(value).__name__} of dtype {array.dtype}")
    _refuse_large(array.nbytes)
    return buffers.copy(array)


def resolve(number: "float | int | Coming") -> float:
    """Wait for a number where it has not come yet."""
    return number.read().item() if is_coming(number) else number  # type: ignore[return-value]


def is_coming(value: object) -> TypeGuard[Coming]:
    """Whether ``take_number`` or ``take_step`` gave something to wait for."""
    return isinstance(value, _PinnedCopy | _DeviceCopy)


def _refuse_large(size: int) -> None:
    if size > _LARGEST_BYTES:
        raise UnsupportedValueError(f"{size >> 20} MiB are too many for one value: {_LARGEST_BYTES >> 20} are the most")


def _take_tensor(tensor: Any, torch: Any) -> Any:
    """A CPU tensor as it is, not copied; of one elsewhere a copy that is on its way."""
    tensor = _make_plain(tensor.detach(), torch)
    device = tensor.device
    if device.type == "cpu":
        return tensor
    if device.type == "meta":
        raise UnsupportedValueError("a tensor on the meta device has no values")
    if device.type != "cuda":  # ROCm's devices are called so too
        return _DeviceCopy(tensor.clone(), torch)
    if _is_capturing(device, torch):
        raise UnsupportedValueError("a CUDA graph is being captured: log what its replay has left, after it")
    stream = torch.cuda.current_stream(device)
    host = tensor.to("cpu", non_blocking=True)  # pinned, from torch's cache of such memory
    # Where the tensor was made on another stream, its memory must not be used again before this copy is done.
    tensor.record_stream(stream)
    event = torch.cuda.Event()
    event.record(stream)
    return _PinnedCopy(host, event, (device.index, stream.cuda_stream))


def _make_plain(tensor: Any, torch: Any) -> Any:
    """A tensor whose bytes are its values: no promise of a conjugate, no part of several processes' tensor."""
    distributed = sys.modules.get("torch.distributed.tensor")
    if distributed is not None and isinstance(tensor, distributed.DTensor):
        # To gather it would be for all processes to do, and they do not all log.
        if not all(placement.is_replicate() for placement in tensor.placements):
            raise UnsupportedValueError("this process has a part of the tensor: log its full_tensor() or to_local()")
        tensor = tensor.to_local()
    if tensor.layout is not torch.strided:
        raise UnsupportedValueError("a sparse tensor may not fit where it is dense: log its values() or to_dense()")
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    # On the device: a copy that is on its way could not be conjugated any more.
    return tensor.resolve_conj().resolve_neg()


def _is_capturing(device: Any, torch: Any) -> bool:
    if torch.cuda.is_current_stream_capturing():
        return True
    if device.index == torch.cuda.current_device():
        return False
    with torch.cuda.device(device):
        capturing: bool = torch.cuda.is_current_stream_capturing()
    return capturing


def _view_as_numpy(tensor: Any, torch: Any) -> NDArray[Any]:
    # float32 holds each value of the types that numpy has not.
    array: NDArray[Any] = (tensor.to(torch.float32) if str(tensor.dtype) in _BITS else tensor).numpy()
    return array


def _read_bits(bits: NDArray[Any], dtype: Any) -> NDArray[Any]:
    torch = sys.modules["torch"]
    return _view_as_numpy(torch.from_numpy(bits).view(dtype), torch)


class _PinnedCopy:
    """Being copied into pinned memory; a CUDA event tells when it has come."""

    def __init__(self, host: Any, event: Any, stream: object) -> None:
        self.stream = stream
        self._host = host
        self._event = event

    def is_ready(self) -> bool:
        _allow_during_captures()
        ready: bool = self._event.query()
        return ready

    def read(self) -> NDArray[Any]:
        while not self.is_ready():  # not synchronize(): its waiting thread spins on a core that training may need
            time.sleep(_POLL_S)
        return _view_as_numpy(self._host, sys.modules["torch"])


class _DeviceCopy:
    """Copied on a device other than CUDA's; the writer's thread waits for it."""

    def __init__(self, copy: Any, torch: Any) -> None:
        self.stream = None
        self._copy = copy
        self._event: Any = None
        # The writer's thread has another current stream, which does not wait for this one's work.
        with contextlib.suppress(
            AttributeError, TypeError, RuntimeError
        ):  # before torch 2.5, or no device's of its own
            event = torch.Event(copy.device)
            event.record()
            self._event = event

    def is_ready(self) -> bool:
        return self._event is None or bool(self._event.query())

    def read(self) -> NDArray[Any]:
        while not self.is_ready():
            time.sleep(_POLL_S)
        return _view_as_numpy(self._copy.cpu(), sys.modules["torch"])


def _allow_during_captures() -> None:
    """Let this thread ask for events while another one captures a CUDA graph.

    In CUDA's default mode any thread's query ends such a capture with an error, in the training that captures.
    The mode belongs to the thread (``cuThreadExchangeStreamCaptureMode``); the writer's own ones alone change it.
    """
    if getattr(_calls, "are_allowed", False):
        return
    _calls.are_allowed = True
    for library, name in (
        ("libcuda.so.1", "cuThreadExchangeStreamCaptureMode"),
        ("libamdhip64.so", "hipThreadExchangeStreamCaptureMode"),
    ):
        try:
            ctypes.CDLL(library)[name](ctypes.byref(ctypes.c_int(_CAPTURE_MODE_RELAXED)))
        except (OSError, AttributeError):  # the other maker's, or older than this call
            continue
