"""The boxes that people have in each camera, from where they stand: expected ones, and those of detections that were missed."""

from collections.abc import Sequence

import numpy as np

from mtmc.calibration import GroundCamera
from mtmc.ground.camera_offsets import CameraOffsets
from mtmc.ground.motion import sideways_scale
from mtmc.ground.observations import Observations

WIDTH = 0.41  # of a standing person's height: the mean of pedestrian boxes (Dollar et al., "Pedestrian detection", 2012, 2.2)
LEARNING = 0.1  # the share of a new value in how tall people look to a camera


class BoxPrediction:
    """Expects the boxes of people on the ground in the views of C `cameras`, and learns how tall they look to each.

    `stature` is what a person's height is taken for before any has been seen, in the ground's unit.
    """

    def __init__(self, cameras: Sequence[GroundCamera], stature: float):
        self._cameras = list(cameras)
        self._statures = np.full(len(self._cameras), stature)

    def expect(self, ground: np.ndarray, camera_offsets: CameraOffsets) -> np.ndarray:
        """The boxes `(C, T, 4)` that people at `ground` `(T, 2)` should have in each camera, NaN where it does not see them."""
        count, people = len(self._cameras), len(ground)
        offsets, _ = camera_offsets.offsets(np.repeat(np.arange(count), people), np.tile(ground, (count, 1)))
        return predicted_boxes(self._cameras, ground + offsets.reshape(count, people, 2), self._statures)

    def fill(self, boxes: np.ndarray, tracks: np.ndarray, observations: Observations, seconds: float) -> np.ndarray:
        """Boxes `(C, T, 4)` as detected, else as expected (`boxes`) of who was detected in that camera at most `seconds` ago.

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
        """Learn how tall people look to the cameras `camera` `(N,)` from the `ratios` `(N,)` of detected to expected heights."""
        known = np.isfinite(ratios)
        count = np.bincount(camera[known], minlength=len(self._cameras))
        change = np.bincount(camera[known], np.log(ratios[known]), minlength=len(self._cameras)) / np.maximum(count, 1)
        self._statures *= np.exp(LEARNING * change)


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
