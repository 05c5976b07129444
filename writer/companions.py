"""What logs by itself beside the training, if asked for: facts of the run, its output, the machine's state."""

import threading
from functools import partial
from typing import Any

from writer.handover import Handover
from writer.herald import warn
from writer.summaries import text_value

__all__ = ["Companions"]

_FACTS_S = 10.0


class Companions:
    """Threads that log until ``end``; none of them keeps the writer alive, or lets anything raise."""

    def __init__(
        self, handover: Handover, *, record_run: bool, capture_output: bool, system_metrics: bool | float
    ) -> None:
        """Start what was asked for; the arguments are those of ``SummaryWriter``."""
        self._handover = handover
        self._is_over = False
        self._output: Any = None
        self._metrics: Any = None
        self._facts: threading.Thread | None = None
        if record_run:
            self._facts = threading.Thread(target=self._log_facts, name="trainboard-facts", daemon=True)
            self._facts.start()
        if system_metrics:
            from writer.system_metrics import DEFAULT_INTERVAL_S, SystemMetrics  # late, as the others: seldom asked for

            interval_s = DEFAULT_INTERVAL_S if system_metrics is True else float(system_metrics)
            self._metrics = SystemMetrics(self._add_scalar, interval_s)
        if capture_output:
            from writer.output_capture import OutputCapture

            self._output = OutputCapture(self._add_text)

    def end(self, waits: bool) -> None:
        """Log what is left, and end; where nobody ``waits``, only end: the garbage collector may call at any moment."""
        if self._is_over:
            return
        if waits:
            if self._facts is not None:
                self._facts.join(_FACTS_S)
            if self._output is not None:
                self._output.stop()
            if self._metrics is not None:
                self._metrics.stop()
        self._is_over = True

    def _log_facts(self) -> None:
        try:
            from writer.run_facts import FACTS

            for tag, describe in FACTS.items():
                if text := describe():
                    self._add_text(tag, text, 0)
        except Exception as error:  # a system that cannot say what it is must not end with a traceback of ours
            warn("not all facts of the run could be recorded", exception=error)

    def _add_text(self, tag: str, text: str, step: int) -> None:
        if not self._is_over:
            make = partial(text_value, text=text, plain_tag=True)
            self._handover.put_value(tag, make, step, None, len(text))

    def _add_scalar(self, tag: str, value: float, step: int) -> None:
        if not self._is_over:
            self._handover.put_number(tag, value, step, None)
