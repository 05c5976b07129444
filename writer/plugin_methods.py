"""The methods of SummaryWriter for what has a page of its own: graphs, hyper-parameters, curves, meshes, embeddings."""

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import IO, Any

from writer import embeddings, hparams
from writer.custom_scalars import LAYOUT_TAG, extend_layout, layout_value
from writer.errors import CONVERSION_ERRORS
from writer.file_writer import GRAPH_TAG, FileWriter
from writer.format.messages import Layout
from writer.graph_encoding import RUN_GRAPH, graph_events
from writer.graph_log import GraphLog
from writer.media_methods import MediaMethods
from writer.meshes import encode_config, mesh_values
from writer.onnx_graph import onnx_event
from writer.pr_curves import pr_curve_value, raw_pr_curve_value
from writer.series import Series

__all__ = ["PluginMethods"]


class PluginMethods(MediaMethods):
    """The arguments that all methods share are at ``SummaryWriter``."""

    def __init__(self, file_writer: FileWriter) -> None:
        """Begin without charts and embeddings."""
        super().__init__(file_writer)
        self._layout: Any = Layout()
        self._projector = embeddings.Projector(file_writer.folder)
        self._watches: list[Any] = []

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
        *,
        one_run: bool = False,
        typed: bool = False,
    ) -> None:
        """Log the hyper-parameters of a trial and the metrics that judge it, in a sub-run of their own, as torch does.

        Args:
            hparam_dict: Numbers, booleans and strings, by name; what is None is left out.
            metric_dict: Numbers as ``add_scalar`` takes them, by tag.
            hparam_domain_discrete: All values that a hyper-parameter can have, by name.
            run_name: Folder of the sub-run; by default the seconds since the epoch.
            global_step: As the class says.
            one_run: Log them into the run itself, beside its curves; ``run_name`` is not used then.
            typed: Keep booleans as such; torch's writer makes numbers of them.
        """
        handover = self._handover
        try:
            sub_run = "" if one_run else str(run_name or time.time())
            metrics = dict(metric_dict)
            session = hparams.Session.take(hparam_dict, hparam_domain_discrete, metrics, handover.refuse, typed=typed)
        except CONVERSION_ERRORS as error:
            handover.refuse(hparams.START_TAG, error)
            return
        for tag, make in hparams.values_of(session):
            handover.put_value(Series(sub_run, tag), make, global_step, None)
        for tag, value in metrics.items():
            handover.put_number(Series(sub_run, tag) if sub_run else tag, value, global_step, None)

    def add_graph(
        self,
        model: Any,
        input_to_model: Any = None,
        verbose: bool = False,
        use_strict_trace: bool = True,
        *,
        tag: str = RUN_GRAPH,
        global_step: Any = None,
    ) -> None:
        """Log the computation graph of a torch module, captured by trainboard's own tracer, and what its blocks cost.

        Args:
            model: ``torch.nn.Module``.
            input_to_model: Tensor; tuple or list of what its ``forward`` takes; dict of keyword arguments. None logs
                the tree of modules, without operations.
            verbose: Accepted for torch's sake; nothing is printed.
            use_strict_trace: Likewise; nothing is traced by ``torch.jit``.
            tag: Names one of several graphs of a run; the nameless one is the run's own.
            global_step: As the class says.
        """
        if self._handover.is_silent:
            return
        wall_time = time.time()
        try:
            from writer import torch_graph  # late: it imports torch

            captured = torch_graph.capture(model, input_to_model)
            if not captured.nodes and not captured.blocks:
                self._handover.count_refused(GRAPH_TAG)
                return
            step = None if global_step is None else int(global_step)
            for event in graph_events(captured, tag=tag, wall_time=wall_time, step=step):
                payload = event.SerializeToString()
                self._handover.put_event(GRAPH_TAG, partial(bytes, payload), len(payload))
        except Exception as error:  # any module's forward may have run here
            self._handover.refuse(GRAPH_TAG, error)

    def watch(self, model: Any, *, tag: str = RUN_GRAPH, warmup: int = 3, steps: int = 3) -> None:
        """Log the graph of a torch module as the training runs it, and what its blocks cost in time and memory.

        To be called once, before the loop and after ``torch.compile`` or DistributedDataParallel; no example input is
        needed. A real training step is recorded, a few more are timed, forward and backward; then nothing is left on
        the model. What the training computes is the same to the bit. Of compiled code only the whole is timed.

        Args:
            model: ``torch.nn.Module``.
            tag: Names one of several graphs of a run; the nameless one is the run's own.
            warmup: Training steps that are let pass first.
            steps: Training steps that are timed; the time of a block is their median.
        """
        if self._handover.is_silent:
            return
        try:
            from writer.torch_watch import Watch  # late: it imports torch

            write = GraphLog(self._handover, tag)
            self._watches.append(Watch(model, write, warmup=warmup, steps=steps))
        except Exception as error:  # a model can be anything
            self._handover.refuse(GRAPH_TAG, error)

    def _stop_watching(self) -> None:
        while self._watches:
            self._watches.pop().stop()

    def add_onnx_graph(self, prototxt: str | os.PathLike[str] | IO[bytes]) -> None:
        """Log the computation graph of an ONNX file. Needs onnx (``pip install 'trainboard[onnx]'``).

        Args:
            prototxt: Path of the file, or the file opened. It may be removed after the call, but not written to.
        """
        try:
            file = open(prototxt, "rb") if isinstance(prototxt, str | os.PathLike) else prototxt  # noqa: SIM115
            self._handover.put_event(GRAPH_TAG, partial(onnx_event, file, time.time()), 0)
        except CONVERSION_ERRORS as error:
            self._handover.refuse(GRAPH_TAG, error)

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Log points for TensorBoard's projector: files beside the event file, and an entry in their list.

        Args:
            mat: Of shape (points, dimensions).
            metadata: A label for each point: any values, which are made strings; rows of them with a header.
            label_img: A picture for each point, of shape (points, channels, height, width), 1 or 3 channels; uint8
                from 0 to 255, every other dtype from 0 to 1.
            global_step: As the class says.
            tag: Name of the embedding; the same at the same step replaces it.
            metadata_header: Names of the columns of ``metadata``.
        """
        try:
            taken = embeddings.take(self._handover.hold, tag, global_step, mat, metadata, metadata_header, label_img)
            self._handover.put_event(tag, partial(self._projector.write, taken), taken.size)
        except CONVERSION_ERRORS as error:
            self._handover.refuse(tag, error)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log a precision-recall curve.

        Args:
            tag: As the class says.
            labels: What is true: booleans, or 0 and 1, of any shape.
            predictions: As many, from 0 to 1; those outside, and NaN, are left out.
            global_step: As the class says.
            num_thresholds: At equal distances from 0 to 1; 127 at most, as in torch's writer.
            weights: How much each prediction counts: as many, or one for all.
            walltime: As the class says.
        """
        make = partial(pr_curve_value, num_thresholds=num_thresholds)
        self._handover.put_arrays(tag, make, [labels, predictions], global_step, walltime, optional=[weights])

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log a precision-recall curve that was counted already.

        Args:
            tag: As the class says.
            true_positive_counts: One a threshold, as all that follow.
            false_positive_counts: Likewise.
            true_negative_counts: Likewise.
            false_negative_counts: Likewise.
            precision: From 0 to 1.
            recall: Likewise.
            global_step: As the class says.
            num_thresholds: How many there are; 127 at most, as torch's writer says.
            weights: Accepted for torch's sake, which does not use it either.
            walltime: As the class says.
        """
        counts = [true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts]
        make = partial(raw_pr_curve_value, num_thresholds=num_thresholds)
        self._handover.put_arrays(tag, make, [*counts, precision, recall], global_step, walltime)

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Show several scalars as lines of one more chart.

        Args:
            tags: Regular expressions for tags.
            category: Under which the chart stands.
            title: Of the chart.
        """
        self._extend_layout([(category, [(title, ("Multiline", tags))])], replace=False)

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Show a scalar as a line in a band, in one more chart.

        Args:
            tags: Of the value, its lower and its upper bound.
            category: Under which the chart stands.
            title: Of the chart.
        """
        self._extend_layout([(category, [(title, ("Margin", tags))])], replace=False)

    def add_custom_scalars(self, layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """Show several scalars in one chart; charts of all calls are kept, of one title the last.

        Args:
            layout: ``{category: {title: [kind, tags]}}``, with "Multiline" or "Margin" as the kind and tags as the
                two methods above take them.
        """
        self._extend_layout(layout, replace=True)

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Mapping[str, Any] | None = None,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log meshes, or clouds of points where there are no faces.

        Args:
            tag: As the class says.
            vertices: Of shape (meshes, points, 3).
            colors: Of each point, from 0 to 255, of the same shape.
            faces: Of shape (meshes, triangles, 3): indices of points.
            config_dict: Names and settings of three.js classes.
            global_step: As the class says.
            walltime: Likewise.
        """
        try:
            make = partial(mesh_values, config=encode_config(config_dict))
        except CONVERSION_ERRORS as error:
            self._handover.refuse(tag, error)
            return
        self._handover.put_arrays(tag, make, [vertices], global_step, walltime, optional=[colors, faces])

    def _extend_layout(self, added: Any, *, replace: bool) -> None:
        try:
            self._layout = extend_layout(self._layout, added, replace=replace)
        except CONVERSION_ERRORS as error:
            self._handover.refuse(LAYOUT_TAG, error)
            return
        self._handover.put_value(LAYOUT_TAG, partial(layout_value, layout=self._layout), None, None)
