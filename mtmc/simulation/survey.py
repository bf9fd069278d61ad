"""What a camera sees of a world over many moments at once, by geometry alone: nothing is drawn, so minutes take seconds."""

from collections.abc import Callable

import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.bodies import SOLID, card_reach
from mtmc.simulation.rendering import Truth
from mtmc.simulation.world import Presence, World

Outline = Callable[[Presence, Camera, int], np.ndarray]

# Points of a box, -1 to 1 across and down, at which it is looked up whether somebody nearer hides it.
ACROSS, DOWN = (grid.ravel() for grid in np.meshgrid(np.linspace(-0.875, 0.875, 8), np.linspace(-0.9375, 0.9375, 16)))


def survey(world: World, camera: Camera, camera_index: int, seconds: np.ndarray, outline: Outline) -> tuple[np.ndarray, Truth]:
    """The truth of all moments `seconds` `(T,)`, ascending: rows' moments `(K,)` ascending, and the rows as one `Truth`.

    `outline(presence, camera, camera_index)` gives the boxes `(K, 4)`, NaN where there is none. People wholly outside the image
    are left out. Visibility is counted at 128 points of a box, hidden by the superellipses in the boxes of those who are nearer.
    """
    here = world.presence(seconds)
    boxes = outline(here, camera, camera_index)
    width, height = camera.image_size
    with np.errstate(invalid="ignore"):
        inside = (boxes[:, 2:] > 0).all(axis=1) & (boxes[:, 0] < width) & (boxes[:, 1] < height)
    moments, positions, boxes = here.moments[inside], here.positions[inside], boxes[inside]
    distances = np.linalg.norm(positions - camera.position[:2], axis=1)
    visibility = _visibility(moments, boxes, distances, camera.image_size)
    return moments, Truth(here.persons[inside] + 1, here.visits[inside], boxes, visibility, positions)


def _visibility(moments: np.ndarray, boxes: np.ndarray, distances: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """The share `(K,)` of each box that neither the image's edge nor, at the same moment, somebody nearer hides."""
    if not len(moments):
        return np.zeros(0)
    solid = card_reach(ACROSS, DOWN) < SOLID
    across, down = ACROSS[solid], DOWN[solid]
    half, centres = (boxes[:, 2:] - boxes[:, :2]) / 2, (boxes[:, 2:] + boxes[:, :2]) / 2
    x = centres[:, :1] + half[:, :1] * across
    y = centres[:, 1:] + half[:, 1:] * down
    seen = (x >= 0) & (x < image_size[0]) & (y >= 0) & (y < image_size[1])
    # Each row meets the others of its moment at distance 1, 2, ... in the list, which is sorted by moment.
    for shift in range(1, np.bincount(moments).max()):
        first = np.flatnonzero(moments[:-shift] == moments[shift:])
        second = first + shift
        touch = ((boxes[first, :2] < boxes[second, 2:]) & (boxes[first, 2:] > boxes[second, :2])).all(axis=1)
        first, second = first[touch], second[touch]
        ahead = distances[first] <= distances[second]
        # Apart, for a row may be far in one pair and far in another, and is assigned to but once a statement.
        for near, far in ((first[ahead], second[ahead]), (second[~ahead], first[~ahead])):
            beside = (x[far] - centres[near, :1]) / half[near, :1]
            below = (y[far] - centres[near, 1:]) / half[near, 1:]
            seen[far] &= card_reach(beside, below) >= SOLID
    return seen.mean(axis=1)
