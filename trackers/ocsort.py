"""OC-SORT: SORT that trusts observations more than its filter (Cao et al., "Observation-Centric SORT: Rethinking SORT for Robust
Multi-Object Tracking", CVPR 2023)."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
from scipy.optimize import linear_sum_assignment

from trackers.appearance import AppearanceMemory, Memory
from trackers.base import Appearance, Tracker
from trackers.boxes import iou
from trackers.detections import Detections
from trackers.motion import AREA_ASPECT, ConstantVelocity
from trackers.ranges import Frames, Hits, Overlap, Range, Score, Switch
from trackers.registry import register


@register("ocsort")
class OcSort(Tracker):
    """Overlap and direction, a second look at where people were last seen, and a filter mended after a gap.

    A pair of a track and a detection of at least `min_score` needs an IoU of at least `min_iou`; its value is the IoU and, times
    `momentum_weight` and the score, how well the way to the detection keeps the track's direction, -1/2 to 1/2. Both ways start
    at the earliest observation of the last `momentum_frames` frames, or at the last one before (observation-centric momentum).
    With `byte`, detections of at least `min_low_score` then continue tracks that are left, as in ByteTrack. Next, free detections
    match tracks where they were last seen, by IoU alone: people who stopped unseen (recovery). After a gap the filter runs again
    over a straight way from the last observation to the new one (re-update). Free detections of at least `min_score` start
    tracks. A track is shown, and deleted after `max_age` missed frames, as in SORT. Its box is the observed one, and a track's
    first detection is no observation yet, as in the authors' code.
    """

    _memory_kind: Callable[[], Memory] = AppearanceMemory

    def __init__(
        self,
        appearance: Appearance | None = None,
        min_score: Score = 0.6,
        min_iou: Overlap = 0.3,
        momentum_weight: Annotated[float, Range(0, 1)] = 0.2,
        momentum_frames: Frames = 3,
        byte: Annotated[bool, Switch()] = False,
        min_low_score: Score = 0.1,
        min_hits: Hits = 3,
        max_age: Frames = 30,
    ) -> None:
        self.min_score = min_score
        self.min_iou = min_iou
        self.momentum_weight = momentum_weight
        self.momentum_frames = momentum_frames
        self.byte = byte
        self.min_low_score = min_low_score
        self.min_hits = min_hits
        self.max_age = max_age
        # `box` is the last detection; `observed` tells whether it is an observation. `origins` are centres: column k is that of
        # the earliest observation in the k frames before this one, or of the last observation of all. `direction` is a unit
        # vector, or zeros. `missing` is the filter's state as it was predicted for the first missed frame.
        columns = [
            ("box", np.float64, 4),
            ("observed", bool),
            ("origins", np.float64, (int(momentum_frames) + 1, 2)),
            ("direction", np.float64, 2),
            ("missing", np.float64, (5, 4)),
        ]
        super().__init__(AREA_ASPECT, appearance, columns, self._memory_kind)

    def _boxes(self, rows: np.ndarray) -> np.ndarray:
        """The boxes `(R, 4)` xyxy at which the tracks `rows` were last seen."""
        return self.tracks["box"][rows]

    def _predict(self) -> None:
        origins = self.tracks["origins"]
        origins[:, 1:] = origins[:, :-1]
        super()._predict()

    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        tracks, boxes = self.tracks, detections.boxes
        predicted = self._motion.boxes(tracks["motion"])
        clear = detections.scores >= self.min_score
        high, left = np.flatnonzero(clear), np.arange(len(tracks))
        overlaps = iou(predicted, boxes[high])
        matches, left, free = self._match(self._value(overlaps, detections.select(high)), overlaps, left, high)
        if self.byte:
            low = np.flatnonzero(~clear & (detections.scores >= self.min_low_score))
            overlaps = iou(predicted[left], boxes[low])
            faint, left, _ = self._match(overlaps, overlaps, left, low)
            matches = np.concatenate([matches, faint])
        left = left[tracks["observed"][left]]
        if len(left) and len(free):
            overlaps = iou(self._boxes(left), boxes[free])
            recovered, _, free = self._match(overlaps, overlaps, left, free)
            matches = np.concatenate([matches, recovered])

        self._continue(matches[:, 0], detections, matches[:, 1])
        gone = np.flatnonzero(tracks["missed"] == 1)
        tracks["missing"][gone] = tracks["motion"][gone]
        self._drop(tracks["missed"] > self.max_age)
        known = len(self.tracks)
        self._start(detections, free)
        tracks = self.tracks
        tracks["box"][known:] = boxes[free]
        return (tracks["missed"] == 0) & ((tracks["streak"] >= self.min_hits) | (self._frames <= self.min_hits))

    def _value(self, overlaps: np.ndarray, detections: Detections) -> np.ndarray:
        """What each pair of all tracks and `detections` is worth, `(T, N)`, given its IoU in `overlaps`."""
        near = overlaps >= self.min_iou
        if near.sum(axis=0).max(initial=0) <= 1 and near.sum(axis=1).max(initial=0) <= 1:
            return near.astype(np.float64)  # as in the authors' code, pairs that nobody disputes need no direction
        return self._disputed_value(overlaps, detections)

    def _disputed_value(self, overlaps: np.ndarray, detections: Detections) -> np.ndarray:
        """`_value` where several tracks and detections are near each other: the IoU and the momentum."""
        tracks = self.tracks
        turn = momentum(tracks["direction"], tracks["origins"][:, -1], centres(detections.boxes))
        turn *= self.momentum_weight * detections.scores
        turn += overlaps
        return turn

    def _match(
        self, value: np.ndarray, overlaps: np.ndarray, rows: np.ndarray, columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Match the tracks `rows` `(R,)` with the detections `columns` `(C,)`; return matches `(K, 2)` and what is left of both.

        As in the authors' code, as many pairs as possible are formed for the largest total `value` `(R, C)`, and those with too
        low an IoU in `overlaps` `(R, C)` are then given up.
        """
        row, column = linear_sum_assignment(np.fmax(value, -1), maximize=True)  # a value that is no number is the lowest
        near = overlaps[row, column] >= self.min_iou
        row, column = row[near], column[near]
        return np.stack([rows[row], columns[column]], axis=1), np.delete(rows, row), np.delete(columns, column)

    def _continue(self, rows: np.ndarray, detections: Detections, columns: np.ndarray) -> None:
        tracks, boxes = self.tracks, detections.boxes[columns]
        missed, observed = tracks["missed"][rows], tracks["observed"][rows]
        back = observed & (missed > 1)
        if back.any():
            lost = rows[back]
            last, missing = tracks["box"][lost], tracks["missing"][lost]
            tracks["motion"][lost] = reupdate(self._motion, missing, last, boxes[back], missed[back])
        centre, origins = centres(boxes), tracks["origins"][rows]
        tracks["direction"][rows] = unit(centre - origins[:, -1]) * observed[:, None]
        fresh = ~observed[:, None] | (np.arange(origins.shape[1]) < missed[:, None])
        tracks["origins"][rows] = np.where(fresh[:, :, None], centre[:, None], origins)
        tracks["box"][rows] = boxes
        tracks["observed"][rows] = True
        super()._continue(rows, detections, columns)


def reupdate(motion: ConstantVelocity, state: np.ndarray, last: np.ndarray, boxes: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """States `(R, 5, 4)` of tracks observed at `last` `(R, 4)` and again, `gaps` `(R,)` frames later, at `boxes` `(R, 4)`.

    `state` is as predicted for the frame after `last`. It is updated with the boxes of a straight way from `last` to `boxes`,
    `boxes` themselves included: the caller's own update with them is their second, as in the authors' code.
    """
    order = np.argsort(-gaps)
    state, last, gaps = state[order], last[order], gaps[order]
    step = (boxes[order] - last) / gaps[:, None]
    for frame in range(1, gaps[0] + 1):
        going = slice(np.count_nonzero(gaps >= frame))  # the longest gaps come first
        if frame > 1:
            state[going] = motion.predict(state[going])
        state[going] = motion.update(state[going], last[going] + frame * step[going])
    out = np.empty_like(state)
    out[order] = state
    return out


def momentum(direction: np.ndarray, origin: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """How well the way from each `origin` `(T, 2)` to each `centre` `(N, 2)` keeps the `direction` `(T, 2)`, `(T, N)`.

    1/2 is straight on, -1/2 is back, and 0 is to the side, or means that the direction, a unit vector, is zeros.
    """
    across, down = centre[:, 0] - origin[:, :1], centre[:, 1] - origin[:, 1:]
    turn = direction[:, :1] * across + direction[:, 1:] * down
    turn /= np.sqrt(across * across + down * down) + 1e-6
    return np.arcsin(np.clip(turn, -1, 1)) / np.pi


def centres(boxes: np.ndarray) -> np.ndarray:
    """The centres `(N, 2)` of `boxes` `(N, 4)` xyxy."""
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def unit(vectors: np.ndarray) -> np.ndarray:
    """`vectors` `(..., 2)` in pixels at length 1; those far shorter than a pixel stay near 0."""
    return vectors / (np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True)) + 1e-6)
