"""The public class: torch's SummaryWriter, each method of which converts, hands over and returns."""

import os
import socket
import time
import weakref
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

from numpy.typing import ArrayLike

from writer.device_values import Coming, HeldArray, resolve, take_array, take_number, take_step
from writer.errors import CONVERSION_ERRORS, UnsupportedValueError
from writer.event_file import EndStatus, EventFile
from writer.event_queue import EventQueue, Media
from writer.histograms import DEFAULT_BINS, histogram_value
from writer.media import image_value
from writer.series import Series
from writer.summaries import NewStyle, encode_event, encode_tag, text_value

__all__ = ["SummaryWriter"]

_SMALL_BYTES = 512  # of memory, beside its own data, that a waiting value takes
_now = time.time


class SummaryWriter:
    """Streams values into a TensorBoard event file, without being felt by the training.

    A drop-in for ``torch.utils.tensorboard.SummaryWriter``. Every ``add_*`` hands its value over and returns;
    threads of the writer's own encode and write. None of them ever raises for a value: one that cannot be logged
    is counted, warned of once a tag through ``logging`` (logger "writer"), and listed in the file's last record.
    What was accepted is in the file ``flush_secs`` later, whatever happens to the process then.

    Common arguments of the methods:
        tag: Name of the series; its group is what stands before the first "/".
        global_step: int64: any kind of integer, tensors included; None is 0.
        walltime: Seconds since the epoch, in place of the moment of the call.

    Arrays and tensors are logged as they are at the moment of the call, and may be changed after it. Tensors may
    lie on any device; the calling thread does not wait for an accelerator.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 0.2,
        filename_suffix: str = "",
        *,
        queue_bytes: int = 64 << 20,
    ) -> None:
        """Begin an event file in ``log_dir``. One that cannot be written is warned of, tried again, and counted.

        Args:
            log_dir: Folder of the run; by default ``runs/<date>_<host><comment>``.
            comment: Appended to the default ``log_dir``.
            purge_step: Points at this step and after, of sessions before this one, are superseded.
            max_queue: Events that may wait before a write is due at once.
            flush_secs: How long fewer may wait, s.
            filename_suffix: Appended to the names of event files.
            queue_bytes: Memory for what waits to be written. An ``add_*`` that finds it full waits while the
                disk makes progress; when it has made none for 2 s, media are dropped, scalars last.
        """
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")  # torch's, in local time
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = log_dir
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        make_file = _FileMaker(os.path.abspath(log_dir), filename_suffix, purge_step)
        self._queue = EventQueue(make_file, queue_bytes=queue_bytes, max_queue=max_queue, flush_s=flush_secs)
        self._scalars = self._queue.scalars
        self._append = self._queue.scalars.append
        self._sub_series: dict[tuple[str, str], Series] = {}
        # A writer that is thrown away without close() does not keep its threads; at exit `process` closes it.
        weakref.finalize(self, self._queue.close_soon).atexit = False

    def get_logdir(self) -> str | os.PathLike[str]:
        """Return the folder of the run, as it was given."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Log one number.

        Args:
            tag: As the class says.
            scalar_value: Number, or array or tensor of one element of any real dtype. Stored as float32.
            global_step: As the class says.
            walltime: Likewise.
            new_style: Store it as a tensor of the plugin ``scalars``, as TensorFlow 2 does.
            double_precision: With ``new_style``, store it as float64.
        """
        if type(scalar_value) is float and type(global_step) is int and walltime is None and not new_style:
            self._append((tag, scalar_value, global_step, _now()))
            if len(self._scalars) >= self._queue.limit:
                self._queue.attend()
        else:
            self._put_number(tag, scalar_value, global_step, walltime, new_style, double_precision)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log several numbers under one tag, each in a sub-run ``<main_tag>_<key>`` of its own, as torch does.

        Args:
            main_tag: The tag in every sub-run; its "/" are "_" in the folder's name.
            tag_scalar_dict: Numbers as ``add_scalar`` takes them, by key.
            global_step: As the class says.
            walltime: Likewise.
        """
        wall_time = _now() if walltime is None else walltime
        try:
            items = list(tag_scalar_dict.items())
        except CONVERSION_ERRORS as error:
            self._queue.losses.refuse(main_tag, error)
            return
        for key, value in items:
            series = self._sub_series.get((main_tag, key))
            if series is None:
                series = Series(f"{main_tag}".replace("/", "_") + f"_{key}", main_tag)
                self._sub_series[main_tag, key] = series
            self._put_number(series, value, global_step, wall_time)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: str | ArrayLike = DEFAULT_BINS,
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log how values are distributed.

        Args:
            tag: As the class says.
            values: Array or tensor of any shape, of integers, floats or booleans; may be empty. NaN and infinite
                values are counted apart: they are in the histogram's ``num``, and in no bucket.
            global_step: As the class says.
            bins: "tensorflow" (edges that grow by a tenth from 1e-12 to 1e20, either sign), another name, a
                number, or edges, as ``numpy.histogram`` takes them.
            walltime: As the class says.
            max_bins: Neighbouring buckets are joined until there are about so many.
        """
        self._put_array(tag, values, global_step, walltime, partial(histogram_value, bins=bins, max_bins=max_bins))

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log an image, as a PNG. Needs Pillow (``pip install 'trainboard[media]'``).

        Args:
            tag: As the class says.
            img_tensor: Array or tensor with as many dimensions as ``dataformats`` has letters; uint8 from 0 to
                255, every other dtype from 0 to 1; 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels.
            global_step: As the class says.
            walltime: Likewise.
            dataformats: Any order of H and W, of C, H and W, or of N, C, H and W.
        """
        self._put_array(tag, img_tensor, global_step, walltime, partial(image_value, dataformats=dataformats))

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Log a batch of images as one grid, eight a row. Needs Pillow.

        Args:
            tag: As the class says.
            img_tensor: As ``add_image``, a batch of N; 1 or 3 channels.
            global_step: As the class says.
            walltime: Likewise.
            dataformats: As ``add_image``.
        """
        self._put_array(tag, img_tensor, global_step, walltime, partial(image_value, dataformats=dataformats))

    def add_text(self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None) -> None:
        """Log a text, shown as Markdown; its series is ``<tag>/text_summary``, as torch's writer names it.

        Args:
            tag: As the class says.
            text_string: Any string; what UTF-8 cannot encode is written as an escape.
            global_step: As the class says.
            walltime: Likewise.
        """
        try:
            if not isinstance(text_string, str):
                raise UnsupportedValueError(f"a text is a string, not {type(text_string).__name__}")
            text = encode_tag(text_string)
            self._put_media(tag, len(text), global_step, walltime, lambda name: text_value(name, text))
        except CONVERSION_ERRORS as error:
            self._queue.losses.refuse(tag, error)

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """Log the computation graph of a torch module, captured by trainboard's own tracer.

        Args:
            model: ``torch.nn.Module``.
            input_to_model: Tensor, or tuple of what its ``forward`` takes.
            verbose: Accepted for torch's sake; nothing is printed.
            use_strict_trace: Likewise; nothing is traced by ``torch.jit``.
        """
        wall_time = _now()
        try:
            from writer import torch_graph  # late: it imports torch

            events = torch_graph.graph_events(torch_graph.capture(model, input_to_model))
            for event in events:
                event.wall_time = wall_time
                payload = event.SerializeToString()
                self._queue.put_media(Media("__run_graph__", len(payload) + _SMALL_BYTES, partial(bytes, payload)))
        except Exception as error:  # any module's forward may have run here
            self._queue.losses.refuse("__run_graph__", error)

    def flush(self) -> None:
        """Wait until all that was logged so far is in the event file; not for a disk that takes nothing."""
        self._queue.flush()

    def close(self) -> None:
        """Write what waits and the end of the file. Closing again does nothing; logging again begins a new file."""
        self._queue.close()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close; the file's end says whether an exception ended the block."""
        is_orderly = exc_type is None or issubclass(exc_type, SystemExit)
        self._queue.close(EndStatus.CLOSED if is_orderly else EndStatus.FAILED)

    def _put_number(
        self,
        series: Series | str,
        value: Any,
        step: Any,
        wall_time: float | None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        try:
            when = _now() if wall_time is None else float(wall_time)
            number: Any = take_number(value)
            if new_style:
                number = NewStyle(number, double_precision)
            self._append((series, number, take_step(step), when))
        except CONVERSION_ERRORS as error:
            self._queue.losses.refuse(series, error)
            return
        if len(self._scalars) >= self._queue.limit:
            self._queue.attend()

    def _put_array(
        self,
        tag: str,
        value: Any,
        step: Any,
        wall_time: float | None,
        make: Callable[[bytes, Any], Any],
    ) -> None:
        try:
            held = take_array(value, self._queue.buffers)
            self._put_media(tag, held.size, step, wall_time, partial(_make_of_held, held, make))
        except CONVERSION_ERRORS as error:
            self._queue.losses.refuse(tag, error)

    def _put_media(self, tag: str, size: int, step: Any, wall_time: float | None, make: Callable[[bytes], Any]) -> None:
        """Queue a value; ``make`` is called with the tag's bytes on the encoder's thread, for a ``Summary.Value``."""
        when = _now() if wall_time is None else float(wall_time)
        if not isinstance(tag, str):
            raise UnsupportedValueError(f"a tag is a string, not {type(tag).__name__}")
        encode = partial(_encode_media, encode_tag(tag), make, take_step(step), when)
        self._queue.put_media(Media(tag, size + _SMALL_BYTES, encode))


class _FileMaker:
    """Makes the event files of a run and its sub-runs. Knows no SummaryWriter, which would then never be let go."""

    def __init__(self, folder: str, suffix: str, purge_step: int | None) -> None:
        self._folder = folder
        self._suffix = suffix
        self._purge_step = purge_step
        self._begun: set[str] = set()

    def __call__(self, sub_run: str) -> EventFile:
        # Once a session: a second file, or a forked child's, would supersede what this session has written.
        purge_step = None if sub_run in self._begun else self._purge_step
        self._begun.add(sub_run)
        folder = os.path.join(self._folder, sub_run) if sub_run else self._folder
        return EventFile(folder, suffix=self._suffix, purge_step=purge_step)


def _make_of_held(held: HeldArray, make: Callable[[bytes, Any], Any], tag: bytes) -> Any:
    try:
        return make(tag, held.read())
    finally:
        held.release()


def _encode_media(tag: bytes, make: Callable[[bytes], Any], step: int | Coming, wall_time: float) -> bytes:
    return encode_event(make(tag), int(resolve(step)), wall_time)
