"""MOTDT: predictions compete with detections (Long et al., "Real-time Multiple People Tracking with Deeply Learned Candidate
Selection and Person Re-Identification", ICME 2018)."""

from collections.abc import Callable

import numpy as np

from trackers.assignment import assign_among
from trackers.base import Appearance, Tracker
from trackers.boxes import iou, suppress
from trackers.detections import Detections
from trackers.motion import ASPECT_HEIGHT
from trackers.ranges import AppearanceDistance, Frames, Overlap, Score
from trackers.registry import register

Scoring = Callable[[np.ndarray, np.ndarray], np.ndarray]


@register("motdt")
class Motdt(Tracker):
    """Candidate selection, then association in stages.

    Candidates are the detections and the predicted boxes of confirmed tracks. A prediction's prior is `prediction_weight * max(0,
    1 - ln(1 + 0.05 L))` after L frames of predictions alone, and 0 unless its tracklet was seen in more than 2 frames; a
    detection's prior is 1. With `scoring`, a callable `(frame, boxes (N, 4)) -> (N,)` probabilities of a person, a candidate's
    score is its prior times that probability. Without it, a detection keeps the detector's score, and a prediction scores its
    prior. Non-maximum suppression drops the lower of two candidates whose IoU exceeds `max_candidate_iou`, and candidates that
    score below `min_candidate_score`. The defaults are those of the variant in public use, which has no scoring.

    Stages: tracked tracks by the Euclidean distance to the nearest stored embedding, at most `max_appearance_distance`, within
    the gate of the motion model; lost tracks likewise, which recovers them under their old id; remaining tracked tracks by 1 -
    IoU of at most `max_iou_distance`, to detections and predictions; unconfirmed tracks by 1 - IoU of at most
    `max_unconfirmed_iou_distance`, or they are dropped. Without embeddings, 1 - IoU of at most `max_iou_distance` replaces
    appearance. Unmatched detections that score at least `min_new_score` start tracks. Lost tracks are deleted after `max_age`
    frames; one lost for at most `shown_age` frames is shown if its box scores over `min_shown_score`.
    """

    uses_appearance = True
    appearance_metric = "euclidean"

    def __init__(
        self,
        appearance: Appearance | None = None,
        scoring: Scoring | None = None,
        min_candidate_score: Score = 0.4,
        max_candidate_iou: Overlap = 0.7,
        prediction_weight: Score = 0.6,
        max_appearance_distance: AppearanceDistance = 0.8,
        max_iou_distance: Overlap = 0.5,
        max_unconfirmed_iou_distance: Overlap = 0.7,
        min_new_score: Score = 0.6,
        max_age: Frames = 30,
        shown_age: Frames = 0,
        min_shown_score: Score = 0.3,
    ) -> None:
        self._scoring = scoring
        self.min_candidate_score = min_candidate_score
        self.max_candidate_iou = max_candidate_iou
        self.prediction_weight = prediction_weight
        self.max_appearance_distance = max_appearance_distance
        self.max_iou_distance = max_iou_distance
        self.max_unconfirmed_iou_distance = max_unconfirmed_iou_distance
        self.min_new_score = min_new_score
        self.max_age = max_age
        self.shown_age = shown_age
        self.min_shown_score = min_shown_score
        super().__init__(ASPECT_HEIGHT, appearance, columns=[("predicted", np.int64)])

    @property
    def needs_image(self) -> bool:
        """True with `scoring`, which reads the frame."""
        return self._scoring is not None

    def _predict(self) -> None:
        # As in the authors' code, a lost track keeps its height, which drifts fastest without detections.
        self.tracks["motion"][self.tracks["missed"] > 0, 1, 3] = 0
        super()._predict()

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        detections, free, guesses = self._candidates(detections, frame)
        tracks = self.tracks
        tracked = np.flatnonzero((tracks["id"] > 0) & (tracks["missed"] == 1))
        lost = np.flatnonzero(tracks["missed"] > 1)
        unconfirmed = np.flatnonzero(tracks["id"] == 0)
        limit = self.max_iou_distance if detections.embeddings is None else self.max_appearance_distance

        seen, tracked, free = assign_among(self._match_cost(tracked, detections.select(free)), tracked, free, limit)
        found, _, free = assign_among(self._match_cost(lost, detections.select(free)), lost, free, limit)
        # The remaining candidates of both kinds form one problem: detections are numbered first, then predictions.
        numbers = np.concatenate([free, len(detections) + np.arange(len(guesses))])
        cost = 1 - iou(self._boxes(tracked), np.concatenate([detections.boxes[free], guesses.boxes]))
        near, _, free = assign_among(cost, tracked, numbers, self.max_iou_distance)
        free = free[free < len(detections)]
        limit = self.max_unconfirmed_iou_distance
        cost = self._overlap_cost(unconfirmed, detections.select(free), limit, self.max_appearance_distance)
        second, _, free = assign_among(cost, unconfirmed, free, limit)

        real = near[:, 1] < len(detections)
        guessed, guess = near[~real, 0], near[~real, 1] - len(detections)
        matches = np.concatenate([seen, found, near[real], second])
        self._continue(matches[:, 0], detections, matches[:, 1])
        tracks["predicted"][matches[:, 0]] = 0
        tracks["streak"][found[:, 0]] = 0
        self._continue(guessed, guesses, guess)
        tracks["predicted"][guessed] += 1
        tracks["detection"][guessed] = -1
        self._drop((tracks["missed"] > self.max_age) | ((tracks["id"] == 0) & (tracks["missed"] > 0)))
        self._start(detections, free[detections.scores[free] >= self.min_new_score])
        return self._shown(frame)

    def _candidates(self, detections: Detections, frame: np.ndarray | None) -> tuple[Detections, np.ndarray, Detections]:
        """All detections with their candidate scores, the rows of those selected, and the selected predictions."""
        tracks = self.tracks
        rows = np.flatnonzero((tracks["id"] > 0) & (tracks["streak"] - tracks["predicted"] > 2))
        prior = self.prediction_weight * np.maximum(0, 1 - np.log(1 + 0.05 * tracks["predicted"][rows]))
        guesses = Detections.unchecked(self._boxes(rows), prior)
        boxes = np.concatenate([detections.boxes, guesses.boxes])
        if self._scoring is None:
            scores = np.concatenate([detections.scores, prior])
        else:
            scores = np.concatenate([np.ones(len(detections)), prior]) * _score(self._scoring, frame, boxes)
            detections = Detections.unchecked(detections.boxes, scores[: len(detections)], detections.embeddings)
            guesses = Detections.unchecked(guesses.boxes, scores[len(detections) :])
        # A box below the threshold can only suppress others below it, so it can be dropped first.
        kept = np.flatnonzero(scores >= self.min_candidate_score)
        kept = kept[suppress(boxes[kept], scores[kept], self.max_candidate_iou)]
        return detections, kept[kept < len(detections)], guesses.select(kept[kept >= len(detections)] - len(detections))

    def _shown(self, frame: np.ndarray | None) -> np.ndarray:
        """Confirmed tracks matched in this frame, and recently lost ones whose box still looks like a person, `(T,)` bool."""
        tracks = self.tracks
        shown = ((tracks["id"] > 0) | (tracks["streak"] > 0)) & (tracks["missed"] == 0)
        lost = np.flatnonzero((tracks["missed"] > 0) & (tracks["missed"] <= self.shown_age))
        if len(lost):
            scores = tracks["score"][lost] if self._scoring is None else _score(self._scoring, frame, self._boxes(lost))
            shown[lost] = scores > self.min_shown_score
        return shown


def _score(scoring: Scoring, frame: np.ndarray | None, boxes: np.ndarray) -> np.ndarray:
    if frame is None:
        raise ValueError("motdt with scoring reads the image: update() needs the frame")
    return np.asarray(scoring(frame, boxes), dtype=np.float64).reshape(len(boxes))
