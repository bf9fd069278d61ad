"""The base of all trackers: the track table, motion, appearance, and the ids of the tracks shown."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np

from trackers.appearance import AppearanceMemory, Memory
from trackers.boxes import iou
from trackers.detections import Detections, Tracks
from trackers.motion import GATE, ConstantVelocity

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
    """

    uses_appearance = False
    appearance_metric: str | None = None

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
        return False

    def reset(self) -> None:
        """Reset the state: the next frame is the first one, and ids restart at 1."""
        self.tracks = np.zeros(0, dtype=self._table)
        self._memory = self._empty_memory()
        self._next_id = 1
        self._frames = 0

    def update(self, detections: Detections, frame: np.ndarray | None = None) -> Tracks:
        """Process the detections of the next frame and return the tracks shown in it.

        `frame` `(H, W, 3)` BGR uint8 is required if `needs_image`, and for the appearance model when `detections` have no
        embeddings; it is not asked about nobody. The order of the detections does not matter: not even ids depend on it. Raises
        `ValueError` for embeddings that are not one row, which is not all zeros, for each detection.
        """
        wanted = self.uses_appearance and detections.embeddings is None and len(detections) > 0
        if wanted and self._appearance is not None and frame is not None:
            detections = detections.with_embeddings(self._appearance(frame, detections.boxes))
        order = np.lexsort((detections.scores, *detections.boxes.T))
        self._frames += 1
        self._predict()
        shown = self._associate(detections.select(order), frame)
        return self._show(shown, order)

    def _predict(self) -> None:
        """Advance all tracks by one frame."""
        tracks = self.tracks
        tracks["streak"][tracks["missed"] > 0] = 0
        tracks["missed"] += 1
        tracks["detection"] = -1
        tracks["motion"] = self._motion.predict(tracks["motion"])

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
        motion = self.tracks["motion"][rows]
        feasible = self._motion.gating_distance(motion, detections.boxes) <= GATE
        if detections.embeddings is None:
            return np.where(feasible, 1 - iou(self._motion.boxes(motion), detections.boxes), np.inf)
        cost = self._memory.distances(self.tracks["slot"][rows], detections.embeddings, feasible)
        # Unit rows: the square of their Euclidean distance is twice their cosine distance.
        return np.sqrt(2 * cost) if self.appearance_metric == "euclidean" else cost

    def _noise(self, scores: np.ndarray) -> np.ndarray | float:
        """The noise of detections that score `scores` `(K,)`, as the motion model's `update` takes it."""
        return 1.0

    def _continue(self, rows: np.ndarray, detections: Detections, columns: np.ndarray) -> None:
        """Update each track `rows[k]` with its detection `columns[k]`."""
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
        new = np.zeros(len(columns), dtype=self._table)
        new["score"] = detections.scores[columns]
        new["detection"] = columns
        new["motion"] = self._motion.initiate(detections.boxes[columns])
        if self.uses_appearance:
            new["slot"] = self._memory.take(len(columns))
            if detections.embeddings is not None:
                self._memory.add(new["slot"], detections.embeddings[columns])
        self.tracks = np.concatenate([self.tracks, new])

    def _drop(self, dead: np.ndarray) -> None:
        """Remove the tracks where `dead` `(T,)` bool is true."""
        if dead.any():
            if self.uses_appearance:
                self._memory.release(self.tracks["slot"][dead])
            self.tracks = self.tracks[~dead]

    def _show(self, shown: np.ndarray, order: np.ndarray) -> Tracks:
        """Number the tracks shown for the first time, and return all tracks shown, sorted by id."""
        tracks = self.tracks
        unnamed = np.flatnonzero(shown & (tracks["id"] == 0))
        tracks["id"][unnamed] = np.arange(self._next_id, self._next_id + len(unnamed))
        self._next_id += len(unnamed)
        rows = np.flatnonzero(shown)
        rows = rows[np.argsort(tracks["id"][rows])]
        detection = tracks["detection"][rows]
        index = np.append(order, -1)[detection]
        return Tracks(tracks["id"][rows], self._boxes(rows), tracks["score"][rows], index)
