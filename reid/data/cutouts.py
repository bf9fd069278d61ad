"""People cut out of photographs by their masks: what a detector's crops of them would look like."""

from pathlib import Path

import cv2
import numpy as np

from reid.data.folders import read_image

HEIGHT, WIDTH = 176, 80  # pixels of a cut-out
_RATIO = HEIGHT / WIDTH
_MARGIN = 0.08  # of the person's height and width, half of it on each side: detectors' boxes are no tighter
_LEAST = 500  # pixels of a mask; fewer are nobody whom one could know again


def read_mask(path: Path) -> np.ndarray:
    """Where a mask's label is above 0, `(H, W)` bool. Raises InputError when it is missing or does not decode."""
    mask = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)  # as colours, labels of 16 bits would be rounded to 0
    if mask is None or mask.ndim > 2:
        mask = read_image(path)
    return np.any(mask.reshape(*mask.shape[:2], -1), axis=2)


def cut_out(photograph: np.ndarray, person: np.ndarray) -> np.ndarray | None:
    """The `person (H, W)` bool in a `photograph (H, W, 3)` uint8 BGR, with a margin, `(176, 80, 3)` uint8 BGR.

    The part shown is at least 1 / 2.2 as wide as high; where it reaches beyond the photograph, the edge is repeated. None where
    the person has fewer than 500 pixels.
    """
    if person.sum() < _LEAST:
        return None
    (top, bottom), (left, right) = (np.flatnonzero(person.any(axis))[[0, -1]] + [0, 1] for axis in (1, 0))
    height = (bottom - top) * (1 + _MARGIN)
    width = max(height / _RATIO, (right - left) * (1 + _MARGIN))
    move = np.array([[1, 0, (width - left - right) / 2], [0, 1, (height - top - bottom) / 2]], np.float32)
    part = cv2.warpAffine(photograph, move, (int(width), int(height)), borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
