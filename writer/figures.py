"""Draws matplotlib figures as pixels."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.errors import MissingPackageError
from writer.media import image_value

__all__ = ["draw_figures", "figure_value"]


def draw_figures(figures: Any, *, close: bool) -> tuple[NDArray[np.uint8], str]:
    """Draw one figure, or a list of them of one size.

    It happens on the calling thread: matplotlib allows no other one while the program goes on drawing.

    Args:
        figures: ``matplotlib.figure.Figure``, or a list.
        close: Take them out of pyplot's hands, which would otherwise keep them for ever.

    Returns:
        Pixels with four channels, as ``figure_value`` takes them, and their dataformats: HWC, or NHWC for a list.

    Raises:
        MissingPackageError: matplotlib is not installed.
        Exception: Whatever matplotlib raises for this figure.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # late: the writer works without it
    except ImportError as error:
        raise MissingPackageError("figures need matplotlib: pip install matplotlib") from error
    if isinstance(figures, list):
        return np.stack([_draw(figure, FigureCanvasAgg, close=close) for figure in figures]), "NHWC"
    return _draw(figures, FigureCanvasAgg, close=close), "HWC"


def figure_value(tag: bytes, pixels: NDArray[np.uint8], dataformats: str) -> Any:
    """Make a value with a PNG of what was drawn; it is opaque, as in torch's writer."""
    return image_value(tag, pixels[..., :3], dataformats)


def _draw(figure: Any, canvas_class: Any, *, close: bool) -> NDArray[np.uint8]:
    shown_on = figure.canvas
    try:
        canvas = canvas_class(figure)
        canvas.draw()
        pixels: NDArray[np.uint8] = np.asarray(canvas.buffer_rgba())
    finally:
        figure.set_canvas(shown_on)  # a window that shows the figure goes on showing it
        pyplot = sys.modules.get("matplotlib.pyplot")
        if close and pyplot is not None:
            pyplot.close(figure)
    return pixels
