"""Where on the ground the people are that several cameras detect at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from trackers import Detections


class GroundCamera(Protocol):
    """A camera whose pixels are tied to the ground plane: `Camera` and `HomographyCamera` of `mtmc.calibration`.

    `image_size` is (width, height) in pixels or None, `unit` names what the ground is measured in and `metric` says whether that
    is metres. Without `has_height` only the ground is calibrated: `project` raises `ValueError`, the heights of `locate` are NaN.
    """

    @property
    def image_size(self) -> tuple[int, int] | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def metric(self) -> bool: ...
    @property
    def has_height(self) -> bool: ...

    def to_ground(self, pixels: np.ndarray) -> np.ndarray:
        """Ground points `(N, 2)` seen at pixels `(N, 2)`, NaN where none is."""

    def ground_covariance(self, pixels: np.ndarray, pixel_error: float) -> np.ndarray:
        """Covariances `(N, 2, 2)` of `to_ground` for an isotropic error of `pixel_error` pixels (standard deviation)."""

    def to_image(self, ground: np.ndarray) -> np.ndarray:
        """Pixels `(N, 2)` of ground points `(N, 2)`, NaN behind the camera."""

    def sees(self, ground: np.ndarray) -> np.ndarray:
        """Whether ground points `(N, 2)` are in view: `(N,)` bool."""

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels `(N, 2)` of points `(N, 3)`, NaN behind the camera."""

    def locate(self, feet: np.ndarray, tops: np.ndarray, pixel_error: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ground points `(N, 2)`, their covariances `(N, 2, 2)` and heights `(N,)` of upright people seen at pixels `(N, 2)`."""


@dataclass(frozen=True, eq=False)
class Observations:
    """The detections of all cameras at one moment, as flat arrays over the N of them that stand on the ground.

    `camera` `(N,)` int, the camera's place in the list given; `index` `(N,)` int, the detection's row within its camera;
    `ground` `(N, 2)` and `covariances` `(N, 2, 2)` in the cameras' unit; `boxes` `(N, 4)` xyxy pixels; `scores` `(N,)`;
    `heights` `(N,)` in the cameras' unit, NaN where a camera knows none; `embeddings` `(N, D)` unit rows, or None.
    """

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
        return Observations(*(None if part is None else part[rows] for part in vars(self).values()))


def observe(cameras: Sequence[GroundCamera], detections: Sequence[Detections], feet_error: float = 0.05) -> Observations:
    """The people that `detections`, one entry a camera, place on the ground; the feet are the middle of a box's lower edge.

    `feet_error` is the standard deviation of the feet's pixel in either direction, as a share of the box's height: detectors err
    in proportion to what they see, and so the error across the line of sight is the same on the ground wherever somebody stands.
    Detections without ground are dropped.
    Raises `ValueError` when the lists differ in length, and when some cameras' detections have embeddings and others' have none.
    """
    if len(cameras) != len(detections):
        raise ValueError(f"{len(cameras)} cameras need as many entries of detections, not {len(detections)}")
    counts = np.array([len(found) for found in detections], dtype=int)
    boxes = np.concatenate([found.boxes for found in detections], axis=0) if len(cameras) else np.empty((0, 4))
    scores = np.concatenate([found.scores for found in detections]) if len(cameras) else np.empty(0)
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    feet, tops = np.column_stack([middles, boxes[:, 3]]), np.column_stack([middles, boxes[:, 1]])
    ground = np.empty((len(boxes), 2))
    covariances = np.empty((len(boxes), 2, 2))
    heights = np.empty(len(boxes))
    ends = np.cumsum(counts)
    for camera, start, end in zip(cameras, ends - counts, ends, strict=True):
        if start < end:
            part = slice(start, end)
            ground[part], covariances[part], heights[part] = camera.locate(feet[part], tops[part], 1.0)
    covariances *= np.square(feet_error * (boxes[:, 3] - boxes[:, 1]))[:, None, None]
    everyone = Observations(
        np.repeat(np.arange(len(cameras)), counts),
        np.arange(len(boxes)) - np.repeat(ends - counts, counts),
        ground,
        covariances,
        boxes,
        scores,
        heights,
        _embeddings([found for found in detections if len(found)]),
    )
    return everyone.select(np.isfinite(ground).all(axis=1) & np.isfinite(covariances).all(axis=(1, 2)))


def _embeddings(detections: list[Detections]) -> np.ndarray | None:
    given = [found.embeddings for found in detections if found.embeddings is not None]
    if not given:
        return None
    if len(given) != len(detections):
        raise ValueError("some cameras' detections have embeddings and others' have none")
    return np.concatenate(given)
