"""Plausibility of a calibration: the ground is in view, the camera above it at a height in metres, and people are that tall."""

import numpy as np

from mtmc.calibration.homography import HomographyCamera
from mtmc.calibration.pinhole import Camera

# Cameras that watch people are mounted between a person's knee and the top of a tall building.
LOWEST, HIGHEST = 0.3, 100.0  # metres above the ground
NARROWEST, WIDEST = 0.1, 500.0  # metres: extent of the calibration points
SHORT, TALL = 1.0, 2.3  # metres: median height of standing people, children among them
FORESHORTENED = 0.7  # metres: the same, where only a box's height can be measured and the camera looks down
DWARF, GIANT = 0.3, 6.0  # metres: medians that no people have
APART = 200.0  # metres: extent of nine tenths of the people in one view
UNEVEN = 1.8  # ratio of the statures in two quarters of a view: up to 1.4 in real recordings, over 2.1 with inverse homographies
STANDING = 1.5, 4.0  # height by width of the boxes that are measured; others are of people who sit, or of no people
FEW, MANY = 10, 40  # standing people to measure at all, and to compare the quarters of the view
UNKNOWN, SAME = (1000, 1000), 0.1  # pixels: an image of unknown size, and how far from itself a pixel may come back
FARTHEST_GROUND = 1e9  # in any unit: no ground that half the pixels of a view see is farther away


def check_camera(camera: Camera | HomographyCamera) -> None:
    """Raise `ValueError` for a camera that cannot watch people on the ground.

    A pinhole camera must have a rigid motion, be `LOWEST` to `HIGHEST` metres above the ground, and see some of it; this reveals
    a calibration in another unit or with another axis up. For a homography, only the last is checked. For both, ground points
    must lead back to their pixels.
    """
    if isinstance(camera, Camera):
        rotation = camera.world_to_camera[:3, :3]
        if np.abs(rotation @ rotation.T - np.eye(3)).max() > 1e-3 or np.linalg.det(rotation) < 0:
            raise ValueError("world_to_camera must begin with a rotation (orthonormal rows, determinant 1)")
        if np.abs(camera.world_to_camera[3] - (0, 0, 0, 1)).max() > 1e-9:
            raise ValueError("the last row of world_to_camera must be 0 0 0 1")
        _check_height(camera.position[2])
    width, height = camera.image_size or UNKNOWN
    columns, rows = np.meshgrid(np.linspace(0, width, 9), np.linspace(0, height, 9))
    pixels = np.column_stack([columns.ravel(), rows.ravel()])
    ground = camera.to_ground(pixels)
    seen = np.isfinite(ground).all(axis=1)
    if camera.image_size is not None and not seen.any():
        raise ValueError("no pixel sees the ground, which lies behind the camera: are its axes x right, y down, z forward?")
    if not seen.any():
        return
    if np.median(np.abs(ground[seen]).max(axis=1)) > FARTHEST_GROUND:
        raise ValueError(f"its pixels see the ground beyond {FARTHEST_GROUND:g} {camera.unit}: a number is damaged")
    if np.median(np.nan_to_num(np.abs(camera.to_image(ground[seen]) - pixels[seen]), nan=np.inf)) > SAME:
        raise ValueError("the ground points of its pixels do not lead back to them: it is singular, or nearly so")


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


def measure_people(camera: Camera | HomographyCamera, boxes: np.ndarray) -> tuple[float, str]:
    """The stature of the standing people in `boxes` `(N, 4)`, xyxy pixels, and what is suspicious about it, "" for nothing.

    The stature is the median, in the camera's unit, NaN for fewer than `FEW` people; without heights it is that of a box times
    the ground width of a pixel at its feet, as in `mtmc.ground.boxes`. It must be as in `SHORT`, `TALL` where the unit is
    metres, and nearly the same in all quarters of the view in any unit: an inverse homography fails that. Raises `ValueError`
    where the feet see no ground, and for people under `DWARF` or over `GIANT` metres.
    """
    boxes = boxes[_standing(boxes, camera.image_size)]
    if len(boxes) < FEW:
        return np.nan, ""
    ground, covariances, heights = camera.locate(boxes, 1.0)
    seen = np.isfinite(covariances).all(axis=(1, 2))
    if seen.mean() < 0.5:
        raise ValueError(f"{(~seen).sum()} of {len(boxes)} people stand where it sees no ground, as above the horizon")
    across = np.sqrt(np.maximum(np.linalg.eigvalsh(covariances[seen])[:, 0], 0)) * (boxes[seen, 3] - boxes[seen, 1])
    tall = heights[seen] if camera.has_height else across
    stature = _median(tall)
    asked = f"is it in another unit, or {'camera to world' if camera.has_height else 'the wrong way round'}?"
    told = f"{len(boxes)} standing people would be {stature:.3g} {camera.unit} tall"
    if camera.metric and not DWARF <= stature <= GIANT:
        raise ValueError(f"{told}: {asked}")
    measures = (tall, across) if len(tall) >= MANY else ()
    uneven = max((_uneven(each, boxes[seen, side]) for each in measures for side in (0, 3)), default=1.0)
    extent = float(np.ptp(np.percentile(ground[seen], [5, 95], axis=0), axis=0).max())
    shortest = SHORT if camera.has_height else FORESHORTENED
    if uneven <= UNEVEN and not (camera.metric and (extent > APART or not shortest <= stature <= TALL)):
        return stature, ""
    sides = f"{uneven:.1f} times as tall on one side of the view as on another"
    return stature, f"{told}, {sides}, and up to {extent:.3g} {camera.unit} apart: {asked}"


def _standing(boxes: np.ndarray, image_size: tuple[int, int] | None) -> np.ndarray:
    """Which boxes `(N, 4)` have the shape of a standing person and lie within the image, not cut by its edge: `(N,)` bool."""
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    within = (boxes[:, :2] > 0).all(axis=1) & (boxes[:, 2:] < np.subtract(image_size or np.inf, 1)).all(axis=1)
    return within & (height > STANDING[0] * width) & (height < STANDING[1] * width)


def _uneven(statures: np.ndarray, along: np.ndarray) -> float:
    """The largest ratio of median `statures` `(N,)` between the quarters of the people, sorted by `along` `(N,)`."""
    medians = [_median(statures[quarter]) for quarter in np.array_split(np.argsort(along), 4)]
    return float(max(medians) / max(min(medians), 1e-3 * max(medians)))


def _median(values: np.ndarray) -> float:
    """The median of the `values` `(N,)` that are not NaN; NaN without one."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else np.nan
