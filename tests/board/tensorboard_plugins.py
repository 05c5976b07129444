"""TensorBoard's own plugins as judges; a library that they carry along warns when it is imported."""

import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins.custom_scalar.custom_scalars_plugin import CustomScalarsPlugin
    from tensorboard.plugins.hparams import api_pb2, list_session_groups
    from tensorboard.plugins.hparams.backend_context import Context
    from tensorboard.plugins.pr_curve.pr_curves_plugin import PrCurvesPlugin
    from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin

__all__ = ["CustomScalarsPlugin", "HParamsBackend", "PrCurvesPlugin", "ScalarsPlugin", "Session"]


class Session(NamedTuple):
    """One row of the table that TensorBoard's hparams page shows."""

    hparams: dict[str, Any]
    metrics: dict[tuple[str, str], tuple[float, int]]  # (group, tag) -> last value, its step
    status: str


class HParamsBackend:
    """The server's side of its hparams page, asked without a server."""

    def __init__(self, logdir: Path) -> None:
        runs = EventMultiplexer(tensor_size_guidance={"scalars": 0, "hparams": 0}).AddRunsFromDirectory(str(logdir))
        provider = MultiplexerDataProvider(runs.Reload(), str(logdir))
        self._context = Context(SimpleNamespace(data_provider=provider))

    def sessions(self) -> dict[str, Session]:
        """Each session by its run's name."""
        statuses = [0, 1, 2, 3]
        request = api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=1000, allowed_statuses=statuses)
        found = list_session_groups.Handler(RequestContext(), self._context, "", request).run()
        names = {1: "success", 2: "failure", 3: "running"}
        return {
            session.name: Session(
                {name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()},
                {
                    (metric.name.group, metric.name.tag): (metric.value, metric.training_step)
                    for metric in session.metric_values
                },
                names.get(session.status, ""),
            )
            for group in found.session_groups
            for session in group.sessions
        }

    def display_names(self) -> dict[tuple[str, str], str]:
        """What metrics are headed with, by group and tag."""
        content = self._context.hparams_metadata(RequestContext(), "")
        provided = self._context.hparams_from_data_provider(RequestContext(), "", None)
        experiment = self._context.experiment_from_metadata(RequestContext(), "", True, content, provided)
        return {(info.name.group, info.name.tag): info.display_name for info in experiment.metric_infos}
