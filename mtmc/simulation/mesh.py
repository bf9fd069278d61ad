"""Bodies made of tubes: rings of points joined by flat-shaded facets, drawn far to near into a small antialiased sprite."""

from dataclasses import dataclass

import cv2
import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.windows import Window

# Points per ring; point k faces direction 2 pi k / SIDES from the ring's first axis (forward, if upright) to its second (left).
SIDES = 12
ANGLES = 2 * np.pi * np.arange(SIDES) / SIDES
SUN = np.array([0.45, 0.35, 0.82]) / np.linalg.norm([0.45, 0.35, 0.82])
OVERSAMPLING = 2
SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


@dataclass(frozen=True, eq=False)
class Tube:
    """Rings joined into a tube, in the axes of its bones.

    `centres` `(R, 3)` and `radii` `(R, 2)` are ordered along the tube's axis (z up, or x forward when `lying`); `bones` `(R,)`
    names the bone that carries each ring; `colours` `(R - 1, SIDES, 3)` are BGR 0 to 255, one per facet. End rings of radius near
    0 close the tube. `lift`, in metres, moves the tube nearer when facets are sorted, so cloth covers what would poke through it.
    """

    centres: np.ndarray
    radii: np.ndarray
    bones: np.ndarray
    colours: np.ndarray
    lying: bool = False
    lift: float = 0.0


class Mesh:
    """Tubes merged into arrays: `rings` `(R, SIDES, 3)` in bone axes, `bones` `(R,)`, facets over the flattened points."""

    def __init__(self, tubes: list[Tube]) -> None:
        rings, joints, first = [], [], 0
        for tube in tubes:
            circle = np.stack([np.cos(ANGLES), np.sin(ANGLES)])
            offsets = np.zeros((len(tube.centres), SIDES, 3))
            plane = (1, 2) if tube.lying else (0, 1)
            for axis, radius, wave in zip(plane, tube.radii.T, circle, strict=True):
                offsets[:, :, axis] = radius[:, None] * wave
            rings.append(tube.centres[:, None] + offsets)
            joints.append(first + np.arange(len(tube.centres) - 1))
            first += len(tube.centres)
        self.rings = np.concatenate(rings)
        self.bones = np.concatenate([tube.bones for tube in tubes])
        self.joints = np.concatenate(joints)
        here = self.joints[:, None] * SIDES + np.arange(SIDES)
        beside = self.joints[:, None] * SIDES + (np.arange(SIDES) + 1) % SIDES
        self.facets = np.stack([here, beside, beside + SIDES, here + SIDES], axis=-1).reshape(-1, 4)
        self.colours = np.concatenate([tube.colours for tube in tubes]).reshape(-1, 3)
        self.lift = np.concatenate([np.full(tube.colours[..., 0].size, tube.lift) for tube in tubes])

    def points(self, pose: np.ndarray) -> np.ndarray:
        """World points `(R * SIDES, 3)` under `pose` `(B, 3, 4)`, one motion per bone, from bone axes to the world."""
        motion = pose[self.bones]
        return (self.rings @ motion[:, :, :3].transpose(0, 2, 1) + motion[:, None, :, 3]).reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class Sprite:
    """A small image to overlay on a frame: `colour` `(h, w, 3)` float32, already multiplied by `alpha` `(h, w)`, top left at
    `corner` (x, y)."""

    colour: np.ndarray
    alpha: np.ndarray
    corner: tuple[int, int]

    def over(self, frame: np.ndarray, gains: np.ndarray) -> None:
        """Blend into `frame` `(H, W, 3)` uint8, in place, the colours times `gains` `(3,)`; the sprite must lie inside."""
        left, top = self.corner
        height, width = self.alpha.shape
        region = frame[top : top + height, left : left + width]
        mixed = self.colour * gains
        mixed += region * (1.0 - self.alpha)[..., None]
        region[:] = np.minimum(mixed + 0.5, 255.0)


def silhouette(mesh: Mesh, pixels: np.ndarray, window: Window) -> np.ndarray:
    """Which pixels of `window` the body covers, bool `(h, w)`, from its projected points `(R * SIDES, 2)`."""
    left, top, right, bottom = window
    mask = np.zeros((bottom - top, right - left), np.uint8)
    rings = np.rint((pixels - (left, top)) * (1 << SHIFT)).astype(np.int32).reshape(-1, SIDES, 2)
    for pair in np.concatenate([rings[mesh.joints], rings[mesh.joints + 1]], axis=1):
        cv2.fillConvexPoly(mask, cv2.convexHull(pair), 1, shift=SHIFT)
    return mask.view(bool)


def paint(mesh: Mesh, points: np.ndarray, pixels: np.ndarray, camera: Camera, window: Window) -> Sprite:
    """Draw the facets that face the camera, far to near, lit by the sun, within `window`."""
    left, top, right, bottom = window
    first, second, third, fourth = (points[mesh.facets[:, corner]] for corner in range(4))
    sight = camera.position - (first + second + third + fourth) / 4
    normals = _cross(second - fourth, third - first)
    facing = np.flatnonzero(np.einsum("ij,ij->i", normals, sight) > 0)
    normals, sight = normals[facing], sight[facing]
    distance = np.sqrt(np.einsum("ij,ij->i", sight, sight))
    normals /= np.sqrt(np.einsum("ij,ij->i", normals, normals))[:, None]
    towards = np.einsum("ij,ij->i", normals, sight) / distance
    # Light from the sky, some sun, and a little more on facets that face the viewer, which rounds the limbs.
    light = 0.60 + 0.12 * normals[:, 2] + 0.28 * np.maximum(normals @ SUN, 0) + 0.14 * towards
    order = np.argsort(mesh.lift[facing] - distance, kind="stable")
    drawn = facing[order]
    paints = np.full((len(drawn), 4), 255.0)
    paints[:, :3] = np.minimum(mesh.colours[drawn] * light[order, None], 255.0)
    # People close to the camera need no supersampling.
    scale = OVERSAMPLING if max(right - left, bottom - top) < 400 else 1
    canvas = np.zeros(((bottom - top) * scale, (right - left) * scale, 4), np.uint8)
    place = (pixels - (left - 0.5, top - 0.5)) * scale - 0.5
    shapes = np.rint(place * (1 << SHIFT)).astype(np.int32)[mesh.facets[drawn]]
    for shape, colour in zip(shapes, paints.tolist(), strict=True):
        cv2.fillConvexPoly(canvas, shape, colour, cv2.LINE_8, SHIFT)
    shrunk = cv2.resize(cv2.blur(canvas, (3, 3)), (right - left, bottom - top), interpolation=cv2.INTER_AREA).astype(np.float32)
    return Sprite(shrunk[..., :3], shrunk[..., 3] / 255.0, (left, top))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Row-wise cross product `(N, 3)`; several times faster than `np.cross`."""
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)
