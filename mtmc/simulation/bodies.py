"""Bodies in a scene as one camera sees them: a box, a silhouette, a sprite; made from a mesh, or from an image on a card."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from mtmc.calibration import Camera
from mtmc.calibration.pinhole import BODY_RADIUS
from mtmc.simulation.figures import Figure
from mtmc.simulation.gait import pose
from mtmc.simulation.mesh import Mesh, Sprite, paint, silhouette
from mtmc.simulation.windows import Window
from mtmc.simulation.world import State, Trajectories

FIGURE_WIDTH = 0.21  # share of a figure's height, averaged over a step
SHOULDERS = 0.82  # their height as a share of a figure's
RIM = np.array([(np.cos(angle), np.sin(angle)) for angle in np.arange(8) * np.pi / 4])  # of a cylinder one metre in radius
SOLID = 0.8  # the `card_reach` up to which a card occludes what is behind it


@dataclass(frozen=True, eq=False)
class Body:
    """A body in view: `box` `(4,)` xyxy pixels, tight and not clipped to the image, `distance` metres from the camera,
    `silhouette(window)` -> bool `(h, w)` and `sprite(window)` -> `Sprite` for any window of whole pixels."""

    box: np.ndarray
    distance: float
    silhouette: Callable[[Window], np.ndarray]
    sprite: Callable[[Window], Sprite]


def mesh_body(mesh: Mesh, motion: np.ndarray, camera: Camera) -> Body | None:
    """`mesh` under the bone motions `motion` `(B, 3, 4)`, or None if part of it is behind the camera or beyond the lens model."""
    points = mesh.points(motion)
    pixels = camera.project(points)
    if np.isnan(pixels).any():
        return None
    return Body(
        np.concatenate([pixels.min(axis=0), pixels.max(axis=0)]),
        float(np.linalg.norm(motion[0, :2, 3] - camera.position[:2])),
        lambda window: silhouette(mesh, pixels, window),
        lambda window: paint(mesh, points, pixels, camera, window),
    )


def figure_bodies(figures: list[Figure]) -> Callable[[State, Camera, int], list[Body | None]]:
    """The people of a state as walking figures; person `i` looks like `figures[i]`."""

    def bodies(state: State, camera: Camera, camera_index: int) -> list[Body | None]:
        found = []
        for person, position, heading, speed, walked in zip(
            state.persons, state.positions, state.headings, state.speeds, state.walked, strict=True
        ):
            figure = figures[person]
            found.append(mesh_body(figure.mesh, pose(figure.height, walked, speed, position, heading), camera))
        return found

    return bodies


def figure_boxes(figures: list[Figure]) -> Callable[[Trajectories, Camera, int], np.ndarray]:
    """The boxes `(K, 4)` xyxy of walking figures, person `i` as `figures[i]`: upright cylinders `FIGURE_WIDTH` wide up to the
    shoulders, and the top of the head. They lean outwards near the sides of an image from a camera that looks down."""
    statures = np.array([figure.height for figure in figures])

    def boxes(trajectories: Trajectories, camera: Camera, camera_index: int) -> np.ndarray:
        tall = statures[trajectories.persons]
        rims = trajectories.positions + FIGURE_WIDTH / 2 * tall[:, None] * RIM[:, None]
        points = [np.column_stack([rim, level * tall]) for rim in rims for level in (0.0, SHOULDERS)]
        points.append(np.column_stack([trajectories.positions, tall]))
        pixels = camera.project(np.concatenate(points)).reshape(len(points), -1, 2)
        return np.concatenate([pixels.min(axis=0), pixels.max(axis=0)], axis=1)

    return boxes


def card_boxes(camera: Camera, positions: np.ndarray, heights: np.ndarray, aspects: np.ndarray) -> np.ndarray:
    """Boxes `(N, 4)` xyxy of cards `heights` `(N,)` metres high and `aspects` `(N,)` times as wide, which stand before people at
    `positions` `(N, 2)`; NaN if the foot or the top is behind the camera, or they are less than 2 pixels apart.

    A card is upright in the image, for the crop on it is. Like a detector's box it ends at the tips of the feet, and its middle
    is halfway between the feet and the head of somebody who leans outwards there.
    """
    sight = positions - camera.position[:2]
    feet = positions - BODY_RADIUS * sight / np.maximum(np.linalg.norm(sight, axis=1, keepdims=True), 1e-9)
    points = np.column_stack([np.concatenate([feet, positions]), np.append(0 * heights, heights)])
    foot, top = np.split(camera.project(points), 2)
    tall, middle = foot[:, 1] - top[:, 1], (foot[:, 0] + top[:, 0]) / 2
    half = np.where(tall > 2, tall, np.nan) * aspects / 2
    boxes = np.stack([middle - half, top[:, 1], middle + half, foot[:, 1]], axis=1)
    boxes[np.isnan(boxes).any(axis=1)] = np.nan
    return boxes


def card_reach(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """The radial position of a point on a card, with `across` and `down` from -1 to 1: the person ends at `SOLID`, and nothing is
    drawn beyond 1, since a crop's corners show its original background. The contours are superellipses."""
    return np.square(np.square(across)) + np.square(down * down * down)


def card_body(picture: np.ndarray, height: float, position: np.ndarray, camera: Camera) -> Body | None:
    """`picture` `(h, w, 3)` on a card of `height` metres that stands at `position` `(2,)` and faces the camera, with faded edges.
    None if its foot or its top is behind the camera.
    """
    (box,) = card_boxes(camera, position[None], np.array([height]), np.array([picture.shape[1] / picture.shape[0]]))
    if np.isnan(box).any():
        return None
    (wide, tall), centre = box[2:] - box[:2], (box[2:] + box[:2]) / 2

    def unit(window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the window's pixel centres on the card, -1 to 1 across and down."""
        left, upper, right, lower = window
        return (np.arange(left, right) - centre[0]) / (wide / 2), (np.arange(upper, lower) - centre[1]) / (tall / 2)

    def reach(window: Window) -> np.ndarray:
        across, down = unit(window)
        return card_reach(across[None, :], down[:, None])

    def sprite(window: Window) -> Sprite:
        across, down = unit(window)
        alpha = np.clip((1.0 - reach(window)) / 0.3, 0.0, 1.0).astype(np.float32)
        rows, columns = ((side + 1) / 2 * size - 0.5 for side, size in ((down, picture.shape[0]), (across, picture.shape[1])))
        xs, ys = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        shrunk = picture
        if tall < picture.shape[0]:  # blur before downsampling
            shrunk = cv2.GaussianBlur(picture, (0, 0), 0.4 * picture.shape[0] / tall)
        colour = cv2.remap(shrunk, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        return Sprite(colour * alpha[..., None], alpha, window[:2])

    distance = float(np.linalg.norm(position - camera.position[:2]))
    return Body(box, distance, lambda window: reach(window) < SOLID, sprite)
