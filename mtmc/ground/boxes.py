"""Boxes of people in each camera, predicted from their ground positions: expected boxes, and boxes for missed detections."""

from collections.abc import Sequence

import numpy as np

from mtmc.calibration import GroundCamera
from mtmc.ground.camera_offsets import CameraOffsets
from mtmc.ground.motion import sideways_scale
from mtmc.ground.observations import Observations

WIDTH = 0.41  # of a standing person's height: the mean of pedestrian boxes (Dollar et al., "Pedestrian detection", 2012, 2.2)
LEARNING = 0.1  # weight of a new value in a camera's apparent stature


class BoxPrediction:
    """Predicts the boxes of people on the ground in C `cameras`, and learns their apparent stature in each.

    `stature` is the initial height of a person, in the ground's unit.
    """

    def __init__(self, cameras: Sequence[GroundCamera], stature: float):
        self._cameras = list(cameras)
        self._statures = np.full(len(self._cameras), stature)

    def expect(self, ground: np.ndarray, camera_offsets: CameraOffsets) -> np.ndarray:
        """The expected boxes `(C, T, 4)` of people at `ground` `(T, 2)` in each camera, NaN where it does not see them."""
        count, people = len(self._cameras), len(ground)
        offsets, _ = camera_offsets.offsets(np.repeat(np.arange(count), people), np.tile(ground, (count, 1)))
        return predicted_boxes(self._cameras, ground + offsets.reshape(count, people, 2), self._statures)

    def fill(self, boxes: np.ndarray, tracks: np.ndarray, observations: Observations, seconds: float) -> np.ndarray:
        """Detected boxes `(C, T, 4)`, or the expected ones (`boxes`) for people detected in that camera at most `seconds` ago.

        `tracks` `(T,)` has the columns `member`, `residual` and `age` of `mtmc.ground.tracker`; the last two are updated.
        """
        rows = np.full((len(self._cameras), 1 + max(observations.index, default=0)), -1)
        rows[observations.camera, observations.index] = np.arange(len(observations))
        member = tracks["member"].T
        camera, person = np.nonzero(member >= 0)
        found = observations.boxes[rows[camera, member[camera, person]]]
        height = boxes[..., 3] - boxes[..., 1]
        self._learn(camera, (found[:, 3] - found[:, 1]) / height[camera, person])
        tracks["residual"][person, camera] = (found - boxes[camera, person]) / height[camera, person, None]
        tracks["age"][person, camera] = 0
        out = boxes + tracks["residual"].transpose(1, 0, 2) * height[..., None]
        out[(tracks["age"] > seconds).T] = np.nan
        out[camera, person] = found
        return out

    def _learn(self, camera: np.ndarray, ratios: np.ndarray) -> None:
        """Update the apparent stature in the cameras `camera` `(N,)` from the `ratios` `(N,)` of detected to expected heights."""
        known = np.isfinite(ratios)
        count = np.bincount(camera[known], minlength=len(self._cameras))
        change = np.bincount(camera[known], np.log(ratios[known]), minlength=len(self._cameras)) / np.maximum(count, 1)
        self._statures *= np.exp(LEARNING * change)


def predicted_boxes(cameras: Sequence[GroundCamera], ground: np.ndarray, statures: np.ndarray) -> np.ndarray:
    """Boxes `(C, T, 4)` xyxy of people that each camera sees at `ground` `(C, T, 2)`, NaN where out of view.

    The height in the image is camera c's `statures[c]` (in ground units) divided by the ground width of one pixel at the feet, so
    the ground homography suffices.
    """
    boxes = np.full((*ground.shape[:2], 4), np.nan)
    for view, camera, place, stature in zip(boxes, cameras, ground, statures, strict=True):
        seen = camera.sees(place)
        if not seen.any():
            continue
        feet = camera.to_image(place[seen])
        scale = sideways_scale(camera.ground_covariance(feet, 1.0))
        height = stature / np.where(scale > 0, scale, np.nan)  # rounding leaves 0 where the view of the ground is all but edge-on
        height[feet[:, 1] - height >= feet[:, 1]] = np.nan  # nothing, as numbers beside the place of the feet
        half = WIDTH / 2 * height
        view[seen] = np.stack([feet[:, 0] - half, feet[:, 1] - height, feet[:, 0] + half, feet[:, 1]], axis=1)
    return boxes
