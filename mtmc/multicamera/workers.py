"""The work of one camera: decode its images, detect people, and embed crops on request.

The workers of several cameras run in turn here, and in separate processes in `mtmc.multicamera.ray_workers`.
"""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import NamedTuple, NoReturn, Protocol

import numpy as np

from mtmc.sequences import Recording
from mtmc.single.pipeline import Detect
from reid.common.errors import EndedEarly, InputError
from reid.footage.crops import crop
from trackers import Detections

KEPT = 16  # decoded images kept per camera


class Embedder(Protocol):
    """What workers need of an appearance model."""

    def embed(self, images: list[np.ndarray]) -> np.ndarray:
        """The embeddings `(N, D)`, unit rows, of N images `(H, W, 3)` uint8 BGR."""


@dataclass(frozen=True, eq=False)
class CameraJob:
    """What a worker needs to start on any machine: the camera's name, its images, and functions that open a detector and an
    appearance model there, or None."""

    camera: str
    images: Iterable[np.ndarray | None]
    open_detector: Callable[[], Detect | None] | None = None
    open_appearance: Callable[[], Embedder | None] | None = None


class Look(NamedTuple):
    """N crops of one image and their embeddings: `embeddings` `(N, D)`, unit rows, `crops`, `(h, w, 3)` uint8 BGR each, and the
    seconds taken to read or draw the crops and to embed them."""

    embeddings: np.ndarray
    crops: list[np.ndarray]
    reading: float
    embedding: float


class Seen(NamedTuple):
    """What a camera saw at one moment: `detections`, None if it did not look, and whether its images have `ended`."""

    detections: Detections | None
    ended: bool = False


class Workers(Protocol):
    """The cameras of a recording, wherever they run."""

    def detections(self) -> Iterator[list[Detections | None]]:
        """Detect people in each frame until all cameras end; one entry per camera, None if it did not look."""

    def look(self, camera: str, frame: int, boxes: np.ndarray) -> Look | None:
        """Crop and embed `boxes` `(N, 4)` in a camera's frame; None if its images ended, or the camera does not answer."""


class CameraWorker:
    """Processes the frames of one camera, numbered from 0; request them in order for speed.

    The last `KEPT` images are kept; for an earlier one the recording is read from the beginning again, as by a replacement
    worker.
    """

    def __init__(self, job: CameraJob):
        self._job = job
        detector = job.open_detector() if job.open_detector else None
        appearance = job.open_appearance() if job.open_appearance else None
        self._detect: Detect = _refuse if detector is None else detector
        self._embed: Callable[[list[np.ndarray]], np.ndarray] = _refuse if appearance is None else appearance.embed
        self._running: Iterator[np.ndarray | None] = iter(())
        self._next: int | None = None
        self._kept: deque[tuple[int, np.ndarray | None]] = deque(maxlen=KEPT)
        self._short = False  # whether that detections go on after the images has been told

    def detect(self, frame: int) -> Seen:
        """The people in that frame, if the camera looked. Raises `InputError` for an image that does not decode."""
        if not self._advance(frame):
            return Seen(None, ended=True)
        image = self._image(frame)
        return Seen(None if image is None else self._detect(image))

    def look(self, frame: int, boxes: np.ndarray) -> Look | None:
        """Crop and embed `boxes` `(N, 4)` xyxy in that frame; image sources that can draw single crops draw only those.

        None after the images have ended; the first time, an `EndedEarly` warning tells it. Raises `InputError` for an image that
        is missing or does not decode.
        """
        start = perf_counter()
        if hasattr(self._job.images, "crops"):
            crops = self._job.images.crops(frame, boxes)
        else:
            if not self._advance(frame):
                self._tell_short(frame)
                return None
            if (image := self._image(frame)) is None:
                raise InputError(f"{self._job.camera}: detections in frame {frame + 1}, of which there is no image")
            crops = crop(image, boxes)
        read = perf_counter()
        return Look(self._embed(crops), crops, read - start, perf_counter() - read)

    def _advance(self, frame: int) -> bool:
        """Decode up to that frame; False if the images end earlier."""
        if any(number == frame for number, _ in self._kept):
            return True
        if self._next is None or frame < self._next:
            self._running, self._next = iter(self._job.images), 0
            self._kept.clear()
        while self._next <= frame:
            try:
                self._kept.append((self._next, next(self._running)))
            except StopIteration:
                return False
            self._next += 1
        return True

    def _tell_short(self, frame: int) -> None:
        if not self._short:
            what = f"the images end at frame {self._next}, but there are detections in frame {frame + 1} and later"
            told = f"{self._job.camera}: {what}; nobody is recognised there: get the whole recording"
            warnings.warn(told, EndedEarly, stacklevel=2)
        self._short = True

    def _image(self, frame: int) -> np.ndarray | None:
        return next(image for number, image in self._kept if number == frame)


def _refuse(_: object) -> NoReturn:
    raise TypeError("this camera's worker was given no detector to find people with, or no appearance model to embed them with")


class LocalWorkers:
    """The cameras of `recording`, in turn in this process, with one `detector` and one `appearance` model for all.

    Raises `InputError` for a camera without images.
    """

    def __init__(self, recording: Recording, detector: Detect | None = None, appearance: Embedder | None = None) -> None:
        images = recording.require_images()
        jobs = (CameraJob(*each, lambda: detector, lambda: appearance) for each in zip(recording.names, images, strict=True))
        self._workers = {job.camera: CameraWorker(job) for job in jobs}

    def detections(self) -> Iterator[list[Detections | None]]:
        """Detect people in each frame until all cameras end; one entry per camera, None if it did not look."""
        for frame in count():
            seen = [worker.detect(frame) for worker in self._workers.values()]
            if all(each.ended for each in seen):
                return
            yield [each.detections for each in seen]

    def look(self, camera: str, frame: int, boxes: np.ndarray) -> Look | None:
        """Crop and embed `boxes` `(N, 4)` in a camera's frame; see `CameraWorker.look`."""
        return self._workers[camera].look(frame, boxes)
