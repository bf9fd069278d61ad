"""Calibrated pinhole cameras: from the world, in metres with the ground at z = 0, to pixels and back to the ground."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import yaml

from reid.errors import InputError
from reid.files import replacing

# Nearer than this, a point has no usable image: the division by its depth explodes.
NEAREST_DEPTH = 0.05
KEYS = ("width", "height", "K", "distortion", "world_to_camera")


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera with OpenCV's lens model.

    `matrix` `(3, 3)` is K in pixels, `distortion` `(4,)` or `(5,)` is k1 k2 p1 p2 [k3], `world_to_camera` `(4, 4)` is the rigid
    motion from world metres to the camera's axes (x right, y down, z forward), `image_size` is (width, height).
    Arrays of another shape, or with NaN, raise `ValueError`.
    """

    matrix: np.ndarray
    distortion: np.ndarray
    world_to_camera: np.ndarray
    image_size: tuple[int, int]

    def __post_init__(self) -> None:
        for field, shapes in (("matrix", [(3, 3)]), ("distortion", [(4,), (5,)]), ("world_to_camera", [(4, 4)])):
            array = np.array(getattr(self, field), dtype=np.float64)
            if array.shape not in shapes or not np.isfinite(array).all():
                wanted = " or ".join(map(str, shapes))
                raise ValueError(f"a camera's {field} must be finite numbers of shape {wanted}, not {array.shape}")
            object.__setattr__(self, field, array)

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
            raise ValueError("look_at needs a target that is not straight above or below the camera: no side is up there")
        axes = np.stack([right, np.cross(forward, right), forward])
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
        motion = np.eye(4)
        motion[:3, :3] = axes
        motion[:3, 3] = -axes @ np.asarray(position, dtype=np.float64)
        width, height = image_size
        matrix = np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])
        return cls(matrix, np.array(distortion), motion, image_size)

    @cached_property
    def position(self) -> np.ndarray:
        """Where the camera stands, `(3,)` metres."""
        return -self.world_to_camera[:3, :3].T @ self.world_to_camera[:3, 3]

    @cached_property
    def _widest(self) -> float:
        """The squared distance from the optical axis, at depth 1, up to which the radial lens model is one-to-one.

        Beyond the first turning point of r (1 + k1 r^2 + k2 r^4 + k3 r^6) points far outside the view fold back into the image.
        """
        k1, k2 = self.distortion[:2]
        k3 = self.distortion[4] if len(self.distortion) == 5 else 0.0
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
        """World directions `(N, 3)` of depth 1 seen at pixels `(N, 2)`, starting at `position`; NaN where the lens shows none."""
        pixels = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        target = (pixels - self.matrix[:2, 2]) @ np.linalg.inv(self.matrix[:2, :2]).T
        plane = self._undistort(target)
        return np.column_stack([plane, np.ones(len(plane))]) @ self.world_to_camera[:3, :3]

    def to_ground(self, pixels: np.ndarray) -> np.ndarray:
        """Ground points `(N, 2)`, metres, seen at pixels `(N, 2)`; NaN where the ray meets no ground in front of the camera."""
        rays = self.rays(pixels)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = -self.position[2] / rays[:, 2]
        reach = np.where((reach > 0) & np.isfinite(reach), reach, np.nan)
        return self.position[:2] + reach[:, None] * rays[:, :2]

    def _distort(self, plane: np.ndarray) -> np.ndarray:
        if not self.distortion.any():
            return plane
        k1, k2, p1, p2, k3 = np.append(self.distortion, 0.0)[:5]
        x, y = plane[:, 0], plane[:, 1]
        square = x * x + y * y
        radial = 1.0 + square * (k1 + square * (k2 + square * k3))
        skew = 2 * x * y
        return np.column_stack(
            [x * radial + p1 * skew + p2 * (square + 2 * x * x), y * radial + p1 * (square + 2 * y * y) + p2 * skew]
        )

    def _undistort(self, target: np.ndarray) -> np.ndarray:
        """Solve distort(plane) = target by Newton's method; NaN where that leads to no point the lens model covers."""
        plane = target.copy()
        if not self.distortion.any():
            return plane
        k1, k2, p1, p2, k3 = np.append(self.distortion, 0.0)[:5]
        with np.errstate(all="ignore"):
            for _ in range(20):
                x, y = plane[:, 0], plane[:, 1]
                square = x * x + y * y
                radial = 1.0 + square * (k1 + square * (k2 + square * k3))
                slope = 2.0 * (k1 + square * (2.0 * k2 + square * 3.0 * k3))
                # The Jacobian is symmetric: [[a, b], [b, d]].
                a = radial + slope * x * x + 2 * p1 * y + 6 * p2 * x
                b = slope * x * y + 2 * p1 * x + 2 * p2 * y
                d = radial + slope * y * y + 6 * p1 * y + 2 * p2 * x
                ex, ey = (target - self._distort(plane)).T
                step = np.stack([d * ex - b * ey, a * ey - b * ex], axis=1) / (a * d - b * b)[:, None]
                plane = plane + step
                if not np.nanmax(np.abs(step), initial=0.0) > 1e-11:
                    break
            wrong = np.abs(target - self._distort(plane)).max(axis=1)
            plane[~((plane**2).sum(axis=1) <= self._widest) | ~(wrong < 1e-8)] = np.nan
        return plane


def load_cameras(path: str | Path) -> dict[str, Camera]:
    """The cameras of a YAML file by name, in the file's order; each holds `width height K distortion world_to_camera`.

    A file that is not such YAML raises `InputError`.
    """
    try:
        entries = yaml.safe_load(Path(path).read_text())
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(entries, dict) or not entries:
        raise InputError(f"{path} holds no cameras: it should map each camera's name to {', '.join(KEYS)}.")
    cameras = {}
    for name, entry in entries.items():
        missing = [key for key in KEYS if not isinstance(entry, dict) or key not in entry]
        if missing:
            raise InputError(f"{path}: camera {name} lacks {', '.join(missing)}.")
        try:
            size = (int(entry["width"]), int(entry["height"]))
            cameras[str(name)] = Camera(entry["K"], entry["distortion"], entry["world_to_camera"], size)
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}: camera {name} cannot be used: {error}.") from error
    return cameras


def save_cameras(path: str | Path, cameras: dict[str, Camera]) -> None:
    """Write `cameras` as the YAML that `load_cameras` reads."""
    entries = {
        name: {
            "width": camera.image_size[0],
            "height": camera.image_size[1],
            "K": camera.matrix.tolist(),
            "distortion": camera.distortion.tolist(),
            "world_to_camera": camera.world_to_camera.tolist(),
        }
        for name, camera in cameras.items()
    }
    with replacing(path) as temporary:
        temporary.write_text(yaml.safe_dump(entries, sort_keys=False, default_flow_style=None, width=130))
