"""Windows of whole pixels in an image, in which bodies are drawn."""

import numpy as np

Window = tuple[int, int, int, int]  # whole pixels: left, top, right, bottom, ends exclusive; may extend beyond the image


def window_around(box: np.ndarray) -> Window:
    """The smallest window that contains `box` `(4,)` xyxy, including its last pixels."""
    left, top = np.floor(box[:2]).astype(int).tolist()
    right, bottom = (np.ceil(box[2:]).astype(int) + 1).tolist()
    return left, top, right, bottom


def clipped(window: Window, image_size: tuple[int, int]) -> Window | None:
    """The part of `window` in an image of `image_size` (width, height), or None."""
    left, top, right, bottom = window
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, image_size[0]), min(bottom, image_size[1])
    return (left, top, right, bottom) if left < right and top < bottom else None
