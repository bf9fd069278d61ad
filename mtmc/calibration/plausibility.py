"""Whether a calibration can be true: the ground in view, the camera above it, and at a height of metres, not millimetres."""

import numpy as np

from mtmc.calibration.homography import HomographyCamera
from mtmc.calibration.pinhole import Camera

# Cameras that watch people hang between a person's knee and the top of a tall building.
LOWEST, HIGHEST = 0.3, 100.0  # metres above the ground
NARROWEST, WIDEST = 0.1, 500.0  # metres from the first to the last of the points that calibrate one


def check_camera(camera: Camera | HomographyCamera) -> None:
    """Raise `ValueError`, saying what is wrong, for a camera that cannot watch people on the ground.

    A pinhole camera must have a rigid motion, stand `LOWEST` to `HIGHEST` metres above the ground and see some of it; so tells a
    calibration in another unit, or with another axis up, itself. Of a homography only the last can be checked.
    """
    if isinstance(camera, Camera):
        rotation = camera.world_to_camera[:3, :3]
        if np.abs(rotation @ rotation.T - np.eye(3)).max() > 1e-3 or np.linalg.det(rotation) < 0:
            raise ValueError("world_to_camera does not begin with a rotation (orthonormal rows, determinant 1)")
        if np.abs(camera.world_to_camera[3] - (0, 0, 0, 1)).max() > 1e-9:
            raise ValueError("the last row of world_to_camera is not 0 0 0 1")
        _check_height(camera.position[2])
    if camera.image_size is not None:
        width, height = camera.image_size
        columns, rows = np.meshgrid(np.linspace(0, width, 9), np.linspace(0, height, 9))
        pixels = np.column_stack([columns.ravel(), rows.ravel()])
        if not np.isfinite(camera.to_ground(pixels)).all(axis=1).any():
            raise ValueError(
                "no pixel of its image sees the ground, which lies behind it: are its axes x right, y down, z forward?"
            )


def check_points(points: np.ndarray, unit: str) -> None:
    """Raise `ValueError`, saying what is wrong, for world points `(N, 3)` that mix metres with millimetres or are in neither.

    Two units are mixed where some points are 300 times as far from the origin as all others that are not at it. The extent can
    only be judged where `unit` is "m".
    """
    radii = np.sort(np.abs(points).max(axis=1))
    radii = radii[radii >= 0.5]
    jumps = radii[1:] >= 300.0 * radii[:-1]
    if jumps.any():
        at = int(jumps.argmax())
        raise ValueError(
            f"coordinates go up to {radii[at]:g} and then from {radii[at + 1]:g} on: are metres mixed with millimetres?"
        )
    extent = float(np.ptp(points, axis=0).max(initial=0.0))
    if unit == "m" and not NARROWEST <= extent <= WIDEST:
        asked = "in millimetres or centimetres" if extent > WIDEST else "in kilometres, or all at one place"
        raise ValueError(f"the points span {extent:.4g} m, beyond {NARROWEST:g} to {WIDEST:g} m: are they {asked}?")


def _check_height(height: float) -> None:
    if LOWEST <= height <= HIGHEST:
        return
    if height <= 0:
        raise ValueError(f"it stands {-height:.3g} m below the ground: the world's z axis must point up, the ground being z = 0")
    units = [name for name, factor in (("millimetres", 1000), ("centimetres", 100)) if 1.0 <= height / factor <= 20.0]
    asked = f"is the calibration in {' or '.join(units)}" if height > HIGHEST and units else "is the calibration in another unit"
    raise ValueError(f"it stands {height:.4g} m above the ground, beyond {LOWEST:g} to {HIGHEST:g} m: {asked}?")
