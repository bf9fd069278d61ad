"""The work of one camera: decode its images, detect people, and embed crops on request.

The workers of several cameras run in turn here, and in separate processes in `mtmc.multicamera.ray_workers`.
"""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from time import perf_counter
from typing import NamedTuple, Protocol

import numpy as np

from mtmc.sequences import Recording
from mtmc.single.answer_check import checked_detections, checked_rows
from mtmc.single.failures import SKIPPED, UNEMBEDDED, Attempts, Failure, OnError, SkippedFrames, readable
from mtmc.single.pipeline import Detect
from reid.common.errors import EndedEarly, InputError
from reid.footage.crops import crop
from reid.footage.frames import UnreadableImageError
from trackers import Detections

KEPT = 16  # decoded images kept per camera


class Embedder(Protocol):
    """What workers need of an appearance model."""

    def embed(self, images: list[np.ndarray]) -> np.ndarray:
        """The embeddings `(N, D)`, unit rows, of N images `(H, W, 3)` uint8 BGR."""


@dataclass(frozen=True, eq=False)
class CameraJob:
    """What a worker needs to start on any machine: the camera's name, its images, and functions that open a detector and an
    appearance model there, or None; `on_error` says what becomes of a frame in which one of them fails (see `Attempts`)."""

    camera: str
    images: Iterable[np.ndarray | None]
    open_detector: Callable[[], Detect | None] | None = None
    open_appearance: Callable[[], Embedder | None] | None = None
    on_error: OnError = "stop"


class Look(NamedTuple):
    """N crops of one image and their embeddings: `embeddings` `(N, D)`, unit rows, `crops`, `(h, w, 3)` uint8 BGR each, and the
    seconds taken to read or draw the crops and to embed them."""

    embeddings: np.ndarray
    crops: list[np.ndarray]
    reading: float
    embedding: float


class Seen(NamedTuple):
    """What a camera saw at one moment: `detections`, None if it did not look, whether its images have `ended`, and the `failure`
    that the frame is skipped for."""

    detections: Detections | None
    ended: bool = False
    failure: Failure | None = None


class Workers(Protocol):
    """The cameras of a recording, wherever they run; `skipped` counts the frames in which one failed."""

    skipped: SkippedFrames

    def detections(self) -> Iterator[list[Detections | None]]:
        """Detect people in each frame until all cameras end; one entry per camera, None if it did not look."""

    def look(self, camera: str, frame: int, boxes: np.ndarray) -> Look | None:
        """Crop and embed `boxes` `(N, 4)` in a camera's frame; None if it does not answer, has ended, or the frame is skipped."""


class CameraWorker:
    """Processes the frames of one camera, numbered from 0; request them in order for speed.

    The last `KEPT` images are kept; for an earlier one the recording is read from the beginning again, as by a replacement
    worker.
    """

    def __init__(self, job: CameraJob):
        self._job, self._attempts = job, Attempts(job.camera, job.on_error)
        self._detector = job.open_detector() if job.open_detector else None
        self._appearance = job.open_appearance() if job.open_appearance else None
        self._dimension: int | None = getattr(self._appearance, "dimension", None)
        self._running: Iterator[np.ndarray | UnreadableImageError | None] = iter(())
        self._next: int | None = None
        self._kept: deque[tuple[int, np.ndarray | UnreadableImageError | None]] = deque(maxlen=KEPT)
        self._short = False  # whether that detections go on after the images has been told

    def detect(self, frame: int) -> Seen:
        """The people in that frame, if the camera looked.

        Raises `InputError` for an image that does not decode, or where the detector fails or gives what cannot be; if such frames
        are skipped, the camera did not look.
        """
        if self._detector is None:
            raise TypeError("this camera's worker was given no detector to find people with")
        if not self._advance(frame):
            return Seen(None, ended=True)
        image = self._image(frame)
        if image is None:
            return Seen(None)
        found = self._attempts.run("the detector", frame, SKIPPED, partial(_detected, self._detector, image))
        return Seen(None, failure=found) if isinstance(found, Failure) else Seen(found)

    def look(self, frame: int, boxes: np.ndarray) -> Look | Failure | None:
        """Crop and embed `boxes` `(N, 4)` xyxy in that frame; image sources that can draw single crops draw only those.

        None after the images have ended; the first time, an `EndedEarly` warning tells it. Raises `InputError` for an image that
        is missing, one that does not decode, or where the appearance model fails or gives what cannot be; the last two are a
        `Failure` if such frames are skipped.
        """
        if self._appearance is None:
            raise TypeError("this camera's worker was given no appearance model to embed crops with")
        start = perf_counter()
        cutting = self._cutting(frame, boxes)
        if cutting is None:
            self._tell_short(frame)
            return None
        crops = self._attempts.run("cutting crops", frame, UNEMBEDDED, cutting)
        if isinstance(crops, Failure):
            return crops
        read = perf_counter()
        rows = self._attempts.run("the appearance model", frame, UNEMBEDDED, partial(self._embedded, self._appearance, crops))
        if isinstance(rows, Failure):
            return rows
        return Look(rows, crops, read - start, perf_counter() - read)

    def _cutting(self, frame: int, boxes: np.ndarray) -> Callable[[], list[np.ndarray]] | None:
        """What cuts `boxes` out of that frame; None after the images have ended."""
        if hasattr(self._job.images, "crops"):
            return partial(self._job.images.crops, frame, boxes)
        if not self._advance(frame):
            return None
        if (image := self._image(frame)) is None:
            raise InputError(f"{self._job.camera}: detections in frame {frame + 1}, of which there is no image")
        return lambda: crop(readable(image), boxes)

    def _embedded(self, appearance: Embedder, crops: list[np.ndarray]) -> np.ndarray:
        rows = checked_rows(appearance.embed(crops) if crops else (), len(crops), self._dimension)
        self._dimension = rows.shape[1]
        return rows

    def _advance(self, frame: int) -> bool:
        """Decode up to that frame; False if the images end earlier."""
        if any(number == frame for number, _ in self._kept):
            return True
        if self._next is None or frame < self._next:
            self._running, self._next = self._attempts.images(self._job.images), 0
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

    def _image(self, frame: int) -> np.ndarray | UnreadableImageError | None:
        return next(image for number, image in self._kept if number == frame)


def _detected(detector: Detect, image: np.ndarray | UnreadableImageError) -> Detections:
    return checked_detections(detector(readable(image)))


class LocalWorkers:
    """The cameras of `recording`, in turn in this process, with one `detector` and one `appearance` model for all.

    `on_error` "skip" skips the frames in which a camera fails, and `skipped` counts them. Raises `InputError` for a camera
    without images.
    """

    def __init__(
        self,
        recording: Recording,
        detector: Detect | None = None,
        appearance: Embedder | None = None,
        on_error: OnError = "stop",
    ) -> None:
        cameras = zip(recording.names, recording.require_images(), strict=True)
        jobs = (CameraJob(*each, lambda: detector, lambda: appearance, on_error) for each in cameras)
        self.skipped = SkippedFrames()
        self._workers = {job.camera: CameraWorker(job) for job in jobs}

    def detections(self) -> Iterator[list[Detections | None]]:
        """Detect people in each frame until all cameras end; one entry per camera, None if it did not look."""
        for frame in count():
            seen = [worker.detect(frame) for worker in self._workers.values()]
            if all(each.ended for each in seen):
                return
            for each in seen:
                if each.failure is not None:
                    self.skipped.add(each.failure)
            yield [each.detections for each in seen]

    def look(self, camera: str, frame: int, boxes: np.ndarray) -> Look | None:
        """Crop and embed `boxes` `(N, 4)` in a camera's frame (see `CameraWorker.look`); None after its end, and if skipped."""
        return self.skipped.without(self._workers[camera].look(frame, boxes))
