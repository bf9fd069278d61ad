"""The ground truth of a camera over many moments, from geometry alone: nothing is rendered, so minutes take seconds."""

from collections.abc import Callable

import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.occlusion import points_seen
from mtmc.simulation.rendering import Truth
from mtmc.simulation.world import Trajectories, World

Outline = Callable[[Trajectories, Camera, int], np.ndarray]


def survey(world: World, camera: Camera, camera_index: int, seconds: np.ndarray, outline: Outline) -> tuple[np.ndarray, Truth]:
    """The ground truth at all `seconds` `(T,)`, ascending: the moment `(K,)` of each row, ascending, and the rows as one `Truth`.

    `outline(trajectories, camera, camera_index)` gives the boxes `(K, 4)`, NaN where there is none. People wholly outside the
    image are left out. Visibility is counted at 128 points of a box; the superellipses inscribed in the boxes of nearer people
    hide them.
    """
    here = world.trajectories(seconds)
    boxes = outline(here, camera, camera_index)
    width, height = camera.image_size
    with np.errstate(invalid="ignore"):
        inside = (boxes[:, 2:] > 0).all(axis=1) & (boxes[:, 0] < width) & (boxes[:, 1] < height)
    moments, positions, boxes = here.moments[inside], here.positions[inside], boxes[inside]
    distances = np.linalg.norm(positions - camera.position[:2], axis=1)
    visibility = points_seen(moments, boxes, distances, camera.image_size)
    return moments, Truth(here.persons[inside] + 1, here.visits[inside], boxes, visibility, positions)
