"""Occlusion: how much of people's boxes lies in each camera's image, and behind people who are nearer."""

from collections.abc import Sequence

import numpy as np

from trackers.boxes import area, intersection


def picture_boxes(image_sizes: Sequence[tuple[int, int] | None]) -> np.ndarray:
    """The images of C cameras as boxes `(C, 4)` xyxy; `image_sizes` are (width, height), and None means unbounded."""
    return np.array([(0, 0, *(size or (np.inf, np.inf))) for size in image_sizes], dtype=float).reshape(-1, 4)


def within(boxes: np.ndarray, pictures: np.ndarray, share: float = 0.8) -> np.ndarray:
    """Whether at least `share` of each of `boxes` `(C, T, 4)` lies in its camera's image, `pictures` `(C, 4)`: `(C, T)` bool."""
    return intersection(boxes, pictures[:, None]) >= share * area(boxes)


def covered(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The area `(C, T, F)` of each of `boxes` `(C, T, 4)` that each of `others` `(C, F, 4)` covers.

    A person who is nearer, that is, lower in the image, covers; one farther away covers nothing.
    """
    nearer = others[:, None, :, 3] > boxes[:, :, None, 3]
    return np.where(nearer, intersection(boxes[:, :, None], others[:, None]), 0)


def hidden(boxes: np.ndarray, hiding: np.ndarray, share: float) -> np.ndarray:
    """Which of the people with `boxes` `(C, T, 4)` are hidden in each camera, `(C, T)` bool. A person is hidden where one person
    marked in `hiding` `(T,)`, whose presence is certain, covers at least `share` (above 0) of the box.
    """
    return np.any(covered(boxes, boxes[:, hiding]) >= share * area(boxes)[:, :, None], axis=2)


def visible_shares(boxes: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """The share `(C, T)` of each of `boxes` `(C, T, 4)` that is in its camera's image, `pictures` `(C, 4)`, and not covered; 0
    without a box. Areas covered by several people are summed."""
    boxes = np.nan_to_num(boxes)
    shown = intersection(boxes, pictures[:, None]) - covered(boxes, boxes).sum(axis=2)
    return np.clip(shown / np.maximum(area(boxes), 1e-9), 0, 1)
