"""An MP4 file, written frame by frame."""

from itertools import count
from pathlib import Path

import cv2
import numpy as np

from reid.common.errors import InputError

LOWEST, HIGHEST = 0.001, 65535  # frames per second; MPEG-4 divides a second into no more parts
_ERROR = 5e-4  # of the frame rate, by which the duration may be off


class VideoWriter:
    """Appends BGR images `(H, W, 3)` uint8, all of the same size, to the MP4 at `path`; the file is playable once closed.

    The codec is MPEG-4 part 2, which every OpenCV build writes. It takes a thousandth of a frame per second at best, so the
    file has the nearest frame rate, and slow ones have each image several times: the duration is right to one part in a thousand.
    `frames` counts the images; without any there is no file. Raises `InputError` for a `frame_rate` that no video has.
    """

    def __init__(self, path: str | Path, frame_rate: float):
        if not LOWEST <= frame_rate <= HIGHEST:
            wanted = f"a video needs {LOWEST:g} to {HIGHEST} frames per second, not {frame_rate:g}"
            raise InputError(f"{path}: {wanted}; correct the recording's frame rate, or run without --video")
        self.path = Path(path)
        self._frame_rate, self._times = _encodable(frame_rate)
        self.frames = 0
        self._writer: cv2.VideoWriter | None = None

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, image: np.ndarray) -> None:
        """Append `image`. Raises `InputError` if this OpenCV build cannot write MP4."""
        if self._writer is None:
            size = image.shape[1], image.shape[0]
            self._writer = cv2.VideoWriter(str(self.path), cv2.VideoWriter.fourcc(*"mp4v"), self._frame_rate, size)
            if not self._writer.isOpened():
                raise InputError(
                    f"{self.path}: this OpenCV build cannot write MP4; install opencv-python, or run without --video"
                )
        for _ in range(self._times):
            self._writer.write(image)
        self.frames += 1

    def close(self) -> None:
        """Finish the file. Raises `InputError` if images are missing from it, since OpenCV reports no failed writes."""
        if self._writer is None or not self._writer.isOpened():
            return
        self._writer.release()
        written = max(0, int(cv2.VideoCapture(str(self.path)).get(cv2.CAP_PROP_FRAME_COUNT))) // self._times
        if written < self.frames:
            raise InputError(f"{self.path}: only {written} of {self.frames} frames were written; is the disk full?")


def _encodable(frame_rate: float) -> tuple[float, int]:
    """The nearest frame rate that OpenCV gives a file unchanged, and how many times each image is then written."""
    candidates = ((_nearest(frame_rate * times), times) for times in count(1))
    return next(
        (rate, times) for rate, times in candidates if abs(_written(rate) - frame_rate * times) <= _ERROR * frame_rate * times
    )


def _nearest(frame_rate: float) -> float:
    """The nearest number of whole frames, tenths, hundredths or thousandths, of which there are at most `HIGHEST`."""
    parts = next(parts for parts in (1000, 100, 10, 1) if round(frame_rate * parts) <= HIGHEST)
    return round(frame_rate * parts) / parts


def _written(frame_rate: float) -> float:
    """What OpenCV's FFmpeg writer makes of a frame rate: a fraction of tenths, hundredths and so on, 0.001 off at most."""
    parts = 1
    while abs(int(frame_rate * parts + 0.5) / parts - frame_rate) > 0.001:
        parts *= 10
    return int(frame_rate * parts + 0.5) / parts
