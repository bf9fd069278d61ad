"""Windows of whole pixels on a picture, in which bodies are drawn."""

import numpy as np

Window = tuple[int, int, int, int]  # whole pixels: left, top, right, bottom, ends exclusive; it may reach outside the image


def window_around(box: np.ndarray) -> Window:
    """The least window that holds `box` `(4,)` xyxy, its last pixels included."""
    left, top = np.floor(box[:2]).astype(int).tolist()
    right, bottom = (np.ceil(box[2:]).astype(int) + 1).tolist()
    return left, top, right, bottom


def clipped(window: Window, image_size: tuple[int, int]) -> Window | None:
    """The part of `window` in an image of `image_size` (width, height), or None where there is none."""
    left, top, right, bottom = window
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, image_size[0]), min(bottom, image_size[1])
    return (left, top, right, bottom) if left < right and top < bottom else None
