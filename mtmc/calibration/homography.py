"""Cameras with a calibrated ground plane only: a homography between the image and the ground."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mtmc.calibration.plane import ground_covariance, inside_image

TALLEST = 1e4  # pixels; upper bound of the height of an image of unknown size


@dataclass(frozen=True, eq=False)
class HomographyCamera:
    """A view of the ground plane by `image_to_ground` `(3, 3)`: [X Y W] = H [u v 1], with the ground point at (X / W, Y / W).

    `unit` is the unit of X / W; only "m" is `metric`. `image_size` is (width, height) in pixels, or None. The camera is assumed
    to be upright, so the ground lies below the horizon, where W has the same sign as at the bottom of the image. Raises
    `ValueError` for a matrix of another shape, with NaN, or without an inverse.
    """

    image_to_ground: np.ndarray
    image_size: tuple[int, int] | None = None
    unit: str = "top-view pixels"

    has_height: ClassVar[bool] = False

    def __post_init__(self) -> None:
        matrix = np.array(self.image_to_ground, dtype=np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
            raise ValueError(f"a homography must be finite, of the shape (3, 3), not {matrix.shape}")
        # Rows and columns have different units, so the singularity test removes the scale first.
        scaled = matrix / np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-300)
        scaled /= np.maximum(np.abs(scaled).max(axis=0, keepdims=True), 1e-300)
        if np.linalg.cond(scaled) > 1e10:
            raise ValueError("the homography is singular: it maps the image to a line")
        object.__setattr__(self, "image_to_ground", matrix)

    @property
    def metric(self) -> bool:
        """Whether the ground is measured in metres."""
        return self.unit == "m"

    @cached_property
    def _below(self) -> float:
        """The sign that W has below the horizon."""
        lowest = (self.image_size[0] / 2, self.image_size[1], 1.0) if self.image_size else (0.0, TALLEST, 1.0)
        return float(np.sign(self.image_to_ground[2] @ lowest))

    @cached_property
    def _ground_to_image(self) -> np.ndarray:
        return np.linalg.inv(self.image_to_ground)

    def to_ground(self, pixels: np.ndarray) -> np.ndarray:
        """Ground points `(N, 2)`, in `unit`, seen at pixels `(N, 2)`; NaN on and above the horizon."""
        pixels = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        return _map(self.image_to_ground, pixels, self._below)

    def to_image(self, ground: np.ndarray) -> np.ndarray:
        """Pixels `(N, 2)` of ground points `(N, 2)`, also outside the image; NaN behind the camera."""
        ground = np.asarray(ground, dtype=np.float64).reshape(-1, 2)
        return _map(self._ground_to_image, ground, self._below)

    def ground_covariance(self, pixels: np.ndarray, pixel_error: float) -> np.ndarray:
        """Covariances `(N, 2, 2)`, in `unit` squared, of the ground points seen at pixels `(N, 2)`; NaN where there is none.

        `pixel_error` is the standard deviation in pixels of either coordinate; see `Camera.ground_covariance`.
        """
        ground = self.to_ground(pixels)
        back = self._ground_to_image
        weight = ground @ back[2, :2] + back[2, 2]
        slopes = (back[:2, :2] - np.asarray(pixels, dtype=np.float64).reshape(-1, 2)[:, :, None] * back[2, :2]) / weight[
            :, None, None
        ]
        return ground_covariance(slopes, pixel_error)

    def sees(self, ground: np.ndarray) -> np.ndarray:
        """Whether ground points `(N, 2)` lie in the image and in front of the camera: `(N,)` bool."""
        return inside_image(self.to_image(ground), self.image_size)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Raises `ValueError`: a homography has no heights. `to_image` projects ground points."""
        raise ValueError("a ground homography cannot project points above the ground")

    def locate(self, boxes: np.ndarray, pixel_error: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ground points `(N, 2)` and covariances `(N, 2, 2)` of the people in `boxes` `(N, 4)`, whose feet are at the middle of
        the lower edge; heights `(N,)` NaN."""
        feet = np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])
        return self.to_ground(feet), self.ground_covariance(feet, pixel_error), np.full(len(boxes), np.nan)


def _map(matrix: np.ndarray, points: np.ndarray, sign: float) -> np.ndarray:
    """Points `(N, 2)` through the homography `matrix`; NaN where the third coordinate does not have the sign `sign`."""
    weight = points @ matrix[2, :2] + matrix[2, 2]
    with np.errstate(invalid="ignore"):
        weight = np.where(weight * sign > 0, weight, np.nan)
    return (points @ matrix[:2, :2].T + matrix[:2, 2]) / weight[:, None]
