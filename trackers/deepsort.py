"""DeepSORT: SORT with appearance (Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric", 2017)."""

import numpy as np

from trackers.assignment import assign_among
from trackers.base import Appearance, Tracker
from trackers.detections import Detections
from trackers.motion import ASPECT_HEIGHT
from trackers.ranges import AppearanceDistance, Frames, Hits, Overlap
from trackers.registry import register


@register("deepsort")
class DeepSort(Tracker):
    """A matching cascade by appearance, then IoU for unconfirmed and just missed tracks.

    Confirmed tracks are matched by the cosine distance of their nearest remembered embedding, at most `max_appearance_distance`,
    within the gate of the motion model; the most recently seen tracks choose first (section 2.3). Without embeddings the
    cascade's cost is 1 - IoU. Unconfirmed tracks, and confirmed ones missed in this frame only, are then matched by 1 - IoU of at
    most `max_iou_distance`. A track that is detected in `n_init` consecutive frames is confirmed; otherwise it is deleted. A
    confirmed track is deleted after `max_age` consecutive misses. It is still shown, at its predicted box, for up to `shown_age`
    missed frames (1 in the authors' code).
    """

    uses_appearance = True
    appearance_metric = "cosine"

    def __init__(
        self,
        appearance: Appearance | None = None,
        max_appearance_distance: AppearanceDistance = 0.2,
        max_iou_distance: Overlap = 0.7,
        n_init: Hits = 3,
        max_age: Frames = 30,
        shown_age: Frames = 1,
    ) -> None:
        self.max_appearance_distance = max_appearance_distance
        self.max_iou_distance = max_iou_distance
        self.n_init = n_init
        self.max_age = max_age
        self.shown_age = shown_age
        super().__init__(ASPECT_HEIGHT, appearance)

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        tracks, free = self.tracks, np.arange(len(detections))
        confirmed = tracks["id"] > 0
        recent, older = np.flatnonzero(confirmed & (tracks["missed"] == 1)), np.flatnonzero(confirmed & (tracks["missed"] > 1))
        limit = self.max_iou_distance if detections.embeddings is None else self.max_appearance_distance
        # The first level of the cascade takes most detections; older tracks, with their wide gates, get only the rest.
        first, recent, free = assign_among(self._match_cost(recent, detections), recent, free, limit)
        cost = self._match_cost(older, detections.select(free))
        later, free = cascade(cost, older, free, tracks["missed"][older], limit)

        rest = np.concatenate([np.flatnonzero(~confirmed), recent])
        cost = self._overlap_cost(rest, detections.select(free), self.max_iou_distance, self.max_appearance_distance)
        near, _, free = assign_among(cost, rest, free, self.max_iou_distance)

        matches = np.concatenate([first, later, near])
        self._continue(matches[:, 0], detections, matches[:, 1])
        self._drop((tracks["missed"] >= self.max_age) | (~confirmed & (tracks["missed"] > 0)))
        self._start(detections, free)
        # An unconfirmed track is deleted at its first miss, so its streak is unbroken; it does not count the first detection.
        tracks = self.tracks
        return ((tracks["id"] > 0) | (tracks["streak"] + 1 >= self.n_init)) & (tracks["missed"] <= self.shown_age)


def cascade(
    cost: np.ndarray, rows: np.ndarray, columns: np.ndarray, missed: np.ndarray, max_cost: float
) -> tuple[np.ndarray, np.ndarray]:
    """Assign level by level: tracks missed for fewer frames choose first (Wojke et al. 2017, listing 1).

    The rows and columns of `cost` `(R, C)` stand for the numbers `rows` and `columns`; `missed` `(R,)` are the levels. Returns
    `matches` `(K, 2)` and the columns left, both in those numbers. Only levels that have a feasible pair are visited; they are
    few, however large the maximum age.
    """
    matches = [np.empty((0, 2), dtype=np.int64)]
    left = np.arange(len(columns))
    reachable = (cost <= max_cost).any(axis=1)
    for level in np.unique(missed[reachable]):
        tracks = np.flatnonzero(reachable & (missed == level))
        found, _, left = assign_among(cost[np.ix_(tracks, left)], tracks, left, max_cost)
        matches.append(np.stack([rows[found[:, 0]], columns[found[:, 1]]], axis=1))
    return np.concatenate(matches), columns[left]
