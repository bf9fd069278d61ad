"""The single-camera pipeline: from frames, detections and appearance to tracks, frame by frame."""

import time
import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from mtmc.sequences import Sequence
from mtmc.single import embedding_cache
from mtmc.single.answer_check import checked_detections, checked_tracks
from mtmc.single.failures import SKIPPED, UNEMBEDDED, UNREAD, Attempts, Failure, OnError, readable
from mtmc.single.tracker_config import DEFAULT_TRACKER, build_tracker, read_tracker_config
from reid.common.errors import EndedEarly, InputError
from reid.common.read_ahead import read_ahead
from reid.footage.frames import PictureFolder, UnreadableImageError
from trackers import Detections, Tracker, Tracks

Appearance = Callable[[np.ndarray, np.ndarray], np.ndarray]
Detect = Callable[[np.ndarray], Detections]
Image = TypeVar("Image")

_DEPTH = 8  # decoded images kept ready
_NOTHING = Detections(np.empty((0, 4)), np.empty(0))


class StageSeconds(NamedTuple):
    """Seconds per stage for one frame; reading runs in parallel, so they do not add up to the elapsed time."""

    reading: float
    reid: float
    association: float
    detection: float = 0.0


@dataclass(frozen=True)
class TrackedFrame:
    """The result for one frame.

    `index` counts from 0, `tracks` are those shown in this frame, `image` is the BGR frame if it was read, else None. `outside`
    counts the detections dropped because they lie wholly outside the image. `reid_cached` is True if the embeddings came from
    disk; `seconds.reid` is then the time originally taken to compute them. `failures` are those that the frame was skipped for.
    `detections` are those that the tracker got, which `tracks.detection_index` counts.
    """

    index: int
    tracks: Tracks
    image: np.ndarray | None
    outside: int
    seconds: StageSeconds
    reid_cached: bool
    failures: tuple[Failure, ...] = ()
    detections: Detections = _NOTHING


def track(
    sequence: Sequence,
    tracker: str | Tracker = DEFAULT_TRACKER,
    appearance: Appearance | None = None,
    images: bool = False,
    cache: Path | None = None,
    detector: Detect | None = None,
    on_error: OnError = "stop",
) -> Generator[TrackedFrame]:
    """Track a sequence and yield each frame as soon as it is done.

    `tracker` is the name of a file in `configs/trackers/` or a tracker, which is reset. `appearance` is a model from `reid.load`
    or any callable `(frame, boxes (N, 4)) -> (N, D)` unit rows; without it, or with a tracker that uses none, no network runs.
    `detector`, any callable from a BGR image to `Detections`, detects the people in each frame; it replaces the sequence's own
    detections. A thread decodes up to 8 images ahead, only if they are needed; `images=True` requests them. `cache` is a folder
    that stores the embeddings of a model with a `weights_hash` for reuse. An `EndedEarly` warning tells of images that end before
    the sequence or its detections do; the frames until then are yielded all the same.

    Raises `InputError` for a frame that does not decode, one whose size differs from `sequence.image_size`, and, naming the
    frame, where `detector`, `appearance` or the tracker fails or gives what cannot be. With `on_error="skip"` the run goes on and
    the frame tells its `failures`: where an image does not decode or the detector fails, nobody is detected, so that tracks miss
    the frame; where the embeddings fail, people are followed by their boxes. The image is then the one before, at first a black
    one. A tracker that fails has lost its state and ends the run all the same.
    """
    if appearance is not None and not callable(appearance):
        raise TypeError(
            f"appearance must be a model from reid.load, or any callable (frame, boxes) -> (N, D), not {appearance!r}"
        )
    require_detector(detector)
    attempts = Attempts(sequence.name, on_error)
    if isinstance(tracker, str):
        tracker, _ = build_tracker(read_tracker_config(tracker), appearance)
    if not isinstance(tracker, Tracker):
        raise TypeError(f"tracker must be a name or a trackers.Tracker, not {tracker!r}")
    tracker.reset(sequence.frame_rate)
    embeds = appearance is not None and tracker.uses_appearance
    size = sequence.image_size
    reads = images or detector is not None or tracker.needs_image
    if reads or embeds:
        uses = {
            "an appearance model (--reid)": embeds,
            "a detector": detector is not None,
            "a video (--video)": images,
            "a tracker that looks at images": tracker.needs_image,
        }
        pictures = sequence.require_images(", ".join(name for name, used in uses.items() if used))
        size = pictures.size if size is None else size
    inside = [] if detector is not None else [_drop_outside(detections, size) for detections in sequence.detections]
    with ExitStack() as stack:
        embed, cached = None, False
        frames: Iterable[tuple[np.ndarray | UnreadableImageError | None, float]]
        if embeds:
            embed, cached = stack.enter_context(embedding_cache.remembering(appearance, sequence.images, inside, cache))
        if reads or (embeds and not cached):
            frames = stack.enter_context(closing(read_ahead(_timed(attempts.images(sequence.require_images())), _DEPTH)))
        else:
            frames = ((None, 0.0) for _ in range(len(inside) if sequence.length is None else sequence.length))
            if isinstance(sequence.images, PictureFolder):
                sequence.images.check_end()
        index, last = -1, None
        for index, (image, reading) in enumerate(frames):
            failures, outside, reid, start = [], 0, 0.0, time.perf_counter()
            detections = inside[index] if index < len(inside) else _NOTHING
            if isinstance(image, np.ndarray):
                _check_size(sequence.name, index, image, size)
            if detector is not None and image is not None:
                found = attempts.run("the detector", index, SKIPPED, partial(_detected, detector, image))
                if isinstance(found, Failure):
                    failures.append(found)
                else:
                    detections = _drop_outside(found, size)
                    outside = len(found) - len(detections)
            elif index < len(inside):
                outside = len(sequence.detections[index]) - len(detections)
            detection = time.perf_counter() - start
            if embed is not None and len(detections):
                look = partial(_embedded, embed, None if cached else image, detections.boxes)
                embedded = attempts.run("the appearance model", index, UNEMBEDDED, look)
                if isinstance(embedded, Failure):
                    failures.append(embedded)
                else:
                    rows, reid = embedded
                    detections = detections.with_embeddings(rows)
            if isinstance(image, UnreadableImageError):
                if not failures:
                    failures.append(Failure(sequence.name, index, UNREAD, str(image)))
                image = _black(size) if last is None else last
            last = image
            start = time.perf_counter()
            seen = image if tracker.needs_image else None
            tracks = attempts.require("the tracker", index, partial(_tracked, tracker, detections, seen))
            seconds = StageSeconds(reading, reid, time.perf_counter() - start, detection)
            yield TrackedFrame(index, tracks, image, outside, seconds, cached, tuple(failures), detections)
        if unseen := sum(len(detections) for detections in inside[index + 1 :]):
            what = f"{unseen} of {sum(map(len, inside))} detections lie beyond it; get the whole recording, or delete them"
            warnings.warn(f"{sequence.name}: the images end at frame {index + 1}, but {what}", EndedEarly, stacklevel=2)


def require_detector(detector: object) -> None:
    """Raise `TypeError` unless `detector` is None or callable: the name of a file has to be opened first."""
    if detector is not None and not callable(detector):
        what = "detector must be one from mtmc.open_detector, or any callable from a BGR image to Detections"
        raise TypeError(f"{what}, not {detector!r}")


def _detected(detector: Detect, image: np.ndarray | UnreadableImageError) -> Detections:
    return checked_detections(detector(readable(image)))


def _embedded(
    embed: embedding_cache.Embed, image: np.ndarray | UnreadableImageError | None, boxes: np.ndarray
) -> tuple[np.ndarray, float]:
    return embed(None if image is None else readable(image), boxes)


def _tracked(tracker: Tracker, detections: Detections, image: np.ndarray | None) -> Tracks:
    return checked_tracks(tracker.update(detections, image), len(detections))


def _drop_outside(detections: Detections, size: tuple[int, int] | None) -> Detections:
    """Drop the boxes wholly outside an image of `size` (width, height), which have no crop."""
    if size is None:
        return detections
    left, top, right, bottom = detections.boxes.T
    keep = (right > 0) & (bottom > 0) & (left < size[0]) & (top < size[1])
    return detections if keep.all() else detections.select(keep)


def _check_size(name: str, index: int, image: np.ndarray, size: tuple[int, int] | None) -> None:
    found = image.shape[1::-1]
    if size is not None and found != size:
        told = "{}x{}, but seqinfo.ini or the first frame is {}x{}".format(*found, *size)
        raise InputError(f"{name}, frame {index + 1}: the image is {told}; correct one of them")


def _black(size: tuple[int, int] | None) -> np.ndarray | None:
    return None if size is None else np.zeros((size[1], size[0], 3), np.uint8)


def _timed(images: Generator[Image]) -> Generator[tuple[Image, float]]:
    """Each image with its decoding time in seconds."""
    with closing(images):
        start = time.perf_counter()
        for image in images:
            yield image, time.perf_counter() - start
            start = time.perf_counter()
