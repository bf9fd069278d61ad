"""Fit a camera to points with known positions in the image and in the world."""

from dataclasses import dataclass

import cv2
import numpy as np

from mtmc.calibration.homography import HomographyCamera
from mtmc.calibration.pinhole import Camera
from mtmc.calibration.plausibility import check_camera, check_points

FEWEST_ON_GROUND, FEWEST_IN_SPACE = 4, 6
# Fewest points to fit one lens coefficient, and to fit a second one with the principal point.
WITH_LENS, WITH_PRINCIPAL_POINT = 8, 20
FLAT = 0.01  # points whose thickness is below this share of their extent count as coplanar
WORST = 0.01  # of the image diagonal: the largest root mean square error accepted


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one camera: `pixels` `(N, 2)`, `points` `(N, 3)` in the world (ground: z = 0), `lines` `(N,)` in their file."""

    pixels: np.ndarray
    points: np.ndarray
    lines: np.ndarray

    def __post_init__(self) -> None:
        for field in ("pixels", "points"):
            object.__setattr__(self, field, np.ascontiguousarray(getattr(self, field), dtype=np.float64))  # as OpenCV requires

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted camera. `errors` `(N,)` are reprojection errors in pixels; `ground_errors` `(N,)` are the distances on the ground,
    in the camera's unit, between each point and the back-projection of its pixel, NaN for points above the ground."""

    camera: Camera | HomographyCamera
    errors: np.ndarray
    ground_errors: np.ndarray

    @property
    def root_mean_square(self) -> float:
        """Root mean square of the reprojection errors, in pixels."""
        return float(np.sqrt((self.errors**2).mean()))


def fit_camera(points: Points, image_size: tuple[int, int] | None = None, unit: str = "m", known: Camera | None = None) -> Fit:
    """Fit a camera to `points`.

    With `known`, its K and distortion are kept and the pose is fitted (at least 4 points). Otherwise, from at least 6 points that
    do not lie in one plane, a pinhole camera is fitted, including its focal length and, with more points, its lens and principal
    point (Zhang, PAMI 2000, as in OpenCV's `calibrateCamera`); this needs `image_size` (width, height). From 4 or more points on
    the ground a homography in `unit` is fitted (Hartley and Zisserman, algorithms 4.2 and 4.3, as in `findHomography`).

    Raises `ValueError` for points outside the image, for points that do not determine a camera and for an implausible camera (see
    `check_points` and `check_camera`). Every point must lie in front of the camera, and the root mean square reprojection error
    must be at most 1% of the image diagonal.
    """
    on_ground = bool((points.points[:, 2] == 0).all())
    fewest = FEWEST_ON_GROUND if on_ground or known is not None else FEWEST_IN_SPACE
    if len(points) < fewest:
        raise ValueError(f"at least {fewest} points are needed, not {len(points)}")
    _check_inside(points, image_size if known is None else known.image_size)
    check_points(points.points, "m" if known is not None or not on_ground else unit)
    camera: Camera | HomographyCamera
    if known is not None:
        camera = _with_pose(known, points)
    elif on_ground:
        camera = _fit_homography(points, image_size, unit)
    else:
        camera = _fit_pinhole(points, image_size)
    check_camera(camera)
    return _judged(camera, points)


def _check_inside(points: Points, image_size: tuple[int, int] | None) -> None:
    """Raise `ValueError` for a point more than a pixel outside the image, whose size the pixels then do not belong to."""
    if image_size is None:
        return
    outside = ((points.pixels < -1) | (points.pixels > np.add(image_size, 1))).any(axis=1)
    if outside.any():
        first = int(outside.argmax())
        (u, v), (width, height) = points.pixels[first], image_size
        turned = not ((points.pixels < -1) | (points.pixels > np.add(image_size[::-1], 1))).any()
        asked = "are the width and height swapped?" if turned else "was it measured in an image of another size?"
        raise ValueError(
            f"{outside.sum()} of {len(points)} points are outside the image of {width}x{height} pixels, first in line "
            f"{points.lines[first]} (u {u:g}, v {v:g}): {asked}"
        )


def _thickness(points: np.ndarray, dimensions: int) -> float:
    """How far points `(N, D)` spread in their `dimensions`-th direction, as a share of the first: 0 on a line or a plane."""
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return float(spread[dimensions - 1] / max(spread[0], 1e-300))


def _fit_homography(points: Points, image_size: tuple[int, int] | None, unit: str) -> HomographyCamera:
    if min(_thickness(points.pixels, 2), _thickness(points.points[:, :2], 2)) < FLAT:
        raise ValueError("the points lie on one line: add some off the line")
    matrix, _ = cv2.findHomography(points.pixels, points.points[:, :2], 0)
    if matrix is None:
        raise ValueError("no homography fits the points: no three of the first four may be collinear")
    return HomographyCamera(matrix, image_size, unit)


def _fit_pinhole(points: Points, image_size: tuple[int, int] | None) -> Camera:
    if image_size is None:
        raise ValueError("points above the ground need the image width and height")
    if _thickness(points.points, 3) < FLAT:
        raise ValueError("the points lie in one plane: add some at other heights, use z = 0 only, or give the camera's K")
    starts = [_with_pose(_plain(factor * max(image_size), image_size), points) for factor in np.geomspace(0.3, 6.0, 16)]
    with np.errstate(invalid="ignore"):
        start = min(starts, key=lambda camera: np.nan_to_num(_distances(camera, points), nan=1e9).sum())
    flags = cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K3
    flags |= 0 if len(points) >= WITH_LENS else cv2.CALIB_FIX_K1
    flags |= 0 if len(points) >= WITH_PRINCIPAL_POINT else cv2.CALIB_FIX_PRINCIPAL_POINT | cv2.CALIB_FIX_K2
    views = [points.points.astype(np.float32)], [points.pixels.astype(np.float32)]
    _, matrix, distortion, turns, shifts = cv2.calibrateCamera(*views, image_size, start.matrix.copy(), np.zeros(5), flags=flags)
    return Camera(matrix, distortion.ravel()[:5], _motion(turns[0], shifts[0]), image_size)


def _plain(focal: float, image_size: tuple[int, int]) -> Camera:
    width, height = image_size
    matrix = np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])
    return Camera(matrix, np.zeros(5), np.eye(4), image_size)


def _with_pose(camera: Camera, points: Points) -> Camera:
    """`camera` with the pose that projects `points` to their pixels: Terzakis and Lourakis, ECCV 2020, then
    Levenberg-Marquardt."""
    known = camera.matrix, camera.distortion
    found, turn, shift = cv2.solvePnP(points.points, points.pixels, *known, flags=cv2.SOLVEPNP_SQPNP)
    if not found:
        raise ValueError("no camera pose fits the points")
    turn, shift = cv2.solvePnPRefineLM(points.points, points.pixels, *known, turn, shift)
    return Camera(*known, _motion(turn, shift), camera.image_size, camera.reach)


def _motion(turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    motion = np.eye(4)
    motion[:3, :3] = cv2.Rodrigues(turn)[0]
    motion[:3, 3] = shift.ravel()
    return motion


def _distances(camera: Camera | HomographyCamera, points: Points) -> np.ndarray:
    seen = camera.project(points.points) if camera.has_height else camera.to_image(points.points[:, :2])
    return np.linalg.norm(seen - points.pixels, axis=1)


def _judged(camera: Camera | HomographyCamera, points: Points) -> Fit:
    errors = _distances(camera, points)
    if np.isnan(errors).any():
        raise ValueError(
            f"the point in line {points.lines[np.isnan(errors).argmax()]} lies behind the camera: are its coordinates right?"
        )
    aside = np.linalg.norm(camera.to_ground(points.pixels) - points.points[:, :2], axis=1)
    fit = Fit(camera, errors, np.where(points.points[:, 2] == 0, aside, np.nan))
    limit = WORST * float(np.hypot(*(camera.image_size or np.ptp(points.pixels, axis=0))))
    if fit.root_mean_square > limit:
        worst = int(errors.argmax())
        raise ValueError(
            f"the root mean square reprojection error is {fit.root_mean_square:.1f} px, over the limit of {limit:.1f} px, "
            f"worst in line {points.lines[worst]} ({errors[worst]:.1f} px): is one wrong, or are u and v, or x and y, swapped?"
        )
    return fit
