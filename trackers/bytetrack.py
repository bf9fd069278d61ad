"""ByteTrack: every detection box counts (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
ECCV 2022)."""

from collections.abc import Callable

import numpy as np

from trackers.appearance import AppearanceMemory, Memory
from trackers.assignment import assign_among
from trackers.base import Appearance, Tracker
from trackers.boxes import iou
from trackers.detections import Detections
from trackers.motion import ASPECT_HEIGHT, VELOCITY
from trackers.ranges import Frames, Overlap, Score
from trackers.registry import register


@register("bytetrack")
class ByteTrack(Tracker):
    """Clear detections first, then faint ones for the tracks that are left.

    Tracks, lost ones too, are matched to the detections that score at least `min_high_score`, at a cost of 1 - IoU times score
    of at most `max_iou_distance`. Those left that were seen in the frame before are matched to the detections that score at
    least `min_low_score`, by 1 - IoU of at most `max_low_iou_distance`: a person half hidden scores low. High detections still
    free continue unconfirmed tracks, at the first cost and at most `max_unconfirmed_iou_distance`, or start a track if they score
    at least `min_new_score`. A second detection in the next frame confirms a track; those of the first frame are at once. A
    track lost for more than `max_age` frames is deleted. Where a track seen and a lost one overlap by more than `max_track_iou`,
    the one that was followed for longer stays. Scores are in 0..1. The two score limits are those of the paper; what it leaves
    open is as in the authors' code.
    """

    _model = ASPECT_HEIGHT
    _memory_kind: Callable[[], Memory] = AppearanceMemory

    def __init__(
        self,
        appearance: Appearance | None = None,
        min_high_score: Score = 0.6,
        min_low_score: Score = 0.1,
        min_new_score: Score = 0.7,
        max_iou_distance: Overlap = 0.8,
        max_low_iou_distance: Overlap = 0.5,
        max_unconfirmed_iou_distance: Overlap = 0.7,
        max_track_iou: Overlap = 0.85,
        max_age: Frames = 30,
    ) -> None:
        self.min_high_score = min_high_score
        self.min_low_score = min_low_score
        self.min_new_score = min_new_score
        self.max_iou_distance = max_iou_distance
        self.max_low_iou_distance = max_low_iou_distance
        self.max_unconfirmed_iou_distance = max_unconfirmed_iou_distance
        self.max_track_iou = max_track_iou
        self.max_age = max_age
        super().__init__(self._model, appearance, [("started", np.int64)], self._memory_kind)

    def _predict(self) -> None:
        # As in the authors' code, a lost track keeps its height, and an unconfirmed one stays where it was seen.
        motion, unconfirmed = self.tracks["motion"], np.flatnonzero(self.tracks["id"] == 0)
        motion[self.tracks["missed"] > 0, VELOCITY, 3] = 0
        seen = motion[unconfirmed]
        super()._predict()
        motion[unconfirmed] = seen

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        overlaps = iou(self._motion.boxes(self.tracks["motion"]), detections.boxes)
        return self._stages(detections, overlaps, 1 - overlaps * detections.scores)

    def _stages(self, detections: Detections, overlaps: np.ndarray, cost: np.ndarray) -> np.ndarray:
        """What `_associate` returns, given the IoU and the cost of all tracks with all detections, `(T, N)`."""
        tracks, scores = self.tracks, detections.scores
        confirmed = tracks["id"] > 0
        rows, unconfirmed = np.flatnonzero(confirmed), np.flatnonzero(~confirmed)
        clear = scores >= self.min_high_score
        high, low = np.flatnonzero(clear), np.flatnonzero(~clear & (scores >= self.min_low_score))

        first, left, free = assign_among(cost[np.ix_(rows, high)], rows, high, self.max_iou_distance)
        matches = [first]
        if len(low):
            left = left[tracks["missed"][left] == 1]
            matches.append(assign_among(1 - overlaps[np.ix_(left, low)], left, low, self.max_low_iou_distance)[0])
        if len(unconfirmed):
            near = cost[np.ix_(unconfirmed, free)]
            second, _, free = assign_among(near, unconfirmed, free, self.max_unconfirmed_iou_distance)
            matches.append(second)

        continued, columns = np.concatenate(matches).T
        self._continue(continued, detections, columns)
        self._drop((tracks["missed"] > self.max_age) | (~confirmed & (tracks["missed"] > 0)))
        known = len(self.tracks)
        self._start(detections, free[scores[free] >= self.min_new_score])
        self.tracks["started"][known:] = self._frames
        self._drop_duplicates()
        tracks = self.tracks
        return (tracks["missed"] == 0) & ((tracks["id"] > 0) | (tracks["streak"] > 0) | (self._frames == 1))

    def _drop_duplicates(self) -> None:
        """Drop the younger of a track seen in this frame and a lost one, where both follow one person."""
        missed = self.tracks["missed"]
        seen, lost = np.flatnonzero(missed == 0), np.flatnonzero(missed > 0)
        if len(lost) == 0:
            return
        one, other = np.nonzero(iou(self._boxes(seen), self._boxes(lost)) > self.max_track_iou)
        if len(one) == 0:
            return
        one, other = seen[one], lost[other]
        followed = self._frames - missed - self.tracks["started"]
        double = np.zeros(len(self.tracks), dtype=bool)
        double[np.where(followed[one] > followed[other], other, one)] = True
        self._drop(double)
