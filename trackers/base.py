"""The base of all trackers: the track table, motion, appearance, and the ids of the tracks shown."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from trackers.appearance import AppearanceMemory, Memory
from trackers.behaviour import RATE, Behaviour
from trackers.boxes import iou, suppress
from trackers.camera_motion import STILL, camera_motion
from trackers.detections import Detections, Tracks
from trackers.motion import GATE, VELOCITY, ConstantVelocity
from trackers.reentry import Departed

Appearance = Callable[[np.ndarray, np.ndarray], np.ndarray]

# One row per track. `id` is 0 until a track is first shown; a track is confirmed once it has an id. `missed` counts the frames
# since its last match, `streak` its consecutive matches, not counting its first detection. `detection` is the row of the
# detection matched in this frame, or -1; `slot` is its slot in the appearance memory.
COLUMNS = [
    ("id", np.int64),
    ("missed", np.int64),
    ("streak", np.int64),
    ("score", np.float64),
    ("detection", np.int64),
    ("slot", np.int64),
    ("motion", np.float64, (5, 4)),
]


class Tracker(ABC):
    """Base class of the trackers: one camera, frame by frame.

    `tracks` is a structured array with one row per live track, so one operation updates all of them and one index drops some. A
    tracker derives from this class and implements `_associate`, which decides which detections continue which tracks. Rows keep
    their order, and new tracks are appended. `columns` are extra fields of that table, and `memory` makes the appearance memory.
    A tracker that follows the camera sets `camera_motion` before it calls this constructor (`trackers.camera_motion`). `kept` are
    the coordinates of the motion that a lost track keeps, such as its height, which drifts fastest without detections.
    """

    uses_appearance = False
    appearance_metric: str | None = None
    camera_motion = "none"
    kept: int | slice | None = None
    behaviour = Behaviour()
    frame_rate = RATE
    _ages: Mapping[str, int] | None = None

    def __init__(
        self,
        motion: ConstantVelocity,
        appearance: Appearance | None = None,
        columns: Sequence[tuple] = (),
        memory: Callable[[], Memory] = AppearanceMemory,
    ) -> None:
        self._motion = motion
        self._empty_memory = memory
        self._appearance = appearance
        self._table = np.dtype(COLUMNS + list(columns))
        self.reset()

    @property
    def needs_image(self) -> bool:
        """Whether `update` itself reads the frame; an appearance model given as a callable always does."""
        return self.camera_motion != "none"

    def behave(self, behaviour: Behaviour, ages: Mapping[str, int]) -> None:
        """Switch on `behaviour`; `ages` are the thresholds that count frames, which `time: seconds` converts."""
        self.behaviour, self._ages = behaviour, ages
        self.run_at(self.frame_rate)

    def run_at(self, frame_rate: float) -> None:
        """Reset the tracker for a video of `frame_rate` frames per second; at first it is 30."""
        self.frame_rate = frame_rate
        if self.behaviour.time == "seconds":
            self._motion = replace(self._motion, step=RATE / frame_rate)
            for name, frames in (self._ages or {}).items():
                setattr(self, name, max(round(frames * frame_rate / RATE), min(frames, 1)))
        self.reset()

    def reset(self) -> None:
        """Reset the state: the next frame is the first one, and ids restart at 1."""
        self.tracks = np.zeros(0, dtype=self._table)
        self._memory = self._empty_memory()
        self._departed = Departed()
        self._camera = camera_motion(self.camera_motion)
        self._next_id = 1
        self._frames = 0

    def update(self, detections: Detections, frame: np.ndarray | None = None) -> Tracks:
        """Process the detections of the next frame and return the tracks shown in it.

        `frame` `(H, W, 3)` BGR uint8 is required if `needs_image`, and for the appearance model when `detections` have no
        embeddings; it is not asked about nobody. The order of the detections does not matter: not even ids depend on it. Raises
        `ValueError` for embeddings that are not one row, which is not all zeros, for each detection, or of another dimension than
        before; the tracker is then as it was.
        """
        wanted = self.uses_appearance and detections.embeddings is None and len(detections) > 0
        if wanted and self._appearance is not None and frame is not None:
            detections = detections.with_embeddings(self._appearance(frame, detections.boxes))
        if self.uses_appearance and detections.embeddings is not None:
            self._check(detections.embeddings)
        affine = self._camera(frame, detections.boxes)
        order = np.lexsort((detections.scores, *detections.boxes.T))
        detections = detections.select(order)
        self._frames += 1
        self._predict()
        if affine is not STILL:
            self._follow(affine)
        shown = self._associate(detections, frame)
        return self._show(self._worth_showing(shown), detections, order)

    def _check(self, embeddings: np.ndarray) -> None:
        """Raise `ValueError` for `embeddings` `(N, D)` of another dimension than before."""
        self._memory.check(embeddings)

    def _predict(self) -> None:
        """Advance all tracks by one frame."""
        tracks = self.tracks
        lost = tracks["missed"] > 0
        tracks["streak"][lost] = 0
        if self.kept is not None:
            tracks["motion"][lost, VELOCITY, self.kept] = 0
        tracks["missed"] += 1
        tracks["detection"] = -1
        tracks["motion"] = self._motion.predict(tracks["motion"])

    def _follow(self, affine: np.ndarray) -> None:
        """Move the tracks along with the camera, whose motion is `affine` `(2, 3)`."""
        self.tracks["motion"] = self._motion.warp(self.tracks["motion"], affine)

    @abstractmethod
    def _associate(self, detections: Detections, frame: np.ndarray | None) -> np.ndarray:
        """Match, start and drop tracks; return which of `tracks` are shown, `(T,)` bool."""

    def _boxes(self, rows: np.ndarray) -> np.ndarray:
        """The current boxes `(R, 4)` xyxy of the tracks `rows` (indices or a mask), from the motion model."""
        return self._motion.boxes(self.tracks["motion"][rows])

    def _match_cost(self, rows: np.ndarray, detections: Detections) -> np.ndarray:
        """Cost `(R, N)` of continuing the tracks `rows` `(R,)` with each detection, infinite outside the motion model's gate.

        The cost is the appearance distance in the tracker's metric, or 1 - IoU without embeddings.
        """
        if len(rows) == 0 or len(detections) == 0:
            return np.zeros((len(rows), len(detections)))
        motion = self.tracks["motion"][rows]
        feasible = self._motion.gating_distance(motion, detections.boxes) <= GATE
        if detections.embeddings is None:
            return np.where(feasible, 1 - iou(self._motion.boxes(motion), detections.boxes), np.inf)
        cost = self._memory.distances(self.tracks["slot"][rows], detections.embeddings, feasible)
        # Unit rows: the square of their Euclidean distance is twice their cosine distance.
        return np.sqrt(2 * cost) if self.appearance_metric == "euclidean" else cost

    def _overlap_cost(self, rows: np.ndarray, detections: Detections, max_cost: float, max_distance: float) -> np.ndarray:
        """Cost `(R, N)`, 1 - IoU, of continuing the tracks `rows` `(R,)` with each detection, to be limited by `max_cost`.

        With time in seconds, people may walk out of their own boxes from one frame to the next: where that is cheaper, the
        appearance distance counts, scaled so that `max_distance` becomes `max_cost`.
        """
        cost = 1 - iou(self._boxes(rows), detections.boxes)
        if self.behaviour.time == "seconds" and detections.embeddings is not None and max_distance > 0:
            np.minimum(cost, self._match_cost(rows, detections) * (max_cost / max_distance), out=cost)
        return cost

    def _noise(self, scores: np.ndarray) -> np.ndarray | float:
        """The noise of detections that score `scores` `(K,)`, as the motion model's `update` takes it."""
        return 1.0

    def _continue(self, rows: np.ndarray, detections: Detections, columns: np.ndarray) -> None:
        """Update each track `rows[k]` with its detection `columns[k]`."""
        if len(rows) == 0:
            return
        tracks, scores = self.tracks, detections.scores[columns]
        tracks["motion"][rows] = self._motion.update(tracks["motion"][rows], detections.boxes[columns], self._noise(scores))
        tracks["missed"][rows] = 0
        tracks["streak"][rows] += 1
        tracks["score"][rows] = scores
        tracks["detection"][rows] = columns
        if detections.embeddings is not None and self.uses_appearance:
            self._memory.add(tracks["slot"][rows], detections.embeddings[columns])

    def _start(self, detections: Detections, columns: np.ndarray) -> None:
        """Append a new track for each of the detections `columns`."""
        if len(columns) == 0:
            return
        known = len(self.tracks)
        table = np.zeros(known + len(columns), dtype=self._table)  # np.concatenate would compare the fields, one by one
        table[:known] = self.tracks
        new = table[known:]
        new["score"] = detections.scores[columns]
        new["detection"] = columns
        new["motion"] = self._motion.initiate(detections.boxes[columns])
        if self.uses_appearance:
            new["slot"] = self._memory.take(len(columns))
            if detections.embeddings is not None:
                self._memory.add(new["slot"], detections.embeddings[columns])
        self.tracks = table

    def _drop(self, dead: np.ndarray) -> None:
        """Remove the tracks where `dead` `(T,)` bool is true."""
        if dead.any():
            if self.uses_appearance:
                gone = self.tracks[dead]
                if self.behaviour.memory > 0:
                    named = gone["id"] > 0
                    self._departed.leave(gone["id"][named], gone["slot"][named], self._frames)
                    gone = gone[~named]
                self._memory.release(gone["slot"])
            self.tracks = self.tracks[~dead]

    def _worth_showing(self, shown: np.ndarray) -> np.ndarray:
        """Which of the tracks that the association would show, `shown` `(T,)`, the behaviour lets through."""
        if not self.behaviour.predictions:
            shown = shown & (self.tracks["detection"] >= 0)
        if self.behaviour.max_shown_iou < 1:
            rows = np.flatnonzero(shown)
            seniority = -np.arange(len(rows), dtype=np.float64)  # new tracks are appended
            shown = shown.copy()
            shown[rows] = suppress(self._boxes(rows), seniority, self.behaviour.max_shown_iou)
        return shown

    def _show(self, shown: np.ndarray, detections: Detections, order: np.ndarray) -> Tracks:
        """Number the tracks shown for the first time, and return all tracks shown, sorted by id."""
        tracks = self.tracks
        unnamed = np.flatnonzero(shown & (tracks["id"] == 0))
        if len(unnamed):
            self._name(unnamed)
        rows = np.flatnonzero(shown)
        rows = rows[np.argsort(tracks["id"][rows])]
        detection = tracks["detection"][rows]
        boxes = self._boxes(rows)
        if self.behaviour.boxes == "detected":
            boxes[detection >= 0] = detections.boxes[detection[detection >= 0]]
        return Tracks(tracks["id"][rows], boxes, tracks["score"][rows], np.append(order, -1)[detection])

    def _name(self, rows: np.ndarray) -> None:
        """Number the tracks `rows`: with the ids of people who departed and look the same, if remembered, else with new ones."""
        tracks, behaviour = self.tracks, self.behaviour
        if self.uses_appearance and behaviour.memory > 0:
            for slot in self._departed.forget(self._frames - behaviour.memory * self.frame_rate):
                self._memory.release(slot)
            found, ids, slots = self._departed.match(self._memory, tracks["slot"][rows], behaviour.max_memory_distance)
            tracks["id"][rows[found]] = ids
            self._memory.release(slots)
            rows = np.delete(rows, found)
        tracks["id"][rows] = np.arange(self._next_id, self._next_id + len(rows))
        self._next_id += len(rows)
