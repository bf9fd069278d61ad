"""Ground positions of the people that several cameras detect at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtmc.calibration import GroundCamera
from trackers import Detections

LEAST_ERROR = 0.5  # pixels: no box is more exact than the grid of pixels it was found on


@dataclass(frozen=True, eq=False)
class Observations:
    """The detections of all cameras at one moment, as flat arrays over the N that lie on the ground.

    `looked` `(C,)` bool marks the cameras that looked at this moment; `camera` `(N,)` int, the index of the camera; `index`
    `(N,)` int, the detection's row within its camera; `ground` `(N, 2)` and `covariances` `(N, 2, 2)` in the cameras' unit;
    `boxes` `(N, 4)` xyxy pixels; `scores` `(N,)`; `heights` `(N,)` in the cameras' unit, NaN where a camera measures none;
    `embeddings` `(N, D)` unit rows, or None.
    """

    looked: np.ndarray
    camera: np.ndarray
    index: np.ndarray
    ground: np.ndarray
    covariances: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    heights: np.ndarray
    embeddings: np.ndarray | None

    def __len__(self) -> int:
        return len(self.camera)

    def select(self, rows: np.ndarray) -> "Observations":
        """The observations at `rows` (indices or a mask), in that order."""
        everything = vars(self).items()
        parts: list[Any] = [None if part is None else part[rows] for name, part in everything if name != "looked"]
        return Observations(self.looked, *parts)


def observe(cameras: Sequence[GroundCamera], detections: Sequence[Detections | None], feet_error: float = 0.05) -> Observations:
    """Locate `detections`, one entry per camera, on the ground.

    A camera that did not look has None: it says nothing, unlike one that saw nobody.

    `feet_error` is the standard deviation of the feet's pixel in either direction, as a share of the box height: detector errors
    are proportional to box size, so the error across the line of sight is the same on the ground wherever a person stands. It is
    at least `LEAST_ERROR` pixels, however small the box.
    Detections that do not meet the ground are dropped. Raises `ValueError` if the lists differ in length, and if only some
    cameras' detections have embeddings.
    """
    if len(cameras) != len(detections):
        raise ValueError(f"detections must have one entry per camera: {len(cameras)}, not {len(detections)}")
    given = [found for found in detections if found is not None]
    counts = np.array([0 if found is None else len(found) for found in detections], dtype=int)
    boxes = np.concatenate([found.boxes for found in given], axis=0) if given else np.empty((0, 4))
    scores = np.concatenate([found.scores for found in given]) if given else np.empty(0)
    ground = np.empty((len(boxes), 2))
    covariances = np.empty((len(boxes), 2, 2))
    heights = np.empty(len(boxes))
    ends = np.cumsum(counts)
    for camera, start, end in zip(cameras, ends - counts, ends, strict=True):
        if start < end:
            part = slice(start, end)
            ground[part], covariances[part], heights[part] = camera.locate(boxes[part], 1.0)
    covariances *= np.square(np.maximum(feet_error * (boxes[:, 3] - boxes[:, 1]), LEAST_ERROR))[:, None, None]
    everyone = Observations(
        np.array([found is not None for found in detections], dtype=bool),
        np.repeat(np.arange(len(cameras)), counts),
        np.arange(len(boxes)) - np.repeat(ends - counts, counts),
        ground,
        covariances,
        boxes,
        scores,
        heights,
        _embeddings([found for found in given if len(found)]),
    )
    return everyone.select(np.all(np.isfinite(ground), axis=1) & np.all(np.isfinite(covariances), axis=(1, 2)))


def _embeddings(detections: list[Detections]) -> np.ndarray | None:
    given = [found.embeddings for found in detections if found.embeddings is not None]
    if not given:
        return None
    if len(given) != len(detections):
        raise ValueError("some cameras' detections have embeddings and others' have none")
    return np.concatenate(given)
