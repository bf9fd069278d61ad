"""BoT-SORT: ByteTrack with appearance, for a camera that moves (Aharon et al., "BoT-SORT: Robust Associations Multi-Pedestrian
Tracking", 2022)."""

from typing import Annotated

import numpy as np

from trackers.appearance import MovingAverage
from trackers.base import Appearance
from trackers.boxes import iou
from trackers.bytetrack import ByteTrack
from trackers.camera_motion import STILL, camera_motion
from trackers.detections import Detections
from trackers.motion import VELOCITY, WIDTH_HEIGHT
from trackers.ranges import AppearanceDistance, Choice, Frames, Overlap, Score
from trackers.registry import register


@register("botsort")
class BotSort(ByteTrack):
    """The stages of ByteTrack, with another filter, the camera's motion, and looks beside overlap.

    The filter follows width and height (eq. 1 to 4), and its states move along with the camera (eq. 5 to 9; `camera_motion`, see
    `trackers.camera_motion`). Where looks are near, half their cosine distance replaces 1 - IoU times score if it is less
    (eq. 12 and 13): at most `max_appearance_distance`, for a pair whose 1 - IoU is at most `max_proximity_distance`. A track's
    look is the moving average of the embeddings of its high detections, with a momentum of 0.9 (eq. 11). The other thresholds
    are those of `ByteTrack`. The paper compares `max_appearance_distance` with the distance itself, and so does this tracker;
    the authors' code, which compares half of it, is 0.5 here. What the paper leaves open is as in that code.
    """

    uses_appearance = True
    appearance_metric = "cosine"
    _model = WIDTH_HEIGHT
    _memory_kind = MovingAverage
    _look_weight = 0.5  # of a cosine distance beside 1 - IoU (eq. 12)

    def __init__(
        self,
        appearance: Appearance | None = None,
        min_high_score: Score = 0.6,
        min_low_score: Score = 0.1,
        min_new_score: Score = 0.7,
        max_iou_distance: Overlap = 0.8,
        max_low_iou_distance: Overlap = 0.5,
        max_unconfirmed_iou_distance: Overlap = 0.7,
        max_proximity_distance: Overlap = 0.5,
        max_appearance_distance: AppearanceDistance = 0.25,
        max_track_iou: Overlap = 0.85,
        max_age: Frames = 30,
        camera_motion: Annotated[str, Choice("none", "flow", "ecc")] = "flow",
    ) -> None:
        self.max_proximity_distance = max_proximity_distance
        self.max_appearance_distance = max_appearance_distance
        self.camera_motion = camera_motion
        super().__init__(
            appearance,
            min_high_score,
            min_low_score,
            min_new_score,
            max_iou_distance,
            max_low_iou_distance,
            max_unconfirmed_iou_distance,
            max_track_iou,
            max_age,
        )

    @property
    def needs_image(self) -> bool:
        """True unless the camera's motion is `none`."""
        return self.camera_motion != "none"

    def reset(self, frame_rate: float | None = None) -> None:
        super().reset(frame_rate)
        self._camera = camera_motion(self.camera_motion)

    def _predict(self) -> None:
        # As in the authors' code, a lost track keeps its size.
        self.tracks["motion"][self.tracks["missed"] > 0, VELOCITY, 2:] = 0
        super()._predict()

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        tracks = self.tracks
        affine = self._camera(frame, detections.boxes)
        if affine is not STILL:
            tracks["motion"] = self._motion.warp(tracks["motion"], affine)
        overlaps = iou(self._motion.boxes(tracks["motion"]), detections.boxes)
        cost = 1 - overlaps * detections.scores
        if detections.embeddings is not None:
            looks = self._memory.distances(tracks["slot"], detections.embeddings, overlaps >= 1 - self.max_proximity_distance)
            looks[looks > self.max_appearance_distance] = np.inf
            cost = np.minimum(cost, self._look_weight * looks)
        return self._stages(detections, overlaps, cost)

    def _continue(self, rows: np.ndarray, detections: Detections, columns: np.ndarray) -> None:
        super()._continue(rows, Detections.unchecked(detections.boxes, detections.scores), columns)
        if detections.embeddings is not None:
            clear = detections.scores[columns] >= self.min_high_score
            self._memory.add(self.tracks["slot"][rows[clear]], detections.embeddings[columns[clear]])
