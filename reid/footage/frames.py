"""Image sources of a sequence: a folder of images, a video file, or a live camera."""

import hashlib
import logging
import os
import re
import warnings
from collections.abc import Generator, Iterable, Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from time import monotonic

import cv2
import numpy as np

from reid.common.errors import EndedEarly, InputError
from reid.common.picture_file import decode_image, is_cut
from reid.common.pictures import is_picture
from reid.common.read_ahead import read_ahead
from reid.footage.bounds import MOST_FRAMES

VIDEOS = {".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts"}
STALL = 30.0  # seconds without a frame after which a live source has ended
CLOSE = 2  # frames by which the length in a header may be off

_log = logging.getLogger(__name__)


class UnreadableImageError(InputError):
    """An image that is missing or does not decode, raised by an iterator that goes on with the images after it."""


class PictureFolder:
    """A folder of numbered images, the first one `000001.jpg`; iterating yields `(H, W, 3)` BGR images.

    The images are alike in name but for the number (see `numbered_pictures`). `length` is the required number of frames, or None
    to accept any, numbered without a gap. `numbers` are the image numbers of the frames, in order, if they are not 1, 2, 3 and so
    on. A missing or unreadable image raises `UnreadableImageError` when it is reached, and iterating goes on after it. An
    `EndedEarly` warning tells of images that end before `length`.
    """

    def __init__(self, folder: Path, length: int | None = None, numbers: list[int] | None = None):
        self.folder = folder
        self._pictures = numbered_pictures(folder)
        if numbers is not None:
            found = self._pictures
            self._pictures = {frame: found[number] for frame, number in enumerate(numbers, 1) if number in found}
        if 0 in self._pictures:
            raise InputError(f"{self._pictures[0]}: images must be numbered from 1, like frames; rename them")
        self.empty = not self._pictures
        self.length = length or len(self._pictures)
        if after := [path.name for frame, path in sorted(self._pictures.items()) if length and frame > length]:
            told = f"{len(after)} pictures come after the last frame, {length}, and are left out"
            _log.warning("%s: %s: %s", folder, told, _some(after))
        if length is None and (gap := next((n for n in range(1, self.length + 1) if n not in self._pictures), None)):
            beyond = self._pictures[max(self._pictures)].name
            raise InputError(
                f"{folder}: the picture of frame {gap} is missing, but there is {beyond}; number them 1, 2, 3 and on"
            )
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
        return chain(map(self._read, range(1, self._last + 1)), self._end())  # unlike a generator, goes on after an exception

    def check_end(self) -> None:
        """Tell of images that are missing before `length` by an `EndedEarly` warning."""
        if self._last < self.length:
            warnings.warn(_too_few(self.folder, self._last, self.length), EndedEarly, stacklevel=2)

    @property
    def _last(self) -> int:
        return min(self.length, max(self._pictures, default=self.length))

    def _end(self) -> Iterator[np.ndarray]:
        self.check_end()
        return
        yield

    def _read(self, number: int) -> np.ndarray:
        path = self._pictures.get(number)
        if path is None:
            raise UnreadableImageError(
                f"{self.folder}: the image of frame {number} is missing; the sequence must have {self.length}"
            )
        content = path.read_bytes()
        if is_cut(content):
            raise UnreadableImageError(f"{path}: frame {number} is cut off; copy the file again")
        image = decode_image(content)
        if image is None:
            raise UnreadableImageError(f"{path}: frame {number} does not decode as an image; replace the file")
        return image


class Video:
    """A video file, a camera index or a stream address; iterating yields `(H, W, 3)` BGR images, where frame k is the k-th
    decoded.

    It ends where decoding ends, but at the latest at `exact_length`, if given. An `EndedEarly` warning tells when that is before
    `exact_length`, more than `CLOSE` frames before the length in the header (an estimate), or because a live source gave no frame
    for `STALL` seconds. The source is opened on first use; `InputError` is raised if it does not open, or has no frame at all.
    """

    def __init__(self, source: Path | int | str, exact_length: int | None = None):
        self.source = source
        self._exact_length = exact_length

    @property
    def length(self) -> int | None:
        """Frames, as given or as the file's header estimates them; None for a live camera."""
        frames = self._exact_length or int(self._header[0])
        return frames if 0 < frames <= MOST_FRAMES else None

    @property
    def estimated(self) -> bool:
        """Whether `length` is only the header's."""
        return self._exact_length is None and self.length is not None

    def count(self) -> int:
        """The number of frames that decode; reads the whole file."""
        capture, decoded = self._open(), 0
        while capture.grab():
            decoded += 1
        capture.release()
        return decoded

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
        # A thread waits for a live source, since one that stalls must not hold up an interrupt.
        return self._frames() if isinstance(self.source, Path) else read_ahead(self._frames(), 1)

    def _frames(self) -> Generator[np.ndarray]:
        capture = self._open()
        frames, reached, waited = 0, 0.0, 0.0
        try:
            while self._exact_length is None or frames < self._exact_length:
                since = monotonic()
                decoded, image = capture.read()
                waited = max(waited, monotonic() - since)  # of any, since a decoder still has frames when its source stalls
                if not decoded:
                    if told := self._told_early(capture, frames, reached, waited):
                        warnings.warn(told, EndedEarly, stacklevel=2)
                    return
                frames, reached = frames + 1, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                yield image
        finally:
            capture.release()

    def _told_early(self, capture: cv2.VideoCapture, frames: int, reached: float, waited: float) -> str:
        """What to say of an end after `frames`, at `reached` seconds, having `waited` up to so many for one; "" if nothing.

        A header may give the duration and a mean rate only, so a file that reaches its duration is whole.
        """
        if not frames:
            raise InputError(f"{self.source}: not a single frame decodes; replace the file, or check the camera or the address")
        header, rate = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), capture.get(cv2.CAP_PROP_FPS)
        of = f" of {self._exact_length}" if self._exact_length is not None else ""
        if not isinstance(self.source, Path) and waited > 0.9 * STALL:
            way_out = "check the camera and the network"
            return f"{self.source}: stalled after frame {frames}{of}: no other came within {STALL:g} s; {way_out}"
        if self._exact_length is not None:
            return _too_few(self.source, frames, self._exact_length)
        if isinstance(self.source, int):
            return f"camera {self.source}: gives no more frames after frame {frames}; check its connection"
        if header - frames > CLOSE and (rate <= 0 or header - reached * rate > CLOSE + 1):
            return f"{self.source}: the frames end at {frames} of {header} in its header: it broke off; get the whole file"
        return ""

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
            if isinstance(self.source, str):
                capture = cv2.VideoCapture(self.source, cv2.CAP_ANY, [cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(1000 * STALL)])
            else:
                capture = cv2.VideoCapture(self.source if isinstance(self.source, int) else str(self.source))
        finally:
            cv2.utils.logging.setLogLevel(level)
        if not capture.isOpened():
            raise InputError(f"{self.source}: does not open as a video; check the file, the camera index or the address")
        return capture


def choose_images(pictures: Path | None, videos: list[Path], length: int | None) -> PictureFolder | Video | None:
    """The images of a recording of `length` frames (None: as many as there are): the numbered pictures in the folder `pictures`,
    else the one of `videos`, else None. A warning tells which videos are left out for pictures; two videos raise `InputError`.
    """
    found = None if pictures is None else PictureFolder(pictures, length)
    names = ", ".join(path.name for path in videos)
    if found is not None and not found.empty:
        if videos:
            _log.warning("%s holds the recording's pictures: %s is left out", pictures, names)
        return found
    if len(videos) > 1:
        raise InputError(f"{videos[0].parent}: more than one video could be the recording ({names}): leave one")
    return Video(videos[0], length) if videos else None


def videos_in(folder: Path) -> list[Path]:
    """The video files in `folder`, sorted by name, without hidden ones."""
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in VIDEOS and not path.name.startswith(".")]


def numbered_pictures(folder: Path) -> dict[int, Path]:
    """The pictures in `folder` by the number that ends their names; apart from it, and from the suffix, they are named alike.

    Of several such series the longest is the recording's, and a warning tells what is left out; hidden files are never pictures.
    Raises `InputError` where two series are equally long, and where two pictures of one have the same number.
    """
    series: dict[str, list[tuple[int, Path]]] = {}
    left = []
    for path in sorted(folder.iterdir()):
        if is_picture(path):
            if match := re.search(r"(\d+)$", path.stem):
                series.setdefault(path.stem[: match.start()], []).append((int(match[1]), path))
            else:
                left.append(path.name)
    if not series:
        return {}
    first, *others = sorted(series.values(), key=len, reverse=True)
    if others and len(others[0]) == len(first):
        names = f"{first[0][1].name} and {others[0][0][1].name}"
        raise InputError(f"{folder}: there are {len(first)} pictures each like {names}; leave those of the recording")
    left += [path.name for other in others for _, path in other]
    if left:
        _log.warning(
            "%s: %d pictures are not named like %s and are left out: %s", folder, len(left), first[0][1].name, _some(left)
        )
    pictures: dict[int, Path] = {}
    for number, path in first:
        if (other := pictures.setdefault(number, path)) is not path:
            raise InputError(f"{folder}: {other.name} and {path.name} have the same number; leave one")
    return pictures


def _too_few(source: Path | int | str, frames: int, announced: int) -> str:
    return f"{source}: the frames end at {frames} of {announced} that are announced; add the others, or correct the length"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" and so on" if len(names) > 3 else "")


def _identity(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        status = os.stat(path)
        digest.update(f"{Path(path).resolve()}|{status.st_size}|{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
