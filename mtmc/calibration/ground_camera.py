"""The interface of all calibrated cameras: pixels to the ground and back."""

from typing import Protocol

import numpy as np


class GroundCamera(Protocol):
    """A camera that maps pixels to the ground plane: `Camera` or `HomographyCamera`.

    `image_size` is (width, height) in pixels or None, `unit` is the unit of the ground, and `metric` is true for metres. Without
    `has_height`, only the ground plane is calibrated: `project` raises `ValueError`, and the heights from `locate` are NaN.
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
        """Ground points `(N, 2)` seen at pixels `(N, 2)`, NaN where there is none."""

    def ground_covariance(self, pixels: np.ndarray, pixel_error: float) -> np.ndarray:
        """Covariances `(N, 2, 2)` of `to_ground` for an isotropic error of `pixel_error` pixels (standard deviation)."""

    def to_image(self, ground: np.ndarray) -> np.ndarray:
        """Pixels `(N, 2)` of ground points `(N, 2)`, NaN behind the camera."""

    def sees(self, ground: np.ndarray) -> np.ndarray:
        """Whether ground points `(N, 2)` are in view: `(N,)` bool."""

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels `(N, 2)` of points `(N, 3)`, NaN behind the camera."""

    def locate(self, boxes: np.ndarray, pixel_error: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ground points `(N, 2)`, their covariances `(N, 2, 2)` for an isotropic error of the feet of `pixel_error` pixels, and
        heights `(N,)` of the upright people in `boxes` `(N, 4)` xyxy."""
