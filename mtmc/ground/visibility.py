"""Who hides whom: the boxes that people on the ground would have in each camera, and which of them stand behind others."""

from collections.abc import Sequence

import numpy as np

from mtmc.calibration import GroundCamera

WIDTH = 0.41  # of a standing person's height: the mean of pedestrian boxes (Dollar et al., "Pedestrian detection", 2012, 2.2)


def sideways_scale(covariances: np.ndarray) -> np.ndarray:
    """Standard deviations `(...)` across the line of sight: the root of the lesser eigenvalue of `covariances` `(..., 2, 2)`."""
    a, b, c = covariances[..., 0, 0], covariances[..., 0, 1], covariances[..., 1, 1]
    return np.sqrt(np.maximum((a + c) / 2 - np.hypot((a - c) / 2, b), 0))


def predicted_boxes(cameras: Sequence[GroundCamera], ground: np.ndarray, statures: np.ndarray) -> np.ndarray:
    """Boxes `(C, T, 4)` xyxy of people whom each camera sees at `ground` `(C, T, 2)`, NaN where that is out of its view.

    A person's height in the image is camera c's `statures[c]` (in ground units) over the ground that one pixel sideways spans
    at the feet: it needs no more than the ground homography.
    """
    boxes = np.full((*ground.shape[:2], 4), np.nan)
    for view, camera, place, stature in zip(boxes, cameras, ground, statures, strict=True):
        seen = camera.sees(place)
        if not seen.any():
            continue
        feet = camera.to_image(place[seen])
        height = stature / sideways_scale(camera.ground_covariance(feet, 1.0))
        half = WIDTH / 2 * height
        view[seen] = np.stack([feet[:, 0] - half, feet[:, 1] - height, feet[:, 0] + half, feet[:, 1]], axis=1)
    return boxes


def hidden(boxes: np.ndarray, hiding: np.ndarray, share: float) -> np.ndarray:
    """Which of the people with predicted `boxes` `(C, T, 4)` are hidden in each camera, `(C, T)` bool.

    One is hidden where at least `share` of his box is covered by the box of one who stands nearer, that is, lower in the image,
    and of whom `hiding` `(T,)` says that he is surely there.
    """
    front = boxes[:, hiding]
    low = np.maximum(boxes[:, :, None, :2], front[:, None, :, :2])
    high = np.minimum(boxes[:, :, None, 2:], front[:, None, :, 2:])
    with np.errstate(invalid="ignore"):
        covered = np.clip(high - low, 0, None).prod(axis=3)
        area = (boxes[:, :, 2:] - boxes[:, :, :2]).prod(axis=2)
        nearer = front[:, None, :, 3] > boxes[:, :, None, 3]
        return (nearer & (covered >= share * area[:, :, None])).any(axis=2)


def within(boxes: np.ndarray, cameras: Sequence[GroundCamera], share: float = 0.8) -> np.ndarray:
    """Where at least `share` of a predicted box of `boxes` `(C, T, 4)` lies in the picture, `(C, T)` bool."""
    inside = np.isfinite(boxes[:, :, 0])
    for view, camera, box in zip(inside, cameras, boxes, strict=True):
        if camera.image_size is not None:
            shown = np.clip(box[:, 2:], 0, camera.image_size) - np.clip(box[:, :2], 0, camera.image_size)
            view &= shown.prod(axis=1) >= share * (box[:, 2:] - box[:, :2]).prod(axis=1)
    return inside
