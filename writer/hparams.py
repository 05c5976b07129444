"""Hyper-parameters of a run, and which metrics judge them, as TensorBoard's table reads them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from writer.device_values import Coming, resolve, take_number
from writer.errors import CONVERSION_ERRORS, UnsupportedValueError
from writer.format.messages import HParamInfo, HParamsPluginData, HParamValue, SessionEndInfo, Summary
from writer.summaries import encode_tag

__all__ = ["START_TAG", "Session", "values_of"]

START_TAG = "_hparams_/session_start_info"

Taken = str | bool | float | Coming
_TYPES = {"string_value": HParamInfo.STRING, "bool_value": HParamInfo.BOOL, "number_value": HParamInfo.FLOAT64}


class Session(NamedTuple):
    """One trial as it was handed over: its hyper-parameters, what values some of them can have, tags of its metrics."""

    hparams: dict[str, Taken]
    domains: dict[str, list[Taken]]
    metrics: list[str]

    @classmethod
    def take(
        cls,
        hparams: Mapping[str, Any],
        domains: Mapping[str, Sequence[Any]] | None,
        metrics: Mapping[str, Any],
        refuse: Callable[[str, object], None],
        *,
        typed: bool,
    ) -> "Session":
        """Take what there is; a value that is no number, boolean, string or None is refused, and the others stay.

        None is left out, as in torch's writer: TensorBoard's table fails on a null, and cannot sort a column of
        numbers by a word.

        Args:
            hparams: Value by name; arrays and tensors of one element are numbers.
            domains: Lists of values by name, of the same types.
            metrics: By tag; only the tags are looked at.
            refuse: Told the tag under which a refused value is counted, and why.
            typed: Keep booleans as such; otherwise they are 0 and 1.
        """
        session = cls({}, {}, list(metrics))
        for name, value in hparams.items():
            try:
                if value is not None:
                    session.hparams[name] = _take(value, typed)
            except CONVERSION_ERRORS as error:
                refuse(f"_hparams_/{name}", error)
        for name, values in (domains or {}).items():
            try:
                if name not in session.hparams or isinstance(values, str):
                    raise UnsupportedValueError("a domain is a list of values, of a hyper-parameter that there is")
                session.domains[name] = [_take(value, typed) for value in values]
            except CONVERSION_ERRORS as error:
                refuse(f"_hparams_/{name}", error)
        return session


def values_of(session: Session) -> list[tuple[str, Callable[[bytes], Any]]]:
    """List what makes a trial in the log, in the order of torch's writer: tag, and what makes its ``Summary.Value``."""
    return [
        ("_hparams_/experiment", partial(_experiment_value, session=session)),
        (START_TAG, partial(_start_value, session=session)),
        ("_hparams_/session_end_info", _end_value),
    ]


def _experiment_value(tag: bytes, session: Session) -> Any:
    """Which hyper-parameters and metrics there are."""
    content = HParamsPluginData()
    content.experiment.SetInParent()
    for name, value in session.hparams.items():
        kind = _encode(value).WhichOneof("kind")
        info = content.experiment.hparam_infos.add(name=encode_tag(name), type=_TYPES[kind])
        if name in session.domains:
            info.domain_discrete.values.extend(map(_encode, session.domains[name]))
    for metric in session.metrics:
        content.experiment.metric_infos.add().name.tag = encode_tag(metric)
    return _value(tag, content)


def _start_value(tag: bytes, session: Session) -> Any:
    """What value each one has."""
    content = HParamsPluginData()
    content.session_start_info.SetInParent()
    for name, value in session.hparams.items():
        content.session_start_info.hparams.add(key=encode_tag(name), value=_encode(value))
    return _value(tag, content)


def _end_value(tag: bytes) -> Any:
    """That the trial succeeded: torch's writer says it at once, too."""
    content = HParamsPluginData()
    content.session_end_info.status = SessionEndInfo.SUCCESS
    return _value(tag, content)


def _take(value: Any, typed: bool) -> Taken:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value) if typed else float(value)
    return take_number(value)


def _encode(value: Taken) -> Any:
    if isinstance(value, str):
        return HParamValue(string_value=encode_tag(value))
    if isinstance(value, bool):
        return HParamValue(bool_value=value)
    return HParamValue(number_value=resolve(value))


def _value(tag: bytes, content: Any) -> Any:
    made = Summary.Value(tag=tag)
    made.metadata.plugin_data.plugin_name = b"hparams"
    made.metadata.plugin_data.content = content.SerializeToString()
    return made
