"""Deep OC-SORT: OC-SORT with looks, as far as they can be trusted (Maggiolino et al., "Deep OC-SORT: Multi-Pedestrian Tracking by
Adaptive Re-Identification", ICIP 2023)."""

from typing import Annotated

import numpy as np

from trackers.appearance import MovingAverage
from trackers.base import Appearance
from trackers.boxes import from_width_height, to_width_height
from trackers.camera_motion import STILL, camera_motion
from trackers.detections import Detections
from trackers.ocsort import OcSort, unit
from trackers.ranges import Choice, Frames, Hits, Overlap, Range, Score
from trackers.registry import register


@register("deepocsort")
class DeepOcSort(OcSort):
    """The stages of OC-SORT; where its first one is disputed, looks add to the value of a pair, and the camera may move.

    A pair whose boxes overlap is worth, beside its IoU and momentum, the cosine similarity of detection and track times
    `appearance_weight` and a boost: the mean of how far the best similarity of that track, and that of that detection, exceeds
    the second best, each at most `max_boost` (adaptive weighting, section 3.3). A track's look is a moving average that keeps
    `look_momentum` of its past for a detection that scores 1, and all of it for one that scores `min_score` (dynamic
    appearance, section 3.2). States, observations and directions move along with the camera (section 3.1; `camera_motion`, see
    `trackers.camera_motion`). The other thresholds are those of `OcSort`. All are those of the paper and, where it is silent, of
    public code, whose weight shrinks by the ratio of second best and best instead of growing by their difference.
    """

    uses_appearance = True
    appearance_metric = "cosine"
    _memory_kind = MovingAverage
    _memory: MovingAverage

    def __init__(
        self,
        appearance: Appearance | None = None,
        min_score: Score = 0.6,
        min_iou: Overlap = 0.3,
        momentum_weight: Annotated[float, Range(0, 1)] = 0.2,
        momentum_frames: Frames = 3,
        appearance_weight: Annotated[float, Range(0, np.inf)] = 0.75,
        max_boost: Annotated[float, Range(0, 1)] = 0.5,
        look_momentum: Annotated[float, Range(0, 1)] = 0.95,
        min_hits: Hits = 3,
        max_age: Frames = 30,
        camera_motion: Annotated[str, Choice("none", "flow", "ecc")] = "flow",
    ) -> None:
        self.appearance_weight = appearance_weight
        self.max_boost = max_boost
        self.look_momentum = look_momentum
        self.camera_motion = camera_motion
        super().__init__(appearance, min_score, min_iou, momentum_weight, momentum_frames, min_hits=min_hits, max_age=max_age)

    @property
    def needs_image(self) -> bool:
        """True unless the camera's motion is `none`."""
        return self.camera_motion != "none"

    def reset(self, frame_rate: float | None = None) -> None:
        super().reset(frame_rate)
        self._camera = camera_motion(self.camera_motion)

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        affine = self._camera(frame, detections.boxes)
        if affine is not STILL:
            self._follow(affine)
        return super()._associate(detections, frame)

    def _follow(self, affine: np.ndarray) -> None:
        """Move all that is remembered of the tracks along with the camera."""
        tracks, turn = self.tracks, affine[:, :2].T
        for state in ("motion", "missing"):
            tracks[state] = self._motion.warp(tracks[state], affine)
        boxes = to_width_height(tracks["box"])
        boxes[:, :2] = boxes[:, :2] @ turn + affine[:, 2]
        boxes[:, 2:] *= np.sqrt(abs(np.linalg.det(turn)))
        tracks["box"] = from_width_height(boxes)
        tracks["origins"] = tracks["origins"] @ turn + affine[:, 2]
        tracks["direction"] = unit(tracks["direction"] @ turn)

    def _disputed_value(self, overlaps: np.ndarray, detections: Detections) -> np.ndarray:
        value = super()._disputed_value(overlaps, detections)
        if detections.embeddings is None:
            return value
        distances = self._memory.distances(self.tracks["slot"], detections.embeddings, overlaps > 0)
        similarity = np.where(np.isfinite(distances), 1 - distances, 0.0)
        boost = (self._lead(similarity)[:, None] + self._lead(similarity.T)) / 2
        return value + (self.appearance_weight + boost) * similarity

    def _lead(self, similarity: np.ndarray) -> np.ndarray:
        """How far the best of each row of `similarity` `(R, C)` exceeds the second best, `(R,)`, 0 to `max_boost`."""
        if similarity.shape[1] < 2:
            return np.zeros(len(similarity))
        second, best = np.partition(similarity, -2, axis=1)[:, -2:].T
        return np.minimum(best - second, self.max_boost)

    def _continue(self, rows: np.ndarray, detections: Detections, columns: np.ndarray) -> None:
        super()._continue(rows, Detections.unchecked(detections.boxes, detections.scores), columns)
        if detections.embeddings is not None:
            trust = (detections.scores[columns] - self.min_score) / max(1 - self.min_score, 1e-6)
            kept = self.look_momentum + (1 - self.look_momentum) * (1 - np.clip(trust, 0, 1))
            self._memory.add(self.tracks["slot"][rows], detections.embeddings[columns], kept)
