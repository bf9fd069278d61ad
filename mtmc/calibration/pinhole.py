"""Calibrated pinhole cameras: world coordinates (metres, ground z = 0) to pixels, and back to the ground."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import cv2
import numpy as np

from mtmc.calibration.plane import ground_covariance, inside_image

# A nearer point has no usable projection: the division by its depth blows up.
NEAREST_DEPTH = 0.05
# Metres from a person's middle to where their box ends below, at the tips of the feet. With the lean, it brings two real views of
# a person from 0.30 m to 0.16 m of each other (median, tests/test_calibration_real_views.py); 0.1 and 0.3 leave more.
BODY_RADIUS = 0.16


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera with OpenCV's lens model.

    `matrix` `(3, 3)` is K in pixels, `distortion` `(4,)` or `(5,)` is k1 k2 p1 p2 [k3], `world_to_camera` `(4, 4)` is the rigid
    motion from world metres to the camera's axes (x right, y down, z forward), `image_size` is (width, height). Ground farther
    away than `reach` metres counts as out of view. Raises `ValueError` for arrays of another shape or with NaN, and for a K
    without an inverse.
    """

    matrix: np.ndarray
    distortion: np.ndarray
    world_to_camera: np.ndarray
    image_size: tuple[int, int]
    reach: float = np.inf

    metric: ClassVar[bool] = True
    has_height: ClassVar[bool] = True
    unit: ClassVar[str] = "m"

    def __post_init__(self) -> None:
        for field, shapes in (("matrix", [(3, 3)]), ("distortion", [(4,), (5,)]), ("world_to_camera", [(4, 4)])):
            array = np.array(getattr(self, field), dtype=np.float64)
            if array.shape not in shapes or not np.isfinite(array).all():
                wanted = " or ".join(map(str, shapes))
                raise ValueError(f"a camera's {field} must be finite, of the shape {wanted}, not {array.shape}")
            object.__setattr__(self, field, array)
        if np.linalg.cond(self.matrix[:2, :2]) > 1e6 or np.abs(self.matrix[2] - (0, 0, 1)).max() > 1e-6:
            raise ValueError("a camera's matrix must have focal lengths that are not 0, and 0 0 1 as its last row")

    @classmethod
    def look_at(
        cls,
        position: tuple[float, float, float],
        target: tuple[float, float, float],
        focal: float,
        image_size: tuple[int, int],
        distortion: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0),
    ) -> "Camera":
        """A level camera at `position` whose optical axis passes through `target` (both metres), `focal` in pixels."""
        forward = np.subtract(target, position).astype(np.float64)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        if np.linalg.norm(right) < 1e-9:
            raise ValueError(
                "look_at needs a target that is not straight above or below the camera: the up direction is undefined there"
            )
        axes = np.stack([right, np.cross(forward, right), forward])
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        motion = np.eye(4)
        motion[:3, :3] = axes
        motion[:3, 3] = -axes @ np.asarray(position, dtype=np.float64)
        width, height = image_size
        matrix = np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])
        return cls(matrix, np.array(distortion), motion, image_size)

    @classmethod
    def from_projection(cls, projection: np.ndarray, image_size: tuple[int, int]) -> "Camera":
        """The camera of a `(3, 4)` projection matrix from homogeneous world metres to pixels, defined up to scale.

        RQ decomposition splits it into K, which may have skew, and the rigid motion (Hartley and Zisserman, Multiple View
        Geometry, 2nd edition, section 6.2.4). Raises `ValueError` for a matrix without a finite camera centre.
        """
        projection = np.asarray(projection, dtype=np.float64)
        if projection.shape != (3, 4) or not np.isfinite(projection).all():
            raise ValueError(f"a projection must be finite, of the shape (3, 4), not {projection.shape}")
        if np.linalg.cond(projection[:, :3]) > 1e12:
            raise ValueError("the left 3x3 part of the projection is singular: the camera centre is not finite")
        if np.linalg.det(projection[:, :3]) < 0:
            projection = -projection  # the sign is arbitrary; a rotation needs this one
        matrix, rotation, centre = cv2.decomposeProjectionMatrix(projection)[:3]
        signs = np.sign(np.diag(matrix))
        matrix, rotation = matrix * signs, signs[:, None] * rotation
        motion = np.eye(4)
        motion[:3, :3] = rotation
        motion[:3, 3] = -rotation @ (centre[:3, 0] / centre[3, 0])
        return cls(matrix / matrix[2, 2], np.zeros(4), motion, image_size)

    @cached_property
    def position(self) -> np.ndarray:
        """The camera centre, `(3,)` metres."""
        return -self.world_to_camera[:3, :3].T @ self.world_to_camera[:3, 3]

    @cached_property
    def _lens(self) -> tuple[float, ...]:
        """k1 k2 p1 p2 k3."""
        return tuple(np.append(self.distortion, 0.0)[:5].tolist())

    @cached_property
    def _widest(self) -> float:
        """The squared distance from the optical axis, at depth 1, up to which the radial lens model is one-to-one.

        Beyond the first turning point of r (1 + k1 r^2 + k2 r^4 + k3 r^6), points far out of view fold back into the image.
        """
        k1, k2, _, _, k3 = self._lens
        roots = np.roots([7 * k3, 5 * k2, 3 * k1, 1.0])
        turning = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)]
        return float(turning.min(initial=np.inf))

    def to_camera(self, points: np.ndarray) -> np.ndarray:
        """World points `(N, 3)` in the camera's axes, `(N, 3)` metres; the last column is the depth."""
        points = np.asarray(points, dtype=np.float64).reshape(-1, 3)
        return points @ self.world_to_camera[:3, :3].T + self.world_to_camera[:3, 3]

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels `(N, 2)` of world points `(N, 3)`, also outside the image; NaN behind the camera or beyond the lens model."""
        local = self.to_camera(points)
        seen = local[:, 2] > NEAREST_DEPTH
        plane = local[:, :2] / np.where(seen, local[:, 2], np.nan)[:, None]
        plane[(plane**2).sum(axis=1) > self._widest] = np.nan
        plane = self._distort(plane)
        return plane @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def rays(self, pixels: np.ndarray) -> np.ndarray:
        """World directions `(N, 3)` of depth 1 seen at pixels `(N, 2)`, starting at `position`; NaN where there is none."""
        return self._directions(self._plane(pixels))

    def to_ground(self, pixels: np.ndarray) -> np.ndarray:
        """Ground points `(N, 2)`, metres, seen at pixels `(N, 2)`; NaN where the ray does not hit the ground in front of the
        camera."""
        return self._meet_ground(self.rays(pixels))

    def ground_covariance(self, pixels: np.ndarray, pixel_error: float) -> np.ndarray:
        """Covariances `(N, 2, 2)`, square metres, of the ground points seen at pixels `(N, 2)`; NaN where there is none.

        `pixel_error` is the standard deviation in pixels of either coordinate. To first order the covariance is s^2 (J^T J)^-1,
        where J is the derivative of the pixel with respect to the ground point (Hartley and Zisserman, result 5.8).
        """
        return ground_covariance(self._pixel_slopes(self.to_ground(pixels)), pixel_error)

    def to_image(self, ground: np.ndarray) -> np.ndarray:
        """Pixels `(N, 2)` of ground points `(N, 2)`, also outside the image; NaN as in `project`."""
        ground = np.asarray(ground, dtype=np.float64).reshape(-1, 2)
        return self.project(np.column_stack([ground, np.zeros(len(ground))]))

    def sees(self, ground: np.ndarray) -> np.ndarray:
        """Whether ground points `(N, 2)` lie in the image, in front of the camera and within `reach`: `(N,)` bool."""
        ground = np.asarray(ground, dtype=np.float64).reshape(-1, 2)
        near = np.linalg.norm(ground - self.position[:2], axis=1) <= self.reach
        return near & inside_image(self.to_image(ground), self.image_size)

    def locate(self, boxes: np.ndarray, pixel_error: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ground positions and heights of the upright people in `boxes` `(N, 4)` xyxy pixels.

        Returns ground points `(N, 2)`, covariances `(N, 2, 2)` of the points where the boxes end below, for an error of
        `pixel_error` pixels in either direction, and heights `(N,)` in metres: where the ray of the top passes nearest to the
        vertical line above the ground point. NaN where there is none.

        A person is a vertical cylinder. Its box ends at the side that is nearer to the camera, `BODY_RADIUS` before the ground
        point. A camera that looks down sees people lean outwards near the sides of its image, for the line from the feet to the
        head points at the vanishing point of the vertical; the middle of the box then lies halfway between feet and head.
        """
        middles = (boxes[:, 0] + boxes[:, 2]) / 2
        pixels = np.column_stack([np.tile(middles, 2), np.concatenate([boxes[:, 3], boxes[:, 1]])])
        feet, tops = np.split(self._plane(pixels), 2)
        lean = _lean(feet, tops, self.world_to_camera[:3, 2], (boxes[:, 2] - boxes[:, 0]) / self.matrix[0, 0])
        feet[:, 0] -= lean / 2
        tops[:, 0] += lean / 2
        edge, upward = self._meet_ground(self._directions(feet)), self._directions(tops)
        away = edge - self.position[:2]
        with np.errstate(invalid="ignore"):
            ground = edge + BODY_RADIUS * away / np.linalg.norm(away, axis=1, keepdims=True)
        along = ((ground - self.position[:2]) * upward[:, :2]).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = self.position[2] + upward[:, 2] * along / (upward[:, :2] ** 2).sum(axis=1)
        return ground, ground_covariance(self._pixel_slopes(edge), pixel_error), heights

    def _plane(self, pixels: np.ndarray) -> np.ndarray:
        """Points `(N, 2)` at depth 1 in the camera's axes, seen at pixels `(N, 2)`; NaN where there is none."""
        pixels = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        return self._undistort((pixels - self.matrix[:2, 2]) @ self._inverse.T)

    def _directions(self, plane: np.ndarray) -> np.ndarray:
        """World directions `(N, 3)` of the points `plane` `(N, 2)` at depth 1."""
        return plane @ self.world_to_camera[:2, :3] + self.world_to_camera[2, :3]

    @cached_property
    def _inverse(self) -> np.ndarray:
        return np.linalg.inv(self.matrix[:2, :2])

    def _meet_ground(self, rays: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = -self.position[2] / rays[:, 2]
            reach[~((reach > 0) & (reach < np.inf))] = np.nan
        return self.position[:2] + reach[:, None] * rays[:, :2]

    def _pixel_slopes(self, ground: np.ndarray) -> np.ndarray:
        """The derivatives `(N, 2, 2)` of the pixel (rows u, v) with respect to the ground point (columns x, y) at `ground` `(N,
        2)`."""
        local = self.to_camera(np.column_stack([ground, np.zeros(len(ground))]))
        plane = local[:, :2] / local[:, 2:]
        axes = self.world_to_camera[:3, :2]
        slopes = (axes[:2] - plane[:, :, None] * axes[2]) / local[:, 2, None, None]
        if self.distortion.any():
            _, _, a, b, d = self._bend(*plane.T)
            slopes = np.moveaxis(np.array([[a, b], [b, d]]), -1, 0) @ slopes
        return self.matrix[:2, :2] @ slopes

    def _distort(self, plane: np.ndarray) -> np.ndarray:
        return np.column_stack(self._bend(*plane.T)[:2]) if self.distortion.any() else plane

    def _bend(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        """Distorted positions of points `x`, `y` `(N,)` at depth 1, and the Jacobian [[a, b], [b, d]] there: u, v, a, b, d."""
        k1, k2, p1, p2, k3 = self._lens
        xx, xy, yy = x * x, x * y, y * y
        square = xx + yy
        radial = 1.0 + square * (k1 + square * (k2 + square * k3))
        slope = 2.0 * k1 + square * (4.0 * k2 + square * (6.0 * k3))
        u = x * radial + 2.0 * p1 * xy + p2 * (square + 2.0 * xx)
        v = y * radial + p1 * (square + 2.0 * yy) + 2.0 * p2 * xy
        tilt = radial + 2.0 * (p1 * y + p2 * x)
        return u, v, tilt + slope * xx + 4.0 * p2 * x, slope * xy + 2.0 * (p1 * x + p2 * y), tilt + slope * yy + 4.0 * p1 * y

    def _undistort(self, target: np.ndarray) -> np.ndarray:
        """Solve distort(plane) = target by Newton's method; NaN where it does not converge to a point within the lens model."""
        if not self.distortion.any():
            return target
        x, y = target.T
        with np.errstate(all="ignore"):
            for _ in range(20):
                u, v, a, b, d = self._bend(x, y)
                ex, ey = target[:, 0] - u, target[:, 1] - v
                if not np.nanmax(np.maximum(np.abs(ex), np.abs(ey)), initial=0.0) > 1e-12:
                    break
                determinant = a * d - b * b
                x, y = x + (d * ex - b * ey) / determinant, y + (a * ey - b * ex) / determinant
            found = (np.maximum(np.abs(ex), np.abs(ey)) < 1e-8) & (x * x + y * y <= self._widest)
        return np.where(found[:, None], np.column_stack([x, y]), np.nan)


def _lean(feet: np.ndarray, tops: np.ndarray, up: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """How far right of the feet the heads are, `(N,)`, of upright people in boxes whose lower and upper edges have their middles
    at `feet` and `tops` `(N, 2)`, at depth 1.

    `up` `(3,)` is the world's vertical in the camera's axes. The line from a foot (x, y) to the head has the direction up[:2] -
    (x, y) up[2]. Nobody leans farther than their box is wide, `widths` `(N,)`; none is known where the vertical has no height.
    """
    x, y = feet.T
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = (tops[:, 1] - y) / (up[1] - y * up[2])
        lean = (x - tops[:, 0] + rise * (up[0] - x * up[2])) / (1 - rise * up[2] / 2)
    known = (rise > 0) & np.isfinite(lean)
    return np.clip(np.where(known, lean, 0.0), -widths, widths)
