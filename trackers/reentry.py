"""People who left: their ids and embeddings, kept for a while in case they return."""

import numpy as np

from trackers.appearance import Memory
from trackers.assignment import assign


class Departed:
    """The ids of deleted tracks, the slots of the appearance memory that hold their embeddings, and the frames they left in."""

    def __init__(self) -> None:
        self.ids = np.zeros(0, np.int64)
        self.slots = np.zeros(0, np.int64)
        self.left = np.zeros(0, np.int64)

    def leave(self, ids: np.ndarray, slots: np.ndarray, frame: int) -> None:
        """Remember the tracks `ids` `(K,)` with their `slots` `(K,)`, deleted in `frame`."""
        self.ids = np.concatenate([self.ids, ids])
        self.slots = np.concatenate([self.slots, slots])
        self.left = np.concatenate([self.left, np.full(len(ids), frame)])

    def forget(self, before: float) -> np.ndarray:
        """Forget who left earlier than in the frame `before`; return their slots, which are free now."""
        return self._take(self.left < before)[1]

    def match(self, memory: Memory, slots: np.ndarray, max_distance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Match new tracks with the slots `slots` `(N,)` of `memory` to people who departed.

        The cost is the mean, over the new track's embeddings, of the cosine distance to the nearest embedding of the person, at
        most `max_distance`. Returns the indices `(K,)` of the matched tracks, and the ids and old slots of the people, who are
        no longer departed.
        """
        if len(self.ids) == 0 or len(slots) == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
        matches, _, _ = assign(memory.set_distances(slots, self.slots), max_distance)
        found, whose = matches.T
        ids, old = self.ids[whose], self.slots[whose]
        self._take(np.isin(np.arange(len(self.ids)), whose))
        return found, ids, old

    def _take(self, gone: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, slots = self.ids[gone], self.slots[gone]
        self.ids, self.slots, self.left = self.ids[~gone], self.slots[~gone], self.left[~gone]
        return ids, slots
