"""True visibility of each person in a camera, from the pixels of drawn bodies or from sample points of boxes.

There are two counts, since an image has silhouettes and columns, whereas a survey of minutes has boxes alone. Unlike the estimate
in `mtmc.ground.visibility`, made from detected boxes, both are ground truth.
"""

import numpy as np

from mtmc.simulation.bodies import SOLID, Body, card_reach
from mtmc.simulation.windows import clipped, window_around

# Sample points of a box, -1 to 1 across and down, tested for occlusion by nearer people.
ACROSS, DOWN = (grid.ravel() for grid in np.meshgrid(np.linspace(-0.875, 0.875, 8), np.linspace(-0.9375, 0.9375, 16)))


def meets(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether boxes `(..., 4)`, paired by broadcasting, overlap or come within a pixel of each other."""
    return np.all((some[..., :2] < others[..., 2:] + 1) & (some[..., 2:] > others[..., :2] - 1), axis=-1)


def pixels_seen(people: list[Body], columns: list[Body], image_size: tuple[int, int]) -> np.ndarray:
    """The share `(N,)` of each person's pixels that are inside the image and not occluded by people or columns."""
    width, height = image_size
    shares = np.ones(len(people))
    everything = [*people, *columns]
    boxes = np.array([body.box for body in everything]).reshape(-1, 4)
    touching = meets(boxes[:, None], boxes)
    np.fill_diagonal(touching, False)
    inside = np.all(boxes[:, :2] >= 0, axis=1) & np.all(boxes[:, 2:] <= (width - 1, height - 1), axis=1)
    covered = np.zeros((height, width), dtype=bool)
    for index in sorted(range(len(everything)), key=lambda index: everything[index].distance):
        window = window_around(boxes[index])
        shown = clipped(window, image_size)
        if shown is None or (inside[index] and not touching[index].any()):
            continue
        left, top, right, bottom = shown
        mask = everything[index].silhouette(window)
        part = mask[top - window[1] : bottom - window[1], left - window[0] : right - window[0]]
        behind = covered[top:bottom, left:right]
        if index < len(people):
            shares[index] = (part & ~behind).sum() / max(mask.sum(), 1)
        behind |= part
    return shares


def points_seen(moments: np.ndarray, boxes: np.ndarray, distances: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """The share `(K,)` of each box that is inside the image and not occluded by nearer people at the same moment."""
    if not len(moments):
        return np.zeros(0)
    solid = card_reach(ACROSS, DOWN) < SOLID
    across, down = ACROSS[solid], DOWN[solid]
    half, centres = (boxes[:, 2:] - boxes[:, :2]) / 2, (boxes[:, 2:] + boxes[:, :2]) / 2
    x = centres[:, :1] + half[:, :1] * across
    y = centres[:, 1:] + half[:, 1:] * down
    seen = (x >= 0) & (x < image_size[0]) & (y >= 0) & (y < image_size[1])
    # Pair each row with the others of its moment, 1, 2, ... rows apart in the list, which is sorted by moment.
    for shift in range(1, np.bincount(moments).max()):
        first = np.flatnonzero(moments[:-shift] == moments[shift:])
        second = first + shift
        touch = ((boxes[first, :2] < boxes[second, 2:]) & (boxes[first, 2:] > boxes[second, :2])).all(axis=1)
        first, second = first[touch], second[touch]
        ahead = distances[first] <= distances[second]
        # Two statements, since a row can be the far one in both pairs, and fancy indexing assigns to it only once per statement.
        for near, far in ((first[ahead], second[ahead]), (second[~ahead], first[~ahead])):
            beside = (x[far] - centres[near, :1]) / half[near, :1]
            below = (y[far] - centres[near, 1:]) / half[near, 1:]
            seen[far] &= card_reach(beside, below) >= SOLID
    return seen.mean(axis=1)
