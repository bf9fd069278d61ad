"""What stands in a scene, as one camera sees it: a box, a silhouette, a sprite; made of a mesh or of a picture on a card."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from mtmc.calibration import Camera
from mtmc.scene.figures import Figure
from mtmc.scene.gait import pose
from mtmc.scene.mesh import Mesh, Sprite, Window, paint, silhouette
from mtmc.scene.world import State


@dataclass(frozen=True, eq=False)
class Body:
    """A thing in view: `box` `(4,)` xyxy pixels, tight and not cut by the image, `distance` metres from the camera,
    `silhouette(window)` -> bool `(h, w)` and `sprite(window)` -> `Sprite` for any window of whole pixels."""

    box: np.ndarray
    distance: float
    silhouette: Callable[[Window], np.ndarray]
    sprite: Callable[[Window], Sprite]


def mesh_body(mesh: Mesh, motion: np.ndarray, camera: Camera) -> Body | None:
    """`mesh` under the bone motions `motion` `(B, 3, 4)`, or None where part of it is behind or beside the lens."""
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
    """The people of a state as walking figures, person `i` looking like `figures[i]`."""

    def bodies(state: State, camera: Camera, camera_index: int) -> list[Body | None]:
        found = []
        for person, position, heading, speed, walked in zip(
            state.persons, state.positions, state.headings, state.speeds, state.walked, strict=True
        ):
            figure = figures[person]
            found.append(mesh_body(figure.mesh, pose(figure.height, walked, speed, position, heading), camera))
        return found

    return bodies


def card_body(picture: np.ndarray, height: float, position: np.ndarray, camera: Camera) -> Body | None:
    """`picture` `(h, w, 3)` on a card of `height` metres that stands at `position` `(2,)` and faces the camera, its edges faded.

    None where its foot or its top is behind the lens.
    """
    foot, top = camera.project(np.array([[*position, 0.0], [*position, height]]))
    tall = foot[1] - top[1]
    if not tall > 2:
        return None
    wide = tall * picture.shape[1] / picture.shape[0]
    box = np.array([foot[0] - wide / 2, top[1], foot[0] + wide / 2, foot[1]])

    def unit(window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Where the window's pixel centres lie on the card, -1 to 1 across and down."""
        left, upper, right, lower = window
        middle = (foot[1] + top[1]) / 2
        return (np.arange(left, right) - foot[0]) / (wide / 2), (np.arange(upper, lower) - middle) / (tall / 2)

    def reach(window: Window) -> np.ndarray:
        across, down = unit(window)
        # A superellipse: full over the person, gone in the corners, where a crop shows the place it was taken in.
        return np.abs(across)[None, :] ** 4 + np.abs(down)[:, None] ** 6

    def sprite(window: Window) -> Sprite:
        across, down = unit(window)
        alpha = np.clip((1.0 - reach(window)) / 0.3, 0.0, 1.0).astype(np.float32)
        rows, columns = ((side + 1) / 2 * size - 0.5 for side, size in ((down, picture.shape[0]), (across, picture.shape[1])))
        spots = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        shrunk = picture
        if tall < picture.shape[0]:  # blur before leaving pixels out
            shrunk = cv2.GaussianBlur(picture, (0, 0), 0.4 * picture.shape[0] / tall)
        colour = cv2.remap(shrunk, *spots, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        return Sprite(colour * alpha[..., None], alpha, window[:2])

    distance = float(np.linalg.norm(position - camera.position[:2]))
    return Body(box, distance, lambda window: reach(window) < 0.8, sprite)
