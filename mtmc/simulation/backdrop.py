"""The empty place as a camera sees it: floor, walls and sky of a box, ray cast per pixel, with textures in metres."""

from dataclasses import dataclass

import cv2
import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.mesh import SIDES, Mesh, Tube

DOOR_WIDTH, DOOR_HEIGHT = 0.95, 2.05  # metres
DOOR, DOOR_FRAME = (74, 104, 138), (150, 166, 176)


@dataclass(frozen=True)
class Place:
    """A box, open or closed at the top: `extent` (x0, y0, x1, y1) and `height` in metres; colours are BGR.

    `tile` and `panel` are the sizes in metres of the floor's tiles and the walls' panels; `columns` are upright round obstacles
    (x, y, radius, height, BGR colour) that occlude people; `shade` is the strength of the sun's shadows, 0 (indoors) to 1;
    `doors` (x, y) are drawn if they are within half a metre of a wall.
    """

    extent: tuple[float, float, float, float]
    height: float
    floor: tuple[int, int, int]
    wall: tuple[int, int, int]
    sky: tuple[int, int, int]
    tile: float = 0.6
    panel: tuple[float, float] = (3.0, 3.2)
    columns: tuple[tuple[float, float, float, float, tuple[int, int, int]], ...] = ()
    shade: float = 1.0
    doors: tuple[tuple[float, float], ...] = ()


def column_mesh(place: Place, index: int) -> tuple[Mesh, np.ndarray]:
    """One of the place's columns as a mesh, with its pose `(1, 3, 4)`."""
    x, y, radius, height, colour = place.columns[index]
    levels = np.linspace(0.0, height, max(int(height / 0.12), 3))
    levels[-2] = height - 0.01
    radii = np.full((len(levels), 2), radius)
    radii[0] *= 1.12
    radii[-2:] *= [[1.08], [0.02]]
    shades = np.random.default_rng([index, 3]).normal(1.0, 0.015, (len(levels) - 1, SIDES, 1)) * np.array(colour)
    if radius > 0.4:  # wide enough to carry posters
        for side, hue in ((0, (60, 60, 150)), (3, (150, 110, 70)), (6, (70, 140, 170)), (9, (200, 205, 205))):
            shades[len(levels) // 4 : -len(levels) // 5, [side, side + 1]] = hue
    centres = np.column_stack([np.zeros((len(levels), 2)), levels])
    pose = np.eye(4)[None, :3].copy()
    pose[0, :2, 3] = x, y
    return Mesh([Tube(centres, radii, np.zeros(len(levels), dtype=int), shades)]), pose


def draw_backdrop(place: Place, camera: Camera, seed: int) -> np.ndarray:
    """The image `(H, W, 3)` uint8 of the empty place from `camera`."""
    width, height = camera.image_size
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 2)
    rays = camera.rays(grid).reshape(height, width, 3)
    # Four samples per pixel prevent flickering seams; interpolation between pixel centres suffices.
    finer = cv2.resize(rays, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR).reshape(-1, 3)
    picture = _shade(place, camera.position, finer, seed).reshape(2 * height, 2 * width, 3)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).clip(0, 255).astype(np.uint8)


def _shade(place: Place, eye: np.ndarray, rays: np.ndarray, seed: int) -> np.ndarray:
    """Colours `(N, 3)` seen from `eye` inside the box along `rays` `(N, 3)`."""
    x0, y0, x1, y1 = place.extent
    low, high = np.array([x0, y0, 0.0]), np.array([x1, y1, place.height])
    rays = np.where(np.abs(rays) < 1e-9, 1e-9, np.nan_to_num(rays, nan=1e-9))
    exits = np.maximum((low - eye) / rays, (high - eye) / rays)
    axis = exits.argmin(axis=1)
    reach = exits.min(axis=1)
    points = eye + reach[:, None] * rays
    colours = np.empty((len(rays), 3))

    floor = (axis == 2) & (rays[:, 2] < 0)
    at = points[floor, :2]
    cells = np.floor(at / place.tile).astype(int)
    seam = _lines(at / place.tile, 0.02)
    tone = 1.0 + 0.05 * (_hashed(cells, seed) - 0.5) * 2 + 0.07 * _clouds(at / 1.7, seed + 1) + 0.04 * _clouds(at * 9, seed + 2)
    colours[floor] = np.array(place.floor) * (tone * (1 - 0.18 * seam))[:, None]

    for side, along in ((0, 1), (1, 0)):
        wall = axis == side
        at = points[wall][:, [along, 2]]
        panel = at / place.panel
        cells = np.floor(panel).astype(int)
        inside = panel - cells
        pane = (np.abs(inside[:, 0] - 0.5) < 0.3) & (np.abs(inside[:, 1] - 0.52) < 0.27) & (_hashed(cells, seed + 7) < 0.6)
        tone = (0.92 if side else 1.05) * (1.0 + 0.05 * _clouds(at, seed + 3) + 0.03 * _clouds(at * 7, seed + 4))
        colour = np.array(place.wall) * (tone * (1 - 0.15 * _lines(panel, 0.008)))[:, None]
        glass = (90, 84, 74) + 50 * _hashed(cells, seed + 5)[:, None] + 40 * (inside[:, 1:] - 0.5)
        colour = np.where(pane[:, None], glass, colour)
        colour = np.where(at[:, 1:] < 0.15, colour * 0.6, colour)
        for door in place.doors:
            near = np.abs(points[wall][:, side] - door[side]) < 0.5
            beside = np.where(near & (at[:, 1] < DOOR_HEIGHT + 0.07), np.abs(at[:, 0] - door[along]), np.inf)
            colour[beside < DOOR_WIDTH / 2 + 0.07] = DOOR_FRAME
            colour[(beside < DOOR_WIDTH / 2) & (at[:, 1] < DOOR_HEIGHT)] = DOOR
        colours[wall] = colour

    above = (axis == 2) & (rays[:, 2] > 0)
    colours[above] = np.array(place.sky) * (1.0 + 0.04 * _clouds(points[above, :2] / 4, seed + 6))[:, None]
    return colours


def _lines(cells: np.ndarray, width: float) -> np.ndarray:
    """1 on the seams between unit cells `(N, 2)`, 0 elsewhere."""
    return (np.abs(cells - np.rint(cells)) < width).any(axis=1).astype(float)


def _hashed(cells: np.ndarray, seed: int) -> np.ndarray:
    """A random number in 0..1 for each integer cell `(N, 2)`, the same on every call."""
    return _table(seed)[cells[:, 0] % 64, cells[:, 1] % 64]


def _clouds(points: np.ndarray, seed: int) -> np.ndarray:
    """Smooth noise in -1..1 at `points` `(N, 2)`, one bump per unit."""
    # OpenCV's maps are images, so the row of points is folded; its last row is padded with zeros.
    folded = np.zeros((len(points) // 1024 + 1, 1024, 2), np.float32)
    folded.reshape(-1, 2)[: len(points)] = points % 64
    smooth = np.pad(_table(seed).astype(np.float32), 2, mode="wrap") * 2 - 1
    noise = cv2.remap(smooth, folded[..., 1] + 2, folded[..., 0] + 2, cv2.INTER_CUBIC)
    return noise.ravel()[: len(points)]


def _table(seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 11]).random((64, 64))
