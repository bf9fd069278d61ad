"""Image sources of a sequence: a folder of images, a video file, or a live camera."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from reid.common.errors import InputError

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
VIDEOS = {".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts"}


class PictureFolder:
    """A folder of numbered images, the first one `000001.jpg`; iterating yields `(H, W, 3)` BGR images.

    `length` is the required number of frames, or None to accept any. `numbers` are the image numbers of the frames, in order, if
    they are not 1, 2, 3 and so on. A missing or unreadable image raises `InputError` when it is reached.
    """

    def __init__(self, folder: Path, length: int | None = None, numbers: list[int] | None = None):
        self.folder = folder
        self._pictures = {}
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in PICTURES and (number := re.search(r"(\d+)$", path.stem)):
                self._pictures[int(number[1])] = path
        if numbers is not None:
            found = self._pictures
            self._pictures = {frame: found[number] for frame, number in enumerate(numbers, 1) if number in found}
        if 0 in self._pictures:
            raise InputError(f"{self._pictures[0]}: images must be numbered from 1, like frames; rename them")
        self.empty = not self._pictures
        self.length = length or max(self._pictures, default=0)
        self.frame_rate = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first image, in pixels."""
        number = min(self._pictures)
        height, width = self._read(number).shape[:2]
        return width, height

    @property
    def identity(self) -> str:
        """A hash that changes when an image is added, removed or rewritten."""
        return _identity(self._pictures.values())

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self._read(number) for number in range(1, self.length + 1))

    def _read(self, number: int) -> np.ndarray:
        path = self._pictures.get(number)
        if path is None:
            raise InputError(f"{self.folder}: the image of frame {number} is missing; the sequence must have {self.length}")
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
        if image is None:
            raise InputError(f"{path}: frame {number} does not decode as an image; replace the file")
        return image


class Video:
    """A video file, a camera index or a stream address; iterating yields `(H, W, 3)` BGR images, where frame k is the k-th
    decoded.

    With `exact_length`, a video that ends early raises `InputError`. Without, it ends where decoding ends, and a file that ends
    more than a second before the length in its header raises `InputError` as truncated; estimated lengths are a few frames off.
    The source is opened on first use; `InputError` is raised if it does not open.
    """

    def __init__(self, source: Path | int | str, exact_length: int | None = None):
        self.source = source
        self._exact_length = exact_length

    @property
    def length(self) -> int | None:
        """Frames, as given or from the file's header; None for a live camera."""
        frames = self._exact_length or int(self._header[0])
        return frames if frames > 0 else None

    @property
    def frame_rate(self) -> float | None:
        """Frames per second from the header, or None."""
        rate = self._header[1]
        return rate if 0 < rate < 1000 else None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self._header[2]), int(self._header[3])

    @property
    def identity(self) -> str | None:
        """A hash that changes when the file is rewritten; None for a live camera, whose images cannot be read again."""
        return _identity([self.source]) if isinstance(self.source, Path) else None

    def __iter__(self) -> Iterator[np.ndarray]:
        capture = self._open()
        number = 0
        try:
            while self._exact_length is None or number < self._exact_length:
                decoded, image = capture.read()
                number += 1
                if decoded:
                    yield image
                elif self._exact_length is None:
                    return self._check_end(number - 1)
                else:
                    raise InputError(f"{self.source}: frame {number} of {self._exact_length} does not decode; replace the file")
        finally:
            capture.release()

    def _check_end(self, decoded: int) -> None:
        promised = self.length if isinstance(self.source, Path) else None
        if promised is not None and promised - decoded > (self.frame_rate or 30.0):
            raise InputError(f"{self.source}: the frames end at {decoded} of {promised}: the file is cut short; replace it")

    @cached_property
    def _header(self) -> list[float]:
        capture = self._open()
        fields = cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT
        values = [capture.get(field) for field in fields]
        capture.release()
        return values

    def _open(self) -> cv2.VideoCapture:
        level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # the error is reported below
        try:
            capture = cv2.VideoCapture(self.source if isinstance(self.source, int) else str(self.source))
        finally:
            cv2.utils.logging.setLogLevel(level)
        if not capture.isOpened():
            raise InputError(f"{self.source}: does not open as a video; check the file, the camera index or the address")
        return capture


def _identity(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        status = os.stat(path)
        digest.update(f"{Path(path).resolve()}|{status.st_size}|{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
