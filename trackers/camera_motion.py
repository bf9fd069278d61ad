"""The camera's own motion between two frames, as an affine map of the background."""

from collections.abc import Callable

import cv2
import numpy as np

# What every kind returns, this very array, where the camera stands still or its motion is unknown.
STILL = np.eye(2, 3)
STILL.setflags(write=False)

FLOW_SIDE, ECC_SIDE = 640, 320  # pixels
MAX_CORNERS, MIN_CORNERS = 300, 8
MIN_CORRELATION = 0.5
_ECC_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-5)


def camera_motion(kind: str) -> "Still | Flow | Ecc":
    """The `kind` of camera motion by name, without a past: `none`, `flow` or `ecc`.

    It is called with the frames of one camera in turn, `(frame (H, W, 3) BGR uint8, boxes (N, 4) xyxy)`, and returns the affine
    `(2, 3)` that maps pixels of the frame before to this one. `boxes` are the people detected, who move by themselves and are
    left out. The affine is `STILL`, the identity, for the first frame, for one of another size than the last, and where the
    motion cannot be told: trackers then go on as if the camera stood. `flow` and `ecc` raise `ValueError` without a frame.
    """
    kinds: dict[str, Callable[[], Still | Flow | Ecc]] = {"none": Still, "flow": Flow, "ecc": Ecc}
    return kinds[kind]()


class Still:
    """A camera that does not move; no frame is needed."""

    def __call__(self, frame: np.ndarray | None, boxes: np.ndarray) -> np.ndarray:
        return STILL


class Flow:
    """Corners followed by sparse optical flow, and the shift, turn and scale most agree on (Aharon et al. 2022, 3.2).

    Fewer than 8 corners that agree tell nothing: a bare wall, a crowd that fills the picture. The picture is reduced to 640
    pixels a side, and the 300 best corners, some pixels apart, take the place of the authors' 1000. About 13 ms a frame.
    """

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._corners: np.ndarray | None = None

    def __call__(self, frame: np.ndarray | None, boxes: np.ndarray) -> np.ndarray:
        grey, scale = _reduced(frame, FLOW_SIDE)
        before, corners = self._before, self._corners
        self._before = grey
        self._corners = cv2.goodFeaturesToTrack(
            grey, maxCorners=MAX_CORNERS, qualityLevel=0.01, minDistance=5, mask=_background(grey, scale * boxes), blockSize=3
        )
        if before is None or corners is None or before.shape != grey.shape:
            return STILL
        moved, found, _ = cv2.calcOpticalFlowPyrLK(before, grey, corners, np.empty_like(corners))
        found = found[:, 0] == 1
        if np.count_nonzero(found) < MIN_CORNERS:
            return STILL
        affine, agreed = cv2.estimateAffinePartial2D(corners[found], moved[found], method=cv2.RANSAC)
        if affine is None or np.count_nonzero(agreed) < MIN_CORNERS:
            return STILL
        return _enlarged(affine, scale)


class Ecc:
    """The shift and turn at which two pictures correlate best (Evangelidis and Psarakis 2008), as in StrongSORT.

    It needs no corners, but finds only small motions: of some percent of the picture. A correlation below 0.5 tells nothing.
    The picture is reduced to 320 pixels a side; about 8 ms a frame.
    """

    def __init__(self) -> None:
        self._before: np.ndarray | None = None

    def __call__(self, frame: np.ndarray | None, boxes: np.ndarray) -> np.ndarray:
        grey, scale = _reduced(frame, ECC_SIDE)
        before, self._before = self._before, grey
        if before is None or before.shape != grey.shape:
            return STILL
        start, mask = np.eye(2, 3, dtype=np.float32), _background(grey, scale * boxes)
        try:
            correlation, affine = cv2.findTransformECC(before, grey, start, cv2.MOTION_EUCLIDEAN, _ECC_STOP, mask, 5)
        except cv2.error:  # it did not converge, or there is nothing to see
            return STILL
        return _enlarged(affine, scale) if correlation >= MIN_CORRELATION and np.isfinite(affine).all() else STILL


def _reduced(frame: np.ndarray | None, side: int) -> tuple[np.ndarray, float]:
    """A frame in grey, at most `side` pixels wide and high, and the scale of that."""
    if frame is None:
        raise ValueError("camera motion is told by the picture: give update() the frame, or set camera_motion to none")
    scale = min(1.0, side / max(frame.shape[:2]))
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return (cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey), scale


def _background(grey: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """255 where the picture `grey` `(H, W)` shows nobody of `boxes` `(N, 4)`, 0 elsewhere and along its frayed border."""
    height, width = grey.shape
    mask = np.zeros_like(grey)
    mask[round(0.02 * height) : round(0.98 * height), round(0.02 * width) : round(0.98 * width)] = 255
    for left, top, right, bottom in np.clip(boxes, 0, [width, height] * 2).astype(int).tolist():
        mask[top : bottom + 1, left : right + 1] = 0
    return mask


def _enlarged(affine: np.ndarray, scale: float) -> np.ndarray:
    """The map of the whole picture, from that of one reduced by `scale`."""
    return np.column_stack([affine[:, :2], affine[:, 2] / scale]).astype(np.float64)
