"""StrongSORT: DeepSORT with what was learned since (Du et al., "StrongSORT: Make DeepSORT Great Again", IEEE TMM 2023)."""

from typing import Annotated

import numpy as np

from trackers.appearance import MovingAverage
from trackers.assignment import assign_among
from trackers.base import Appearance, Tracker
from trackers.boxes import iou
from trackers.camera_motion import STILL, camera_motion
from trackers.detections import Detections
from trackers.motion import ASPECT_HEIGHT, GATE
from trackers.ranges import AppearanceDistance, Choice, Frames, Hits, Overlap, Range, Score
from trackers.registry import register


@register("strongsort")
class StrongSort(Tracker):
    """One matching of all confirmed tracks by looks and motion, then IoU for unconfirmed and just missed tracks.

    Only detections of at least `min_score` count. Confirmed tracks are matched within the gate of the motion model at a cost of
    at most `max_appearance_distance`: `appearance_weight` times the cosine distance, and the rest times the squared Mahalanobis
    distance (eq. 5), all at once in place of DeepSORT's cascade (section 3.2). A track's look is the moving average of its
    embeddings, with a momentum of 0.9 (eq. 1). Its states move along with the camera (`camera_motion`, see
    `trackers.camera_motion`), and the noise of a detection shrinks as its score rises to 1 (NSA, eq. 4: the variance times 1 -
    score; the authors' code squares that factor). Without embeddings the cost is 1 - IoU of at most `max_iou_distance`. The
    second stage, `n_init`, `max_age` and `shown_age` are those of `DeepSort`. The thresholds are those of the authors' code.
    """

    uses_appearance = True
    appearance_metric = "cosine"

    def __init__(
        self,
        appearance: Appearance | None = None,
        min_score: Score = 0.6,
        max_appearance_distance: AppearanceDistance = 0.4,
        appearance_weight: Annotated[float, Range(0, 1)] = 0.98,
        max_iou_distance: Overlap = 0.7,
        n_init: Hits = 3,
        max_age: Frames = 30,
        shown_age: Frames = 1,
        camera_motion: Annotated[str, Choice("none", "flow", "ecc")] = "ecc",
    ) -> None:
        self.min_score = min_score
        self.max_appearance_distance = max_appearance_distance
        self.appearance_weight = appearance_weight
        self.max_iou_distance = max_iou_distance
        self.n_init = n_init
        self.max_age = max_age
        self.shown_age = shown_age
        self.camera_motion = camera_motion
        super().__init__(ASPECT_HEIGHT, appearance, memory=MovingAverage)

    @property
    def needs_image(self) -> bool:
        """True unless the camera's motion is `none`."""
        return self.camera_motion != "none"

    def reset(self, frame_rate: float | None = None) -> None:
        super().reset(frame_rate)
        self._camera = camera_motion(self.camera_motion)

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        tracks, free = self.tracks, np.flatnonzero(detections.scores >= self.min_score)
        affine = self._camera(frame, detections.boxes)
        if affine is not STILL:
            tracks["motion"] = self._motion.warp(tracks["motion"], affine)
        confirmed = tracks["id"] > 0
        rows = np.flatnonzero(confirmed)
        if detections.embeddings is None:
            cost, limit = self._match_cost(rows, detections.select(free)), self.max_iou_distance
        else:
            cost = self._looks_and_motion(rows, detections.boxes[free], detections.embeddings[free])
            limit = self.max_appearance_distance
        matches, left, free = assign_among(cost, rows, free, limit)

        rest = np.concatenate([np.flatnonzero(~confirmed), left[tracks["missed"][left] == 1]])
        near, _, free = assign_among(1 - iou(self._boxes(rest), detections.boxes[free]), rest, free, self.max_iou_distance)

        matches = np.concatenate([matches, near])
        self._continue(matches[:, 0], detections, matches[:, 1])
        self._drop((tracks["missed"] >= self.max_age) | (~confirmed & (tracks["missed"] > 0)))
        self._start(detections, free)
        tracks = self.tracks
        return ((tracks["id"] > 0) | (tracks["streak"] + 1 >= self.n_init)) & (tracks["missed"] <= self.shown_age)

    def _noise(self, scores: np.ndarray) -> np.ndarray:
        return (1 - np.clip(scores, 0, 1))[:, None]

    def _looks_and_motion(self, rows: np.ndarray, boxes: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
        """The cost `(R, N)` of continuing the tracks `rows` `(R,)` by each detection (eq. 5), infinite outside the gate."""
        motion = self._motion.gating_distance(self.tracks["motion"][rows], boxes)
        cost = self._memory.distances(self.tracks["slot"][rows], embeddings, motion <= GATE)
        cost *= self.appearance_weight
        motion *= 1 - self.appearance_weight
        cost += motion
        return cost
