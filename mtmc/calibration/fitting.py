"""A camera fitted to points whose places on the ground, or above it, and in the image are known."""

from dataclasses import dataclass

import cv2
import numpy as np

from mtmc.calibration.homography import HomographyCamera
from mtmc.calibration.pinhole import Camera
from mtmc.calibration.plausibility import check_camera, check_points

FEWEST_ON_GROUND, FEWEST_IN_SPACE = 4, 6
# From so many points on, one coefficient of the lens is fitted, and then a second with the principal point.
WITH_LENS, WITH_PRINCIPAL_POINT = 8, 20
FLAT = 0.01  # thinner than this share of their extent, points count as lying in one plane
WORST = 0.01  # of the image's diagonal: a larger root mean square error is no calibration


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one camera: `pixels` `(N, 2)`, `points` `(N, 3)` in the world (ground: z = 0), `lines` `(N,)` to name them."""

    pixels: np.ndarray
    points: np.ndarray
    lines: np.ndarray

    def __post_init__(self) -> None:
        for field in ("pixels", "points"):
            object.__setattr__(self, field, np.ascontiguousarray(getattr(self, field), dtype=np.float64))  # as OpenCV wants it

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted camera: `errors` `(N,)` are the points' reprojection errors in pixels; `ground_errors` `(N,)` how far, in the
    camera's unit, the ground seen at the pixel is from the point, NaN for points above the ground."""

    camera: Camera | HomographyCamera
    errors: np.ndarray
    ground_errors: np.ndarray

    @property
    def root_mean_square(self) -> float:
        """Of the reprojection errors, in pixels."""
        return float(np.sqrt((self.errors**2).mean()))


def fit_camera(points: Points, image_size: tuple[int, int] | None = None, unit: str = "m", known: Camera | None = None) -> Fit:
    """Fit a camera to `points`.

    With `known`, its K and distortion are kept and the pose is fitted (at least 4 points). Otherwise, from at least 6 points that
    do not lie in one plane, a pinhole camera is fitted, whose focal length, and with more points lens and principal point, are
    found too (Zhang, PAMI 2000, as in OpenCV's `calibrateCamera`); it needs `image_size` (width, height). From 4 or more points
    on the ground a homography in `unit` is fitted (Hartley and Zisserman, algorithms 4.2 and 4.3, as in `findHomography`).

    Raises `ValueError`, which says what is wrong in words, for points that do not determine a camera and for a camera that cannot
    be right: see `check_points` and `check_camera`; it must see every point in front of it, with a root mean square reprojection
    error of at most 1% of the image's diagonal.
    """
    on_ground = bool((points.points[:, 2] == 0).all())
    fewest = FEWEST_ON_GROUND if on_ground or known is not None else FEWEST_IN_SPACE
    if len(points) < fewest:
        raise ValueError(f"there are {len(points)} points where at least {fewest} are needed")
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


def _thickness(points: np.ndarray, dimensions: int) -> float:
    """How far points `(N, D)` spread in their `dimensions`-th direction, as a share of the first: 0 on a line or a plane."""
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return float(spread[dimensions - 1] / max(spread[0], 1e-300))


def _fit_homography(points: Points, image_size: tuple[int, int] | None, unit: str) -> HomographyCamera:
    if min(_thickness(points.pixels, 2), _thickness(points.points[:, :2], 2)) < FLAT:
        raise ValueError("the points lie on one line: choose some to its sides")
    matrix, _ = cv2.findHomography(points.pixels, points.points[:, :2], 0)
    if matrix is None:
        raise ValueError("no homography fits the points: no three of the first four may lie on one line")
    return HomographyCamera(matrix, image_size, unit)


def _fit_pinhole(points: Points, image_size: tuple[int, int] | None) -> Camera:
    if image_size is None:
        raise ValueError("points above the ground need the image's width and height")
    if _thickness(points.points, 3) < FLAT:
        raise ValueError("the points lie in one plane: add some at other heights, keep to z = 0, or give the camera's K")
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
    """`camera` moved to where it sees `points` at `pixels`: Terzakis and Lourakis, ECCV 2020, refined by Levenberg-Marquardt."""
    known = camera.matrix, camera.distortion
    found, turn, shift = cv2.solvePnP(points.points, points.pixels, *known, flags=cv2.SOLVEPNP_SQPNP)
    if not found:
        raise ValueError("no place of the camera explains the points")
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
            f"the point in line {points.lines[np.isnan(errors).argmax()]} would lie behind the camera: are its numbers right?"
        )
    aside = np.linalg.norm(camera.to_ground(points.pixels) - points.points[:, :2], axis=1)
    fit = Fit(camera, errors, np.where(points.points[:, 2] == 0, aside, np.nan))
    limit = WORST * float(np.hypot(*(camera.image_size or np.ptp(points.pixels, axis=0))))
    if fit.root_mean_square > limit:
        worst = int(errors.argmax())
        raise ValueError(
            f"the points are missed by {fit.root_mean_square:.1f} px (root mean square; at most {limit:.1f} px is credible), "
            f"most in line {points.lines[worst]} by {errors[worst]:.1f} px: is one wrong, or u and v, or x and y, exchanged?"
        )
    return fit
