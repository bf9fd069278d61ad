"""What all views of the ground share: whether a pixel lies in the image, and how a pixel error propagates to the ground."""

import numpy as np


def inside_image(pixels: np.ndarray, image_size: tuple[int, int] | None) -> np.ndarray:
    """Whether pixels `(N, 2)` lie in an image of `image_size` (width, height): `(N,)` bool, False for NaN.

    If the size is unknown (None), every pixel that is not NaN counts as inside.
    """
    with np.errstate(invalid="ignore"):
        if image_size is None:
            return np.isfinite(pixels).all(axis=1)
        return np.all((pixels >= 0) & (pixels <= image_size), axis=1)


def ground_covariance(pixel_slopes: np.ndarray, pixel_error: float) -> np.ndarray:
    """Covariances `(N, 2, 2)` on the ground for an isotropic image error with standard deviation `pixel_error`.

    `pixel_slopes` `(N, 2, 2)` is J, the derivative of the pixel with respect to the ground point; the result is pixel_error^2
    (J^T J)^-1. NaN input, or a singular J, gives NaN.
    """
    (a, b), (c, d) = np.moveaxis(pixel_slopes, 0, -1)
    with np.errstate(all="ignore"):
        scale = (pixel_error / (a * d - b * c)) ** 2
        mixed = -(a * b + c * d)
        out = np.moveaxis(np.array([[b * b + d * d, mixed], [mixed, a * a + c * c]]) * scale, -1, 0)
    return np.where(np.isfinite(out), out, np.nan)
