"""SORT: motion and overlap only (Bewley et al., "Simple Online and Realtime Tracking", ICIP 2016)."""

import numpy as np

from trackers.assignment import assign
from trackers.base import Appearance, Tracker
from trackers.boxes import iou
from trackers.detections import Detections
from trackers.motion import AREA_ASPECT
from trackers.ranges import Frames, Hits, Overlap
from trackers.registry import register


@register("sort")
class Sort(Tracker):
    """Hungarian assignment of predicted boxes to detections by IoU.

    A track is deleted after more than `max_age` missed frames. It is shown in the frames where it is matched, once it has
    `min_hits` consecutive matches after its first detection; in the first `min_hits` frames of a sequence every match is shown. A
    pair needs an IoU of at least `min_iou`.
    """

    def __init__(
        self, appearance: Appearance | None = None, max_age: Frames = 1, min_hits: Hits = 3, min_iou: Overlap = 0.3
    ) -> None:
        self.max_age = max_age
        self.min_hits = min_hits
        self.min_iou = min_iou
        super().__init__(AREA_ASPECT, appearance)

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        overlaps = iou(self._motion.boxes(self.tracks["motion"]), detections.boxes)
        matches, _, unmatched = assign(1 - overlaps, 1 - self.min_iou)
        self._continue(matches[:, 0], detections, matches[:, 1])
        self._drop(self.tracks["missed"] > self.max_age)
        self._start(detections, unmatched)
        tracks = self.tracks
        return (tracks["missed"] == 0) & ((tracks["streak"] >= self.min_hits) | (self._frames <= self.min_hits))
