"""Crops of people from photographs with masks, like those of a detector."""

from pathlib import Path

import cv2
import numpy as np

from reid.common.picture_file import read_image

HEIGHT, WIDTH = 176, 80  # pixels of a cut-out
_RATIO = HEIGHT / WIDTH
_MARGIN = 0.08  # of the person's height and width, half on each side: detector boxes are no tighter
_LEAST = 500  # pixels of a mask; a smaller person is not recognizable


def read_mask(path: Path) -> np.ndarray:
    """A mask, `(H, W)` bool: true where its label is above 0. Raises InputError if it is missing or does not decode."""
    mask = read_image(path, cv2.IMREAD_UNCHANGED)  # decoding as colours would round 16-bit labels to 0
    if mask.ndim > 2:
        mask = read_image(path)
    return np.any(mask.reshape(*mask.shape[:2], -1), axis=2)


def cut_out(photograph: np.ndarray, person: np.ndarray) -> np.ndarray | None:
    """Crop the `person (H, W)` bool from a `photograph (H, W, 3)` uint8 BGR, with a margin: `(176, 80, 3)` uint8 BGR.

    The crop is at least 1 / 2.2 as wide as high; beyond the photograph, the edge is repeated. None if the person has fewer than
    500 pixels. In place of a photograph, labels `(H, W)` uint8 give `(176, 80)`, without mixing them.
    """
    if person.sum() < _LEAST:
        return None
    (top, bottom), (left, right) = (np.flatnonzero(person.any(axis))[[0, -1]] + [0, 1] for axis in (1, 0))
    height = (bottom - top) * (1 + _MARGIN)
    width = max(height / _RATIO, (right - left) * (1 + _MARGIN))
    move = np.array([[1, 0, (width - left - right) / 2], [0, 1, (height - top - bottom) / 2]], np.float32)
    moved, resized = (cv2.INTER_LINEAR, cv2.INTER_AREA) if photograph.ndim > 2 else (cv2.INTER_NEAREST, cv2.INTER_NEAREST)
    part = cv2.warpAffine(photograph, move, (int(width), int(height)), flags=moved, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(part, (WIDTH, HEIGHT), interpolation=resized)
