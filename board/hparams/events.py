"""Hyper-parameters inside a log: the hparams plugin's events, and texts that are a JSON object."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from board.blob_reader import read_value
from board.errors import MalformedValueError, UnknownSeriesError
from board.hparams.files import parse_json
from board.hparams.flat import Value, flatten
from board.model import BlobRef, Kind
from board.storage import LocalStorage
from board.store.run_view import RunView
from writer.format.messages import DecodeError, HParamsPluginData

__all__ = ["Info", "Logged", "logged_refs", "read_logged"]

START_TAG = "_hparams_/session_start_info"
EXPERIMENT_TAG = "_hparams_/experiment"
END_TAG = "_hparams_/session_end_info"
STATUS = {1: "success", 2: "failure", 3: "running"}
# Texts that may be a configuration, by the last part of their tag; others are not read for it.
_CONFIG_TAG = re.compile(
    r"(?:.*/)?((?:[\w-]+[_-])?(?:config|hparams|args|arguments|params|parameters|hyper[_-]?param(?:eter)?s|settings))"
    r"(?:/text_summary)?",
    re.IGNORECASE,
)
_PLAIN = frozenset({"config", "hparams", "args", "arguments", "params", "parameters", "settings", "training_args"})
_FENCE = re.compile(r"\s*```[\w-]*\n(.*)\n```\s*", re.DOTALL)
MAX_TEXT_BYTES = 4 << 20


class Info(NamedTuple):
    """What an experiment's metadata says of a hyper-parameter or of a metric, as TensorBoard shows it."""

    name: str  # of a hyper-parameter, or the tag of a metric
    group: str | None  # of a metric: the sub-run below the trial that logs it, "" the trial itself; else None
    display_name: str
    description: str


class Logged(NamedTuple):
    """What one run's log says of its hyper-parameters."""

    hparams: dict[str, Value]
    texts: dict[str, dict[str, Value]]  # by the tag that they were logged under
    metrics: tuple[str, ...] = ()  # tags that judge the run, as the experiment names them
    status: str = ""  # of the session: success, failure or running
    problems: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()


def logged_refs(view: RunView) -> tuple[tuple[str, Kind, BlobRef], ...]:
    """Find the values that may say something: of each such tag the last one that is visible."""
    found = []
    for (tag, kind), series in view.series.items():
        if kind is Kind.HPARAMS or (kind is Kind.TEXT and _CONFIG_TAG.fullmatch(tag)):
            refs = series.blob_refs()
            shown = [ref for ref, hidden in zip(refs, series.superseded.tolist(), strict=True) if not hidden]
            if shown or refs:
                found.append((tag, kind, (shown or refs)[-1]))
    return tuple(sorted(found, key=lambda one: one[0]))


def read_logged(storage: LocalStorage, folder: str, refs: tuple[tuple[str, Kind, BlobRef], ...]) -> Logged:
    """Read those values; what is damaged is left out and said."""
    hparams: dict[str, Value] = {}
    texts: dict[str, dict[str, Value]] = {}
    metrics: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()
    status = ""
    problems = []
    for tag, kind, ref in refs:
        if kind is Kind.TEXT and ref.length > MAX_TEXT_BYTES:
            problems.append(f"The text {tag!r} has {ref.length} bytes; at most {MAX_TEXT_BYTES} are read.")
            continue
        try:
            value = read_value(storage, folder, ref, kind, tag)
            if kind is Kind.TEXT:
                content = _json_object(value)
                if content is not None:
                    texts[tag] = flatten(content, _prefix(tag))
                continue
            data = HParamsPluginData.FromString(value)
        except (MalformedValueError, UnknownSeriesError) as error:
            problems.append(f"{tag!r}: {error}")
            continue
        except DecodeError:
            problems.append(f"{tag!r} is no message of the hparams plugin.")
            continue
        if tag == START_TAG:
            hparams |= {_name(entry.key): _value(entry.value) for entry in data.session_start_info.hparams}
        elif tag == EXPERIMENT_TAG:
            infos = _infos(data.experiment)
            metrics = tuple(info.name for info in infos if info.group is not None)
        elif tag == END_TAG:
            status = STATUS.get(data.session_end_info.status, "")
    return Logged(hparams, texts, metrics, status, tuple(problems), infos)


def _infos(experiment: Any) -> tuple[Info, ...]:
    found: list[tuple[Any, str, str | None]] = [(info, _name(info.name), None) for info in experiment.hparam_infos]
    found += [(info, _name(info.name.tag), _name(info.name.group)) for info in experiment.metric_infos]
    return tuple(Info(name, group, _name(info.display_name), _name(info.description)) for info, name, group in found)


def _json_object(strings: Any) -> Mapping[str, Any] | None:
    """Return the JSON object that a text is as a whole, fenced as code of Markdown or not; else None."""
    if strings.size != 1:
        return None
    text = str(strings.flat[0])
    fenced = _FENCE.fullmatch(text)
    text = fenced[1] if fenced else text
    if text.lstrip()[:1] != "{":
        return None
    try:
        content = parse_json(text)
    except MalformedValueError:
        return None
    return content if isinstance(content, dict) else None


def _prefix(tag: str) -> str:
    """Return what stands before the names of a text: nothing for the run's own, ``model_config`` for its model's."""
    found = _CONFIG_TAG.fullmatch(tag)
    last = found[1] if found else tag
    return "" if last.lower() in _PLAIN or last.lower().startswith("hyper") else last


def _value(value: Any) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return _name(value.string_value)
    if kind == "bool_value":
        return bool(value.bool_value)
    if kind != "number_value":
        return None
    number = float(value.number_value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _name(data: bytes) -> str:
    return bytes(data).decode("utf-8", "surrogateescape")
