"""The process that encodes WebM: a file that is run by itself, and imports nothing of ours."""

import struct
import sys

__all__ = ["HEADER", "LENGTH", "serve"]

HEADER = struct.Struct("<5I")  # frames, height, width, frames a second as a fraction; then the frames, RGB
LENGTH = struct.Struct("<Q")  # of the file that comes back


def serve() -> None:
    """Read one video from the standard input, and write it to the standard output."""
    import io
    from fractions import Fraction

    import av
    import numpy as np

    source, sink = sys.stdin.buffer, sys.stdout.buffer
    count, height, width, numerator, denominator = HEADER.unpack(source.read(HEADER.size))
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=Fraction(numerator, denominator))
        stream.height, stream.width = height, width
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1  # the other cores are the training's
        stream.options = {"crf": "30", "b": "0", "deadline": "good", "cpu-used": "4"}
        for _ in range(count):
            pixels = source.read(height * width * 3)
            if len(pixels) < height * width * 3:
                sys.exit(1)  # the training is gone
            frame = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    data = file.getbuffer()
    sink.write(LENGTH.pack(len(data)))
    sink.write(data)
    sink.flush()


if __name__ == "__main__":
    serve()
