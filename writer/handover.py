"""Takes values on the training's thread, and hands over the work that makes events of them."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from writer.buffers import HeldArray
from writer.device_values import FIXED_NUMBERS, REAL, Coming, resolve, take_array, take_number, take_step
from writer.errors import CONVERSION_ERRORS
from writer.event_queue import EventQueue
from writer.format.wire import Parts
from writer.lanes import Media
from writer.series import Series, check_tag
from writer.summaries import NewStyle, encode_event, encode_tag

__all__ = ["Handover"]

_SMALL_BYTES = 512  # of memory, beside its own data, that a waiting value takes


class Handover:
    """What every ``add_*`` ends in. Nothing here raises for a value: what cannot be taken is refused and counted.

    ``make`` is always called on the encoder's thread, with the tag as it stands in the file, and returns a
    ``Summary.Value``, or a list of them for one event. ``step`` and ``wall_time`` are as the public methods take them.
    """

    is_silent = False  # whether all of it is thrown away, so that what takes long need not be made

    def __init__(self, queue: EventQueue) -> None:
        """Hand over to this queue."""
        self._queue = queue
        self._append = queue.scalars.append

    def put_number(
        self,
        series: Series | str,
        value: Any,
        step: Any,
        wall_time: float | None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Take one number as ``take_number`` does, for a scalar."""
        try:
            when = time.time() if wall_time is None else float(wall_time)
            number: Any = take_number(value)
            if new_style:
                number = NewStyle(number, double_precision)
            self._append((series, number, take_step(step), when))
        except CONVERSION_ERRORS as error:
            self._queue.losses.refuse(series, error)
            return
        if len(self._queue.scalars) >= self._queue.limit:
            self._queue.attend()

    def put_numbers(self, numbers: dict[str, Any], step: Any, wall_time: float | None) -> None:
        """Take numbers by tag, and the dictionary itself; those that nobody can change are converted later."""
        try:
            when = time.time() if wall_time is None else float(wall_time)
            taken_step = take_step(step)
            if not set(map(type, numbers.values())) <= FIXED_NUMBERS:
                others = {tag: value for tag, value in numbers.items() if type(value) not in FIXED_NUMBERS}
                numbers = {tag: value for tag, value in numbers.items() if tag not in others}
                for tag, value in others.items():
                    self.put_number(tag, value, taken_step, when)
            if numbers:
                self._queue.put_batch(numbers, taken_step, when)
        except CONVERSION_ERRORS as error:
            for tag in numbers:
                self._queue.losses.refuse(tag, error)

    def put_arrays(
        self,
        tag: str,
        make: Callable[..., Any],
        values: Sequence[Any],
        step: Any,
        wall_time: float | None,
        *,
        optional: Sequence[Any] = (),
        dtypes: str = REAL,
    ) -> None:
        """Copy arrays as ``take_array`` does; ``make`` gets them after the tag, then the optional ones or None."""
        held: list[HeldArray | None] = []
        buffers = self._queue.buffers
        size = _SMALL_BYTES
        try:
            when = time.time() if wall_time is None else float(wall_time)
            check_tag(tag)
            # One by one: what was taken is given back where the next one cannot be.
            for value in values:
                array = take_array(value, buffers, dtypes)
                held.append(array)
                size += array.size
            for value in optional:
                if value is None:
                    held.append(None)
                else:
                    array = take_array(value, buffers)
                    held.append(array)
                    size += array.size
            self._queue.put_media(Media(tag, size, _ArraysEvent(tag, make, held, take_step(step), when)))
        except CONVERSION_ERRORS as error:
            _release(held)
            self._queue.losses.refuse(tag, error)

    def put_value(
        self, series: Series | str, make: Callable[[bytes], Any], step: Any, wall_time: float | None, size: int = 0
    ) -> None:
        """Hand over a value that needs no copy; ``size`` is what it keeps in memory, in bytes."""
        try:
            when = time.time() if wall_time is None else float(wall_time)
            tag = series.tag if isinstance(series, Series) else series
            check_tag(tag)
            self.put_event(series, partial(_encode, tag, make, take_step(step), when), size)
        except CONVERSION_ERRORS as error:
            self._queue.losses.refuse(series, error)

    def put_event(self, series: Series | str, encode: Callable[[], Parts | bytes], size: int) -> None:
        """Hand over a whole event; ``encode`` serialises it on the encoder's thread, b"" is none."""
        self._queue.put_media(Media(series, size + _SMALL_BYTES, encode))

    def hold(self, value: Any) -> HeldArray:
        """Copy an array, for ``put_event``.

        Raises:
            Exception: As ``take_array``.
        """
        return take_array(value, self._queue.buffers)

    def refuse(self, series: Series | str, reason: object) -> None:
        """Count a value that cannot be logged, and say why once a tag."""
        self._queue.losses.refuse(series, reason)

    def count_refused(self, series: Series | str) -> None:
        """Count a value that could not be made, where whoever tried has said why."""
        self._queue.losses.add(series)


class _ArraysEvent:
    """What is left to do of a value that was copied."""

    __slots__ = ("_held", "_make", "_step", "_tag", "_wall_time")

    def __init__(
        self, tag: str, make: Callable[..., Any], held: list[HeldArray | None], step: int | Coming, wall_time: float
    ) -> None:
        self._tag = tag
        self._make = make
        self._held = held
        self._step = step
        self._wall_time = wall_time

    def __call__(self) -> Parts:
        try:
            arrays = [None if array is None else array.read() for array in self._held]
            return encode_event(self._make(encode_tag(self._tag), *arrays), int(resolve(self._step)), self._wall_time)
        finally:
            _release(self._held)


def _encode(tag: str, make: Callable[[bytes], Any], step: int | Coming, wall_time: float) -> Parts:
    return encode_event(make(encode_tag(tag)), int(resolve(step)), wall_time)


def _release(held: list[HeldArray | None]) -> None:
    for array in held:
        if array is not None:
            array.release()
