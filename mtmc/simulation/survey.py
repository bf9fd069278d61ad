"""What a camera sees of a world over many moments at once, by geometry alone: nothing is drawn, so minutes take seconds."""

from collections.abc import Callable

import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.occlusion import points_seen
from mtmc.simulation.rendering import Truth
from mtmc.simulation.world import Presence, World

Outline = Callable[[Presence, Camera, int], np.ndarray]


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
    visibility = points_seen(moments, boxes, distances, camera.image_size)
    return moments, Truth(here.persons[inside] + 1, here.visits[inside], boxes, visibility, positions)
