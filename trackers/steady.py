"""Steady: this project's own tracker, put together from what proved its worth on real footage."""

import numpy as np

from trackers.appearance import MovingAverage, check_dimension
from trackers.assignment import assign_among
from trackers.base import Appearance, Tracker
from trackers.behaviour import Behaviour
from trackers.boxes import area, intersection, iou
from trackers.detections import Detections
from trackers.motion import ASPECT_HEIGHT, HEIGHT
from trackers.ranges import AppearanceDistance, Frames, Hits, Overlap, Score
from trackers.registry import register

MOMENTUM = 0.9  # of a track's average look
FAMILIAR = 20  # embeddings after which half of the mean look is known


@register("steady")
class Steady(Tracker):
    """Appearance first, then overlap, clear detections before faint ones; who is hidden by somebody nearer is shown on.

    Embeddings are compared less `centring` times the mean of all so far: what all people of a camera share tells nobody apart,
    and what is left has the same scale for every network. Confirmed tracks are matched, those just seen before lost ones, to
    detections of at least `min_high_score`, by the cosine distance to the moving average of their embeddings, at most
    `max_centred_distance`, within the gate of the motion model. Those just seen and left take detections by 1 - IoU of at most
    `max_iou_distance`, then faint ones of at least `min_low_score` by at most `max_low_iou_distance` (Zhang et al. 2022). Without
    embeddings, overlap takes their place. Detections left that score at least `min_new_score` start tracks, which
    `n_init` detections in a row confirm. Lost ones are deleted after `max_age`.

    A missed person is shown at the predicted box for at most `hidden_age`, and only while a shown person who stands nearer
    (whose box ends lower) covers at least `hidden_share` of it: a box that nothing hides was wrong, or has left.

    Ages are those of 30 frames a second; `time: seconds` converts them, and motion, to the rate of the video. The
    `max_memory_distance` of those who left is one of centred embeddings, too.
    """

    uses_appearance = True
    kept = HEIGHT
    behaviour = Behaviour(time="seconds", max_memory_distance=0.3)

    def __init__(
        self,
        appearance: Appearance | None = None,
        min_high_score: Score = 0.6,
        min_low_score: Score = 0.3,
        min_new_score: Score = 0.7,
        centring: Overlap = 0.7,
        max_centred_distance: AppearanceDistance = 0.6,
        max_iou_distance: Overlap = 0.8,
        max_low_iou_distance: Overlap = 0.5,
        n_init: Hits = 3,
        max_age: Frames = 90,
        hidden_age: Frames = 15,
        hidden_share: Overlap = 0.7,
    ) -> None:
        self.min_high_score = min_high_score
        self.min_low_score = min_low_score
        self.min_new_score = min_new_score
        self.centring = centring
        self.max_centred_distance = max_centred_distance
        self.max_iou_distance = max_iou_distance
        self.max_low_iou_distance = max_low_iou_distance
        self.n_init = n_init
        self.max_age = max_age
        self.hidden_age = hidden_age
        self.hidden_share = hidden_share
        super().__init__(ASPECT_HEIGHT, appearance, memory=lambda: MovingAverage(MOMENTUM))

    def reset(self) -> None:
        super().reset()
        self._sum = np.zeros(0)  # the dimension is 0 until the first embeddings
        self._embedded = 0

    def _check(self, embeddings: np.ndarray) -> None:
        super()._check(embeddings)
        check_dimension(embeddings, self._sum)

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        detections = self._centred(detections)
        tracks, scores = self.tracks, detections.scores
        confirmed = tracks["id"] > 0
        rows, unconfirmed = np.flatnonzero(confirmed), np.flatnonzero(~confirmed)
        clear = scores >= self.min_high_score
        high, low = np.flatnonzero(clear), np.flatnonzero(~clear & (scores >= self.min_low_score))
        seen = tracks["missed"][rows] == 1
        recent, lost = np.flatnonzero(seen), np.flatnonzero(~seen)
        overlap = 1 - iou(self._boxes(rows), detections.boxes)
        if detections.embeddings is None:
            cost, limit = overlap, self.max_iou_distance
        else:
            cost, limit = self._match_cost(rows, detections), self.max_centred_distance
        alike, recent, high = assign_among(cost[np.ix_(recent, high)], recent, high, limit)
        found, _, high = assign_among(cost[np.ix_(lost, high)], lost, high, limit)
        near, recent, high = assign_among(overlap[np.ix_(recent, high)], recent, high, self.max_iou_distance)
        faint, _, _ = assign_among(overlap[np.ix_(recent, low)], recent, low, self.max_low_iou_distance)
        cost = self._overlap_cost(unconfirmed, detections.select(high), self.max_iou_distance, self.max_centred_distance)
        second, _, high = assign_among(cost, unconfirmed, high, self.max_iou_distance)

        pairs = np.concatenate([alike, found, near, faint])
        self._continue(np.append(rows[pairs[:, 0]], second[:, 0]), detections, np.append(pairs[:, 1], second[:, 1]))
        self._drop((tracks["missed"] > self.max_age) | (~confirmed & (tracks["missed"] > 0)))
        self._start(detections, high[scores[high] >= self.min_new_score])
        tracks = self.tracks
        known = (tracks["id"] > 0) | (tracks["streak"] + 1 >= self.n_init)
        shown = known & (tracks["missed"] == 0)
        return shown | self._hidden(known & (tracks["missed"] > 0) & (tracks["missed"] <= self.hidden_age), shown)

    def _centred(self, detections: Detections) -> Detections:
        """`detections` whose embeddings lack most of what everybody shares."""
        if detections.embeddings is None or len(detections) == 0 or self.centring == 0:
            return detections
        total = detections.embeddings.sum(axis=0, dtype=np.float64)
        self._sum = self._sum + total if self._embedded else total
        self._embedded += len(detections)
        shared = (self.centring / (self._embedded + FAMILIAR) * self._sum).astype(np.float32)
        return detections.with_embeddings(detections.embeddings - shared)

    def _hidden(self, missed: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Which of the tracks `missed` `(T,)` somebody nearer among those `shown` `(T,)` hides, `(T,)` bool."""
        out = np.zeros(len(missed), dtype=bool)
        rows, seen = np.flatnonzero(missed), np.flatnonzero(shown)
        if len(rows) and len(seen):
            boxes, others = self._boxes(rows), self._boxes(seen)
            covered = intersection(boxes[:, None], others) / area(boxes)[:, None]
            nearer = others[:, 3] > boxes[:, None, 3]
            out[rows] = ((covered >= self.hidden_share) & nearer).any(axis=1)
        return out
