"""What every calibrated camera can do, whatever is known of it: pixels to the ground and back."""

from typing import Protocol

import numpy as np


class GroundCamera(Protocol):
    """A camera whose pixels are tied to the ground plane: `Camera` and `HomographyCamera` of this package.

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
