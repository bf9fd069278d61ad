"""An MP4 file, written frame by frame."""

from pathlib import Path

import cv2
import numpy as np

from reid.common.errors import InputError


class VideoWriter:
    """Appends BGR images `(H, W, 3)` uint8, all of the same size, to the MP4 at `path`; the file is playable once closed.

    The codec is MPEG-4 part 2, which every OpenCV build writes. `frames` counts the images; without any there is no file.
    """

    def __init__(self, path: str | Path, frame_rate: float):
        self.path, self._frame_rate = Path(path), frame_rate
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
        self._writer.write(image)
        self.frames += 1

    def close(self) -> None:
        """Finish the file. Raises `InputError` if images are missing from it, since OpenCV reports no failed writes."""
        if self._writer is None or not self._writer.isOpened():
            return
        self._writer.release()
        written = max(0, int(cv2.VideoCapture(str(self.path)).get(cv2.CAP_PROP_FRAME_COUNT)))
        if written < self.frames:
            raise InputError(f"{self.path}: only {written} of {self.frames} frames were written; is the disk full?")
