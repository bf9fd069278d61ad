"""Alignment of cameras with different clocks and frame rates: a moment has the same number in all of them."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import count, repeat
from typing import TypeVar

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from reid.common.errors import EndedEarly
from reid.footage.detection_text import DetectionFile
from reid.footage.frames import CLOSE, PictureFolder, UnreadableImageError, Video

Rows = TypeVar("Rows", DetectionFile, GroundTruth)


@dataclass(frozen=True)
class Clock:
    """When a camera looks: its own frame k, from 0, is k / `frame_rate` seconds on its clock, which is `offset` seconds ahead.

    A recording has `moment_rate` moments per second, at least as many as the camera has frames. A frame belongs to the nearest
    moment, so no two frames share one, and the error never grows; at the other moments the camera does not look.
    """

    frame_rate: float
    moment_rate: float
    offset: float = 0.0

    def moments(self, frames: np.ndarray | int) -> np.ndarray:
        """The moments `(N,)` int of own `frames` `(N,)`; below 0 before the recording begins."""
        time = np.asarray(frames) * (self.moment_rate / self.frame_rate) - self.offset * self.moment_rate
        return np.floor(time + 0.5).astype(int)

    def frames(self, moments: np.ndarray | int) -> np.ndarray:
        """The own frames `(N,)` int of `moments` `(N,)` at which the camera looks."""
        own = (np.asarray(moments) + self.offset * self.moment_rate) * (self.frame_rate / self.moment_rate)
        return np.ceil(own - 0.5).astype(int)

    def count(self, length: int) -> int:
        """The number of own frames up to the end of a recording of `length` moments."""
        return max(0, int(np.ceil((length - 0.5 + self.offset * self.moment_rate) * (self.frame_rate / self.moment_rate))))

    def due(self, length: int) -> int:
        """The own frames that a recording of `length` moments announces: a camera that is ahead may begin and end earlier."""
        return self.count(length) - int(np.ceil(max(self.offset, 0.0) * self.frame_rate))


class TimedImages:
    """The images of a camera by moment: None while it has not started, and at moments between two of its frames.

    They end with the camera's own, and after `length` moments, if given; an `EndedEarly` warning tells of a stream with fewer.
    Iterating goes on after an `UnreadableImageError`.
    """

    def __init__(self, images: PictureFolder | Video, clock: Clock, length: int | None = None):
        self._images, self._clock, self._length = images, clock, length
        self.frame_rate = clock.moment_rate

    @property
    def length(self) -> int | None:
        """Moments up to the last image; None for a live camera."""
        frames = self._images.length
        moments = self._length if frames is None else max(0, int(self._clock.moments(frames - 1)) + 1)
        return moments if moments is None or self._length is None else min(moments, self._length)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._images.size

    @property
    def identity(self) -> str | None:
        """A hash that changes with the images and with the clock; None for a live camera."""
        identity = self._images.identity
        return None if identity is None else f"{identity}{self._clock}"

    def __iter__(self) -> Iterator[np.ndarray | None]:
        return map(_image, self._moments())  # which, unlike a generator, goes on after an exception

    def _moments(self) -> Iterator[np.ndarray | UnreadableImageError | None]:
        images, following = iter(self._images), 0
        for frame in count():
            try:
                image: np.ndarray | UnreadableImageError = next(images)
            except StopIteration:
                break
            except UnreadableImageError as error:
                image = error
            moment = int(self._clock.moments(frame))
            if moment < 0:
                continue
            if self._length is not None and moment >= self._length:
                return
            yield from repeat(None, moment - following)
            yield image
            following = moment + 1
        self._check_end(frame)

    def _check_end(self, frames: int) -> None:
        if self._images.length is None and isinstance(self._images, Video) and self._length is not None:
            due = self._clock.due(self._length)
            if due - frames > CLOSE:
                what = f"ended after {frames} of {due} frames, as many as seqLength announces"
                warnings.warn(f"{self._images.source}: {what}; check the camera and the network", EndedEarly, stacklevel=3)


def _image(found: np.ndarray | UnreadableImageError | None) -> np.ndarray | None:
    if isinstance(found, UnreadableImageError):
        raise found
    return found


def by_moment(rows: Rows, clock: Clock) -> Rows:
    """`rows` in a camera's own frames, renumbered to moments; those before the first moment are left out."""
    return _renumbered(rows, clock.moments(rows.frames))


def by_own_frame(rows: Rows, clock: Clock) -> Rows:
    """`rows` in moments, renumbered to a camera's own frames; those before its first frame are left out."""
    return _renumbered(rows, clock.frames(rows.frames))


def _renumbered(rows: Rows, frames: np.ndarray) -> Rows:
    kept = frames >= 0
    arrays = {field.name: getattr(rows, field.name) for field in fields(rows)}
    cut = {name: array[kept] for name, array in arrays.items() if isinstance(array, np.ndarray)}
    return replace(rows, **cut | {"frames": frames[kept]})
