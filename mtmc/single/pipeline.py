"""The single-camera pipeline: from frames, detections and appearance to tracks, frame by frame."""

import time
import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mtmc.sequences import Sequence
from mtmc.single import embedding_cache
from mtmc.single.tracker_config import build_tracker, read_tracker_config
from reid.common.errors import EndedEarly, InputError
from reid.common.read_ahead import read_ahead
from trackers import Detections, Tracker, Tracks

Appearance = Callable[[np.ndarray, np.ndarray], np.ndarray]
Detect = Callable[[np.ndarray], Detections]

_DEPTH = 8  # decoded images kept ready


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
    disk; `seconds.reid` is then the time originally taken to compute them.
    """

    index: int
    tracks: Tracks
    image: np.ndarray | None
    outside: int
    seconds: StageSeconds
    reid_cached: bool


def track(
    sequence: Sequence,
    tracker: str | Tracker = "motdt",
    appearance: Appearance | None = None,
    images: bool = False,
    cache: Path | None = None,
    detector: Detect | None = None,
) -> Generator[TrackedFrame]:
    """Track a sequence and yield each frame as soon as it is done.

    `tracker` is the name of a file in `configs/trackers/` or a tracker, which is reset. `appearance` is a model from `reid.load`
    or any callable `(frame, boxes (N, 4)) -> (N, D)` unit rows; without it, or with a tracker that uses none, no network runs.
    `detector`, any callable from a BGR image to `Detections`, detects the people in each frame; it replaces the sequence's own
    detections. A thread decodes up to 8 images ahead, only if they are needed; `images=True` requests them. `cache` is a folder
    that stores the embeddings of a model with a `weights_hash` for reuse. Raises `InputError` for a frame that does not decode,
    and one whose size differs from `sequence.image_size`. An `EndedEarly` warning tells of images that end before the sequence or
    its detections do; the frames until then are yielded all the same.
    """
    if appearance is not None and not callable(appearance):
        raise TypeError(
            f"appearance must be a model from reid.load, or any callable (frame, boxes) -> (N, D), not {appearance!r}"
        )
    require_detector(detector)
    if isinstance(tracker, str):
        tracker, _ = build_tracker(read_tracker_config(tracker), appearance)
    tracker.reset()
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
        frames: Iterable[tuple[np.ndarray | None, float]]
        if embeds:
            embed, cached = stack.enter_context(embedding_cache.remembering(appearance, sequence.images, inside, cache))
        if reads or (embeds and not cached):
            frames = stack.enter_context(closing(read_ahead(_timed(sequence.frames()), _DEPTH)))
        else:
            frames = ((None, 0.0) for _ in range(len(inside) if sequence.length is None else sequence.length))
        index = -1
        for index, (image, reading) in enumerate(frames):
            detections, outside, reid, start = _NOTHING, 0, 0.0, time.perf_counter()
            if image is not None:
                _check_size(sequence.name, index, image, size)
                if detector is not None:
                    found = detector(image)
                    detections = _drop_outside(found, size)
                    outside = len(found) - len(detections)
            if index < len(inside):
                detections, outside = inside[index], len(sequence.detections[index]) - len(inside[index])
            detection = time.perf_counter() - start
            if embed is not None and len(detections):
                embeddings, reid = embed(image, detections.boxes)
                detections = detections.with_embeddings(embeddings)
            start = time.perf_counter()
            tracks = tracker.update(detections, image if tracker.needs_image else None)
            seconds = StageSeconds(reading, reid, time.perf_counter() - start, detection)
            yield TrackedFrame(index, tracks, image, outside, seconds, cached)
        if unseen := sum(len(detections) for detections in inside[index + 1 :]):
            what = f"{unseen} of {sum(map(len, inside))} detections lie beyond it; get the whole recording, or delete them"
            warnings.warn(f"{sequence.name}: the images end at frame {index + 1}, but {what}", EndedEarly, stacklevel=2)


def require_detector(detector: object) -> None:
    """Raise `TypeError` unless `detector` is None or callable: the name of a file has to be opened first."""
    if detector is not None and not callable(detector):
        what = "detector must be one from mtmc.open_detector, or any callable from a BGR image to Detections"
        raise TypeError(f"{what}, not {detector!r}")


_NOTHING = Detections(np.empty((0, 4)), np.empty(0))


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


def _timed(images: Generator[np.ndarray]) -> Generator[tuple[np.ndarray, float]]:
    """Each image with its decoding time in seconds."""
    with closing(images):
        start = time.perf_counter()
        for image in images:
            yield image, time.perf_counter() - start
            start = time.perf_counter()
