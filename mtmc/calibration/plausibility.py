"""Plausibility of a calibration: the ground is in view, and the camera is above it at a height in metres, not millimetres."""

import numpy as np

from mtmc.calibration.homography import HomographyCamera
from mtmc.calibration.pinhole import Camera

# Cameras that watch people are mounted between a person's knee and the top of a tall building.
LOWEST, HIGHEST = 0.3, 100.0  # metres above the ground
NARROWEST, WIDEST = 0.1, 500.0  # metres: extent of the calibration points


def check_camera(camera: Camera | HomographyCamera) -> None:
    """Raise `ValueError` for a camera that cannot watch people on the ground.

    A pinhole camera must have a rigid motion, be `LOWEST` to `HIGHEST` metres above the ground, and see some of it; this reveals
    a calibration in another unit or with another axis up. For a homography, only the last is checked.
    """
    if isinstance(camera, Camera):
        rotation = camera.world_to_camera[:3, :3]
        if np.abs(rotation @ rotation.T - np.eye(3)).max() > 1e-3 or np.linalg.det(rotation) < 0:
            raise ValueError("world_to_camera must begin with a rotation (orthonormal rows, determinant 1)")
        if np.abs(camera.world_to_camera[3] - (0, 0, 0, 1)).max() > 1e-9:
            raise ValueError("the last row of world_to_camera must be 0 0 0 1")
        _check_height(camera.position[2])
    if camera.image_size is not None:
        width, height = camera.image_size
        columns, rows = np.meshgrid(np.linspace(0, width, 9), np.linspace(0, height, 9))
        pixels = np.column_stack([columns.ravel(), rows.ravel()])
        if not np.isfinite(camera.to_ground(pixels)).all(axis=1).any():
            raise ValueError("no pixel sees the ground, which lies behind the camera: are its axes x right, y down, z forward?")


def check_points(points: np.ndarray, unit: str) -> None:
    """Raise `ValueError` for world points `(N, 3)` that mix metres with millimetres, or are in another unit.

    Units are mixed if some points are 300 times as far from the origin as all others that are not at the origin. The extent is
    checked only if `unit` is "m".
    """
    radii = np.sort(np.abs(points).max(axis=1))
    radii = radii[radii >= 0.5]
    jumps = radii[1:] >= 300.0 * radii[:-1]
    if jumps.any():
        at = int(jumps.argmax())
        raise ValueError(f"coordinates jump from {radii[at]:g} to {radii[at + 1]:g}: are metres mixed with millimetres?")
    extent = float(np.ptp(points, axis=0).max(initial=0.0))
    if unit == "m" and not NARROWEST <= extent <= WIDEST:
        asked = "in millimetres or centimetres" if extent > WIDEST else "in kilometres, or all at one position"
        raise ValueError(f"the points span {extent:.4g} m, outside {NARROWEST:g} to {WIDEST:g} m: are they {asked}?")


def _check_height(height: float) -> None:
    if LOWEST <= height <= HIGHEST:
        return
    if height <= 0:
        raise ValueError(f"the camera is {-height:.3g} m below the ground: the z axis must point up, with the ground at z = 0")
    units = [name for name, factor in (("millimetres", 1000), ("centimetres", 100)) if 1.0 <= height / factor <= 20.0]
    asked = f"is the calibration in {' or '.join(units)}" if height > HIGHEST and units else "is the calibration in another unit"
    raise ValueError(f"the camera is {height:.4g} m above the ground, outside {LOWEST:g} to {HIGHEST:g} m: {asked}?")
