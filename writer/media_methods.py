"""The methods of SummaryWriter for what people look at, listen to and read."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from writer.audio import audio_value
from writer.boxes import boxes_value
from writer.figures import draw_figures
from writer.file_writer import FileWriter
from writer.media import image_value
from writer.summaries import text_value
from writer.video import VIDEO_PREFIX, video_value, webm_value

__all__ = ["MediaMethods"]


class MediaMethods:
    """Images, figures, videos, sounds and texts. The arguments that all methods share are at ``SummaryWriter``."""

    def __init__(self, file_writer: FileWriter) -> None:
        """Hand over to this writer's queue."""
        self.file_writer = file_writer
        self._handover = file_writer.handover

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log an image, as a PNG.

        Args:
            tag: As the class says.
            img_tensor: Array or tensor with as many dimensions as ``dataformats`` has letters; uint8 from 0 to
                255, every other dtype from 0 to 1; 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels.
            global_step: As the class says.
            walltime: Likewise.
            dataformats: Any order of H and W, of C, H and W, or of N, C, H and W.
        """
        make = partial(image_value, dataformats=dataformats)
        self._handover.put_arrays(tag, make, [img_tensor], global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Log a batch of images as one grid, eight a row.

        Args:
            tag: As the class says.
            img_tensor: As ``add_image``, a batch of N; 1 or 3 channels.
            global_step: As the class says.
            walltime: Likewise.
            dataformats: As ``add_image``.
        """
        make = partial(image_value, dataformats=dataformats)
        self._handover.put_arrays(tag, make, [img_tensor], global_step, walltime)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Sequence[str] | None = None,
    ) -> None:
        """Log an image with red boxes drawn on it. Needs Pillow (``pip install 'trainboard[media]'``).

        Args:
            tag: As the class says.
            img_tensor: As ``add_image``.
            box_tensor: Of shape (boxes, 4): left, top, right and bottom edge, in pixels of ``img_tensor``. One that
                is not finite is left out.
            global_step: As the class says.
            walltime: Likewise.
            rescale: Size of the logged picture, as a multiple of the image's.
            dataformats: As ``add_image``.
            labels: A text for each box; not drawn where there are more or fewer of them than boxes.
        """
        texts = labels.copy() if isinstance(labels, list) else labels
        make = partial(boxes_value, rescale=rescale, dataformats=dataformats, labels=texts)
        self._handover.put_arrays(tag, make, [img_tensor, box_tensor], global_step, walltime)

    def add_figure(
        self, tag: str, figure: Any, global_step: Any = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """Log a matplotlib figure as an image.

        The figure is drawn on the calling thread, as matplotlib must be; encoding it is left to the writer's.

        Args:
            tag: As the class says.
            figure: ``matplotlib.figure.Figure``, or a list of them of one size, for a grid.
            global_step: As the class says.
            close: Close the figure, which pyplot would otherwise keep in memory.
            walltime: As the class says.
        """
        try:
            pixels, dataformats = draw_figures(figure, close=close)
        except Exception as error:  # matplotlib has run, and all that the figure holds
            self._handover.refuse(tag, error)
            return
        self.add_image(tag, pixels, global_step, walltime, dataformats)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
        *,
        webm: bool = False,
    ) -> None:
        """Log videos as one animated GIF, side by side. Needs Pillow.

        Args:
            tag: As the class says.
            vid_tensor: Of shape (N, T, C, H, W): videos, frames, 1 (grey) or 3 (RGB) channels, height, width; uint8
                from 0 to 255, every other dtype from 0 to 1.
            global_step: As the class says.
            fps: Frames a second; a GIF is shown with 50 at most.
            walltime: As the class says.
            webm: Log them as a WebM file (VP9), too, of which TensorBoard knows nothing: all colours, any ``fps``, a
                fraction of the bytes. Needs PyAV (``pip install 'trainboard[video]'``).
        """
        self._handover.put_arrays(tag, partial(video_value, fps=fps), [vid_tensor], global_step, walltime)
        if webm:
            make = partial(webm_value, fps=fps)
            self._handover.put_arrays(f"{VIDEO_PREFIX}{tag}", make, [vid_tensor], global_step, walltime)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: float = 44100,
        walltime: float | None = None,
    ) -> None:
        """Log a sound clip, as a WAV file of 16 bits.

        Args:
            tag: As the class says.
            snd_tensor: Of shape (samples,) or (1, samples): one channel. int16 is written as it is; every other
                dtype goes from -1 to 1 and is clipped, NaN is silence.
            global_step: As the class says.
            sample_rate: Hz.
            walltime: As the class says.
        """
        make = partial(audio_value, sample_rate=sample_rate)
        self._handover.put_arrays(tag, make, [snd_tensor], global_step, walltime)

    def add_text(
        self,
        tag: str,
        text_string: str,
        global_step: Any = None,
        walltime: float | None = None,
        *,
        plain_tag: bool = False,
    ) -> None:
        """Log a text, shown as Markdown; its series is ``<tag>/text_summary``, as torch's writer names it.

        Args:
            tag: As the class says.
            text_string: Any string; what UTF-8 cannot encode is written as an escape.
            global_step: As the class says.
            walltime: Likewise.
            plain_tag: Name the series ``tag``, without the ending.
        """
        size = len(text_string) if isinstance(text_string, str) else 0
        make = partial(text_value, text=text_string, plain_tag=plain_tag)
        self._handover.put_value(tag, make, global_step, walltime, size)
