"""ByteTrack: every detection box counts (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
ECCV 2022)."""

import numpy as np

from trackers.assignment import assign, assign_among
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
        super().__init__(ASPECT_HEIGHT, appearance, columns=[("started", np.int64)])

    def _predict(self) -> None:
        # As in the authors' code, a lost track keeps its height, and an unconfirmed one stays where it was seen.
        motion, unconfirmed = self.tracks["motion"], np.flatnonzero(self.tracks["id"] == 0)
        motion[self.tracks["missed"] > 0, VELOCITY, 3] = 0
        seen = motion[unconfirmed]
        super()._predict()
        motion[unconfirmed] = seen

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        tracks, scores = self.tracks, detections.scores
        known = tracks["id"] > 0
        confirmed, unconfirmed = np.flatnonzero(known), np.flatnonzero(~known)
        clear = scores >= self.min_high_score
        high, low = np.flatnonzero(clear), np.flatnonzero(~clear & (scores >= self.min_low_score))
        boxes = self._motion.boxes(tracks["motion"])
        cost = 1 - iou(boxes, detections.boxes[high]) * scores[high]

        found, left, free = assign(cost[confirmed], self.max_iou_distance)
        matches = [np.stack([confirmed[found[:, 0]], high[found[:, 1]]], axis=1)]
        if len(low):
            left = confirmed[left]
            left = left[tracks["missed"][left] == 1]
            overlaps = iou(boxes[left], detections.boxes[low])
            matches.append(assign_among(1 - overlaps, left, low, self.max_low_iou_distance)[0])
        if len(unconfirmed):
            second, _, free = assign_among(cost[np.ix_(unconfirmed, free)], unconfirmed, free, self.max_unconfirmed_iou_distance)
            matches.append(np.stack([second[:, 0], high[second[:, 1]]], axis=1))

        rows, columns = np.concatenate(matches).T
        self._continue(rows, detections, columns)
        self._drop((tracks["missed"] > self.max_age) | (~known & (tracks["missed"] > 0)))
        count, new = len(self.tracks), high[free]
        self._start(detections, new[scores[new] >= self.min_new_score])
        self.tracks["started"][count:] = self._frames
        self._drop_duplicates()
        tracks = self.tracks
        return (tracks["missed"] == 0) & ((tracks["id"] > 0) | (tracks["streak"] > 0) | (self._frames == 1))

    def _drop_duplicates(self) -> None:
        """Drop the younger of a track seen in this frame and a lost one, where both follow one person."""
        missed = self.tracks["missed"]
        seen, lost = np.flatnonzero(missed == 0), np.flatnonzero(missed)
        if len(lost) == 0:
            return
        boxes = self._motion.boxes(self.tracks["motion"])
        one, other = np.nonzero(iou(boxes[seen], boxes[lost]) > self.max_track_iou)
        if len(one) == 0:
            return
        one, other = seen[one], lost[other]
        followed = self._frames - missed - self.tracks["started"]
        double = np.zeros(len(missed), dtype=bool)
        double[np.where(followed[one] > followed[other], other, one)] = True
        self._drop(double)
