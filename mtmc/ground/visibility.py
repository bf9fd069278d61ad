"""Who hides whom: how much of people's boxes lies in each camera's picture, and behind others who stand nearer."""

from collections.abc import Sequence

import numpy as np

from trackers.boxes import area, intersection


def picture_boxes(image_sizes: Sequence[tuple[int, int] | None]) -> np.ndarray:
    """The pictures of C cameras as boxes `(C, 4)` xyxy; `image_sizes` are (width, height), and one that is None has no end."""
    return np.array([(0, 0, *(size or (np.inf, np.inf))) for size in image_sizes], dtype=float).reshape(-1, 4)


def within(boxes: np.ndarray, pictures: np.ndarray, share: float = 0.8) -> np.ndarray:
    """Where at least `share` of a box of `boxes` `(C, T, 4)` lies in its camera's picture, `pictures` `(C, 4)`: `(C, T)` bool."""
    return intersection(boxes, pictures[:, None]) >= share * area(boxes)


def covered(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The area `(C, T, F)` of each of `boxes` `(C, T, 4)` that each of `others` `(C, F, 4)` covers.

    Who stands nearer, that is, lower in the image, covers; somebody farther away covers nothing.
    """
    nearer = others[:, None, :, 3] > boxes[:, :, None, 3]
    return np.where(nearer, intersection(boxes[:, :, None], others[:, None]), 0)


def hidden(boxes: np.ndarray, hiding: np.ndarray, share: float) -> np.ndarray:
    """Which of the people with `boxes` `(C, T, 4)` are hidden in each camera, `(C, T)` bool.

    One is hidden where at least `share` of the box, over 0, is covered by one person of whom `hiding` `(T,)` says that they are
    surely there.
    """
    return np.any(covered(boxes, boxes[:, hiding]) >= share * area(boxes)[:, :, None], axis=2)


def visible_shares(boxes: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """The share `(C, T)` of each of `boxes` `(C, T, 4)` that is in its camera's picture, `pictures` `(C, 4)`, and behind nobody;
    0 without a box. What several hide is added up."""
    boxes = np.nan_to_num(boxes)
    shown = intersection(boxes, pictures[:, None]) - covered(boxes, boxes).sum(axis=2)
    return np.clip(shown / np.maximum(area(boxes), 1e-9), 0, 1)
