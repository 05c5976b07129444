"""TensorBoard's own plugins as judges; a library that they carry along warns when it is imported."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.plugins.custom_scalar.custom_scalars_plugin import CustomScalarsPlugin
    from tensorboard.plugins.pr_curve.pr_curves_plugin import PrCurvesPlugin
    from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin

__all__ = ["CustomScalarsPlugin", "PrCurvesPlugin", "ScalarsPlugin"]
