"""A scene of people seen by calibrated cameras: exact ground truth for any moment, and the image on demand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.backdrop import Place, column_mesh, draw_backdrop
from mtmc.simulation.bodies import Body, mesh_body
from mtmc.simulation.mesh import SUN, Sprite
from mtmc.simulation.occlusion import meets, pixels_seen
from mtmc.simulation.windows import clipped, window_around
from mtmc.simulation.world import State, World
from reid.footage.crops import crop

NOISE = 3.5  # standard deviation of the sensor noise, in grey levels


@dataclass(frozen=True, eq=False)
class Truth:
    """The ground truth of one camera at one moment, sorted by id.

    `ids` `(N,)` int from 1, constant per person; `visits` `(N,)` int from 0, the number of the person's visit; `boxes` `(N, 4)`
    xyxy pixels of the whole body, including parts hidden or outside the image; `visibility` `(N,)` the visible share of its
    pixels, 0 to 1; `ground` `(N, 2)` metres. People wholly outside the image are left out.
    """

    ids: np.ndarray
    visits: np.ndarray
    boxes: np.ndarray
    visibility: np.ndarray
    ground: np.ndarray


@dataclass(eq=False)
class Scene:
    """A world in a place, seen by named `cameras`; `people(state, camera, camera_index)` gives the bodies of the people present.
    Cameras are numbered from `first_camera`.

    Moments can be requested in any order; only each camera's empty view is cached between calls.
    """

    world: World
    place: Place
    cameras: dict[str, Camera]
    people: Callable[[State, Camera, int], list[Body | None]]
    first_camera: int = 0
    _views: dict[str, "_EmptyView"] = field(default_factory=dict, repr=False)

    def observe(self, camera: str, seconds: float) -> Truth:
        """The ground truth of a camera, by name, at a moment; draws nothing."""
        return self._look(camera, seconds)[0]

    def render(self, camera: str, seconds: float) -> tuple[np.ndarray, Truth]:
        """The image `(H, W, 3)` BGR uint8 and the ground truth. The same moment always gives the same bytes."""
        truth, bodies, state = self._look(camera, seconds)
        return self._draw(camera, seconds, bodies, state), truth

    def crops(self, camera: str, seconds: float, boxes: np.ndarray) -> list[np.ndarray]:
        """What `reid.footage.crops.crop` cuts from the image for `boxes` `(N, 4)` xyxy; draws only the bodies near them.

        Raises `ValueError` as that does, naming the first box that is not finite or has no part in the image.
        """
        view = self._view(camera)
        state = self.world.state(seconds)
        bodies = [body for body in self.people(state, view.camera, view.index) if body is not None]
        whole = np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], axis=1)
        return crop(self._draw(camera, seconds, [body for body in bodies if meets(body.box, whole).any()], state), boxes)

    def _draw(self, camera: str, seconds: float, bodies: list[Body], state: State) -> np.ndarray:
        view = self._view(camera)
        frame = view.backdrop.copy()
        for position in state.positions:
            _shadow(frame, view.camera, position, self.place.shade)
        ready = {id(body): sprite for body, sprite in view.columns}
        for body in sorted([*bodies, *(body for body, _ in view.columns)], key=lambda body: -body.distance):
            window = clipped(window_around(body.box), view.camera.image_size)
            if window is not None:
                sprite = ready.get(id(body)) or body.sprite(window)
                sprite.over(frame, view.gains)
        return view.develop(frame, seconds)

    def _look(self, camera: str, seconds: float) -> tuple[Truth, list[Body], State]:
        view = self._view(camera)
        size = view.camera.image_size
        state = self.world.state(seconds)
        there = [(row, body) for row, body in enumerate(self.people(state, view.camera, view.index)) if body is not None]
        there = [(row, body) for row, body in there if clipped(window_around(body.box), size) is not None]
        rows, seen = [row for row, _ in there], [body for _, body in there]
        boxes = np.array([body.box for body in seen]).reshape(-1, 4)
        visibility = pixels_seen(seen, [body for body, _ in view.columns], size)
        return Truth(state.persons[rows] + 1, state.visits[rows], boxes, visibility, state.positions[rows]), seen, state

    def _view(self, name: str) -> "_EmptyView":
        if name not in self._views:
            index = self.first_camera + list(self.cameras).index(name)
            self._views[name] = _EmptyView(self.world.seed, index, self.cameras[name], self.place)
        return self._views[name]


class _EmptyView:
    """The constant parts of one camera's view: the empty place, its columns, the camera's colours and grain."""

    def __init__(self, seed: int, index: int, camera: Camera, place: Place) -> None:
        self.seed, self.index, self.camera, self.place = seed, index, camera, place
        self.columns: list[tuple[Body, Sprite]] = []
        for number in range(len(place.columns)):
            body = mesh_body(*column_mesh(place, number), camera)
            if body is not None and (window := clipped(window_around(body.box), camera.image_size)) is not None:
                self.columns.append((body, body.sprite(window)))
        rng = np.random.default_rng([seed, index, 5])
        self.gains = (rng.uniform(0.88, 1.0) * rng.normal(1.0, 0.03, 3)).astype(np.float32)

    @cached_property
    def backdrop(self) -> np.ndarray:
        """The empty place in this camera's colours; drawn with the first image, since the ground truth does not need it."""
        picture = draw_backdrop(self.place, self.camera, self.seed)
        for x, y, radius, _, _ in self.place.columns:
            _shadow(picture, self.camera, np.array([x, y]), self.place.shade, radius + 0.15)
        return (picture * self.gains).clip(0, 255).astype(np.uint8)

    @cached_property
    def grain(self) -> np.ndarray:
        """Sensor noise, slightly larger than the image, so each moment can use a different part."""
        width, height = self.camera.image_size
        rng = np.random.default_rng([self.seed, self.index, 10])
        return np.rint(rng.normal(0.0, NOISE, (height + 64, width + 64, 3))).astype(np.int16)

    def develop(self, frame: np.ndarray, seconds: float) -> np.ndarray:
        """Add the grain of that moment."""
        rng = np.random.default_rng([self.seed, self.index, 6, round(seconds * 1000) % 2**32])
        (x, y), (height, width) = rng.integers(0, 64, 2), frame.shape[:2]
        return cv2.add(frame, self.grain[y : y + height, x : x + width], dtype=cv2.CV_8U)


def _shadow(frame: np.ndarray, camera: Camera, position: np.ndarray, sun: float, radius: float = 0.26) -> None:
    """Darken the ground softly under a person, and slightly along the cast shadow."""
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    disc = position + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    far = disc - 1.6 * SUN[:2] / SUN[2]
    pixels = camera.project(np.column_stack([np.vstack([disc, far]), np.zeros(32)]))
    if np.isnan(pixels).any():
        return
    spread = max((pixels[:16].max(axis=0) - pixels[:16].min(axis=0)).min() / 5, 1.0)
    box = np.concatenate([pixels.min(axis=0) - 3 * spread, pixels.max(axis=0) + 3 * spread])
    window = clipped(window_around(box), camera.image_size)
    if window is None or window[3] - window[1] > camera.image_size[1]:
        return
    left, top, right, bottom = window
    dark = np.zeros((bottom - top, right - left), np.float32)
    shape = np.rint(pixels - (left, top)).astype(np.int32)
    cv2.fillConvexPoly(dark, cv2.convexHull(shape), 0.22 * sun)
    cv2.fillConvexPoly(dark, cv2.convexHull(shape[:16]), 0.42)
    dark = 1.0 - cv2.blur(cv2.blur(dark, (2 * int(spread) + 1,) * 2), (2 * int(spread) + 1,) * 2)
    region = frame[top:bottom, left:right]
    region[:] = region * dark[..., None] + 0.5
