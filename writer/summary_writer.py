"""The public class: torch's SummaryWriter, each method of which converts, hands over and returns."""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

from numpy.typing import ArrayLike

from writer.companions import Companions
from writer.device_values import FIXED_NUMBERS, take_number, take_step
from writer.errors import CONVERSION_ERRORS
from writer.event_file import EndStatus
from writer.file_writer import FileWriter
from writer.histograms import DEFAULT_BINS, histogram_value, make_default_edges, raw_histogram_value
from writer.log_values import iter_values
from writer.own_records import make_checkpoint
from writer.plugin_methods import PluginMethods
from writer.ranks import find_job, is_silent_rank, say_silent_once
from writer.resume import Predecessor, find_predecessor
from writer.series import Series, check_tag
from writer.tensors import tensor_value

__all__ = ["SummaryWriter"]

_NUMBERS = "biufc"  # numpy's kinds of dtypes that a tensor can have
_now = time.time


class SummaryWriter(PluginMethods):
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

    Attributes:
        log_dir: Folder of the run, as it was given.
        file_writer: Takes ready-made messages, ``Summary`` and ``Event``, as torch's attribute of this name.
        all_writers: The same, by folder.
        default_bins: What ``add_histogram`` uses for "tensorflow".
        resumed_step: With ``resume``, the greatest step that earlier sessions have logged; None where there is none.
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
        sync_secs: float | None = 30.0,
        resume: str | None = None,
        flush_on: Sequence[str] = (),
        ranks: str | None = None,
        record_run: bool = False,
        capture_output: bool = False,
        system_metrics: bool | float = False,
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
            sync_secs: How long what is in the file may not be on the disk itself, where it outlives the machine's
                power; s. It is synced at the end, too. None leaves both to the system.
            resume: "auto" goes on from what is in ``log_dir``: points that an earlier session has logged at the step of
                its last ``mark_checkpoint`` and after are superseded (``purge_step`` says otherwise); ``log`` counts
                on. Without a ``log_dir`` the folder is named by the job, which SLURM and torchrun keep when they
                start it again. Where nothing is there it is a first session.
            flush_on: Signals, such as "SIGTERM" and "SIGUSR1", on which everything is written at once, before whoever
                handled them does. Without it no signal is touched, and one that kills costs ``flush_secs`` at most.
            ranks: Which processes of a distributed training log: "all", each into a file of its own, or "zero". None
                is all where ``log_dir`` is given, and rank 0 alone where it is not. The others do nothing.
            record_run: Log the command, the git commit and what differs from it, the environment and the versions
                of packages, as texts under ``run/``. What looks like a secret is left out.
            capture_output: Log what is printed, as texts under ``output/``.
            system_metrics: Log processors, memory and graphics processors under ``system/``, every 10 s or as many
                as given. Needs psutil (``pip install 'trainboard[system]'``).

        Raises:
            ValueError: ``ranks``, ``resume`` or ``flush_on`` is none of these, or a number is none.
            TypeError: A number is none.
        """
        if resume not in (None, "auto"):
            raise ValueError(f"resume is 'auto' or None, not {resume!r}")
        is_silent = is_silent_rank(ranks, has_own_folder=bool(log_dir))
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")  # torch's, in local time
            job = find_job() if resume else ""
            log_dir = os.path.join("runs", f"{job or f'{now}_{socket.gethostname()}'}{comment}")
        earlier = find_predecessor(os.path.abspath(os.fsdecode(log_dir))) if resume and not is_silent else Predecessor()
        purge_step = earlier.checkpoint if purge_step is None else purge_step
        self.log_dir = log_dir
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        super().__init__(
            FileWriter(
                log_dir,
                max_queue,
                flush_secs,
                filename_suffix,
                purge_step=purge_step,
                parent=earlier.uuid,
                queue_bytes=queue_bytes,
                sync_secs=sync_secs,
                is_silent=is_silent,
            )
        )
        self.all_writers = {self.file_writer.get_logdir(): self.file_writer}
        self.default_bins: Any = make_default_edges()
        self._queue = self.file_writer.queue
        self._scalars = self._queue.scalars
        self._append = self._queue.scalars.append
        self._sub_series: dict[tuple[str, str], Series] = {}
        self.resumed_step = earlier.last_step
        self._next_step = 0 if earlier.last_step is None else earlier.last_step + 1  # of `log`
        if flush_on and not is_silent:
            from writer.signals import flush_on_signals  # late: seldom asked for

            flush_on_signals(self._queue, flush_on)
        if is_silent:
            say_silent_once()
        elif record_run or capture_output or system_metrics:
            companions = Companions(
                self._handover, record_run=record_run, capture_output=capture_output, system_metrics=system_metrics
            )
            self._queue.before_end = companions.end

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
            self._handover.put_number(tag, scalar_value, global_step, walltime, new_style, double_precision)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
        *,
        one_run: bool = False,
    ) -> None:
        """Log several numbers under one tag, each in a sub-run ``<main_tag>_<key>`` of its own, as torch does.

        Args:
            main_tag: The tag in every sub-run; its "/" are "_" in the folder's name.
            tag_scalar_dict: Numbers as ``add_scalar`` takes them, by key.
            global_step: As the class says.
            walltime: Likewise.
            one_run: Log them into the run itself, as ``<main_tag>/<key>``.
        """
        wall_time = _now() if walltime is None else walltime
        try:
            for key, value in tag_scalar_dict.items():
                series = f"{main_tag}/{key}" if one_run else self._sub_run_series(main_tag, key)
                self._handover.put_number(series, value, global_step, wall_time)
        except CONVERSION_ERRORS as error:
            self._handover.refuse(main_tag, error)

    def add_many(
        self, tag_scalar_dict: Mapping[str, Any], global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Log many numbers at one step, in less time than one by one.

        Args:
            tag_scalar_dict: Numbers as ``add_scalar`` takes them, by tag.
            global_step: As the class says.
            walltime: Likewise.
        """
        try:
            self._handover.put_numbers(dict(tag_scalar_dict), global_step, walltime)
        except CONVERSION_ERRORS as error:
            self._handover.refuse("", error)

    def log(self, data: Mapping[str, Any], step: Any = None) -> None:
        """Log what a dictionary holds, as ``wandb.log`` does.

        Args:
            data: By tag: numbers become scalars, arrays and tensors histograms, strings texts, pictures of Pillow
                images, matplotlib's figures figures. Mappings in it give tags with "/".
            step: Integer; None is one more than that of the last call.
        """
        try:
            number = self._next_step if step is None else take_step(step)
            if isinstance(number, int):  # not one that is still on its way from an accelerator
                self._next_step = number + 1
            numbers: dict[str, Any] = {}
            for method, tag, value in iter_values(data):
                if type(value) in FIXED_NUMBERS and tag not in numbers:
                    numbers[tag] = value
                else:
                    more = {"dataformats": "HWC"} if method == "add_image" else {}
                    getattr(self, method)(tag, value, number, **more)
            if numbers:
                self._handover.put_numbers(numbers, number, None)
        except CONVERSION_ERRORS as error:
            self._handover.refuse("", error)

    def add_tensor(self, tag: str, tensor: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Log a tensor as it is; TensorBoard has no page for it.

        Args:
            tag: As the class says.
            tensor: Array or tensor of any shape, of numbers, complex ones too. bfloat16 and 8-bit floats are stored
                as float32.
            global_step: As the class says.
            walltime: Likewise.
        """
        self._handover.put_arrays(tag, tensor_value, [tensor], global_step, walltime, dtypes=_NUMBERS)

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
        edges = self.default_bins if isinstance(bins, str) and bins == DEFAULT_BINS else bins
        make = partial(histogram_value, bins=edges, max_bins=max_bins)
        self._handover.put_arrays(tag, make, [values], global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: Any,  # noqa: A002 (torch's names)
        max: Any,  # noqa: A002
        num: Any,
        sum: Any,  # noqa: A002
        sum_squares: Any,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log a histogram that was counted already.

        Args:
            tag: As the class says.
            min: Least of all values.
            max: Greatest.
            num: How many there are.
            sum: Of all values.
            sum_squares: Of their squares.
            bucket_limits: Right edge of each bucket, ascending.
            bucket_counts: How many values each one has.
            global_step: As the class says.
            walltime: Likewise.
        """
        given = {"min": min, "max": max, "num": num, "sum": sum, "sum_squares": sum_squares}
        try:
            make = partial(raw_histogram_value, facts={name: take_number(value) for name, value in given.items()})
        except CONVERSION_ERRORS as error:
            self._handover.refuse(tag, error)
            return
        self._handover.put_arrays(tag, make, [bucket_limits, bucket_counts], global_step, walltime)

    def mark_checkpoint(self, global_step: Any, path: str | os.PathLike[str] = "") -> None:
        """Log that a checkpoint was saved: a session with ``resume="auto"`` goes on from it.

        Args:
            global_step: The first step that a training which goes on from the checkpoint will log.
            path: Where the checkpoint is.
        """
        try:
            where = os.fsdecode(path)
        except CONVERSION_ERRORS as error:
            self._handover.refuse("_trainboard_/checkpoint", error)
            return
        self._handover.put_value("_trainboard_/checkpoint", lambda tag: make_checkpoint(where), global_step, None)

    def flush(self, *, sync: bool = False) -> bool:
        """Wait until all that was logged so far is in the event file; not for a disk that takes nothing.

        Args:
            sync: Wait until it is on the disk itself, where it outlives the machine's power.

        Returns:
            Whether it is; False, too, after 30 s.
        """
        return self._queue.flush(sync=sync)

    def close(self) -> None:
        """Write what waits and the end of the file. Closing again does nothing; logging again begins a new file."""
        self._stop_watching()
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
        self._stop_watching()
        is_orderly = exc_type is None or issubclass(exc_type, SystemExit)
        self._queue.close(EndStatus.CLOSED if is_orderly else EndStatus.FAILED)

    def _get_file_writer(self) -> FileWriter:
        """Return ``file_writer``, for programs that ask torch's class in this way."""
        return self.file_writer

    def _sub_run_series(self, main_tag: str, key: str) -> Series:
        series = self._sub_series.get((main_tag, key))
        if series is None:
            check_tag(main_tag)
            series = Series(main_tag.replace("/", "_") + f"_{key}", main_tag)
            self._sub_series[main_tag, key] = series
        return series
