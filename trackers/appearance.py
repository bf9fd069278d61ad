"""The appearance memory: up to 100 embeddings per track, compared with all detections in one batched matrix product."""

import numpy as np

FEATURES = 100
NARROW = 4


class AppearanceMemory:
    """A pool of slots, one per track; each is a ring buffer of the latest `FEATURES` embeddings.

    Tracks start and end in every frame; their embeddings stay in place, and the tracker keeps the slot number. The first
    embedding fills all rows of its slot, so every row is always valid and no mask is needed.
    """

    def __init__(self) -> None:
        self._features = np.zeros((0, FEATURES, 0), dtype=np.float32)  # the dimension is 0 until the first embedding is stored
        self._counts = np.zeros(0, dtype=np.int64)
        self._used = np.zeros(0, dtype=bool)

    def take(self, count: int) -> np.ndarray:
        """Reserve `count` empty slots and return their numbers `(count,)`: the lowest free ones, which keeps the pool dense."""
        free = np.flatnonzero(~self._used)
        if len(free) < count:
            grown = max(16, 2 * len(self._used), len(self._used) + count)
            self._used = _grow(self._used, grown)
            self._counts = _grow(self._counts, grown)
            self._features = _grow(self._features, grown)
            free = np.flatnonzero(~self._used)
        slots = free[:count]
        self._used[slots] = True
        self._counts[slots] = 0
        return slots

    def release(self, slots: np.ndarray) -> None:
        """Release `slots` and forget their embeddings."""
        self._used[slots] = False

    def add(self, slots: np.ndarray, embeddings: np.ndarray) -> None:
        """Store one unit row of `embeddings` `(K, D)` in each of `slots` `(K,)`; a full slot drops its oldest row.

        Raises `ValueError` if D differs from that of the stored embeddings.
        """
        if not len(embeddings):
            return  # nobody's embeddings tell no dimension
        self._check(embeddings)
        if self._features.shape[2] == 0:
            self._features = np.zeros((len(self._used), FEATURES, embeddings.shape[1]), dtype=np.float32)
        counts = self._counts[slots]
        new = counts == 0
        self._features[slots[new]] = embeddings[new, None]
        self._features[slots[~new], counts[~new] % FEATURES] = embeddings[~new]
        self._counts[slots] = counts + 1

    def distances(self, slots: np.ndarray, embeddings: np.ndarray, feasible: np.ndarray) -> np.ndarray:
        """Smallest cosine distance `(R, N)`, 0..2, from each of `embeddings` `(N, D)` to the stored embeddings of each of `slots`
        `(R,)`.

        Only pairs that are true in `feasible` `(R, N)` are computed: gating leaves each track a few detections, so the cost grows
        with the number of tracks and not with its square. Other pairs, and empty slots, are infinite. Raises `ValueError` if D
        differs from that of the stored embeddings.
        """
        self._check(embeddings)
        out = np.full(feasible.shape, np.inf)
        rows, columns = np.nonzero(feasible & (self._counts[slots] > 0)[:, None])
        if len(rows) == 0:
            return out
        # The k-th feasible detection of a track is its k-th candidate. Most tracks have a few, some a hundred (long lost, with a
        # gate as wide as the image). Each pass takes candidates `start` to `stop` of the tracks that have that many, and the next
        # pass is wider, so padding costs no more than the work itself.
        counts = np.bincount(rows, minlength=len(slots))
        place = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
        start, stop = 0, NARROW
        while start < counts.max():
            taken = (place >= start) & (place < stop)
            out[rows[taken], columns[taken]] = self._nearest(slots[rows[taken]], place[taken] - start, embeddings, columns[taken])
            start, stop = stop, 4 * stop
        return out

    def set_distances(self, slots: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Mean cosine distance `(A, B)`, 0..2, from the embeddings of each of `slots` `(A,)` to the nearest one of each of
        `others` `(B,)`; infinite for empty slots."""
        out = np.full((len(slots), len(others)), np.inf)
        counts = np.minimum(self._counts, FEATURES)
        known = others[counts[others] > 0]
        for row, slot in enumerate(slots.tolist()):
            own = self._features[slot, : counts[slot]]
            if len(own) and len(known):
                every = np.ones((len(known), len(own)), dtype=bool)
                out[row, counts[others] > 0] = self.distances(known, own, every).mean(axis=1)
        return out

    def _nearest(self, slots: np.ndarray, place: np.ndarray, embeddings: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Smallest cosine distances `(P,)` of P pairs of a slot and a detection; `place` numbers the pairs within a slot."""
        depth = min(self._counts[slots].max(), FEATURES)
        involved, lane = np.unique(slots, return_inverse=True)
        if 2 * len(involved) > involved[-1]:
            # If most of the pool is involved, reading all of it in place is cheaper than copying that part.
            remembered, lane = self._features[: involved[-1] + 1, :depth], slots
        else:
            remembered = self._features[involved, :depth]
        candidates = np.zeros((len(remembered), place.max() + 1), dtype=np.int64)
        candidates[lane, place] = columns
        similarity = np.matmul(embeddings[candidates], remembered.transpose(0, 2, 1)).max(axis=2)
        return np.clip(1 - similarity[lane, place], 0, 2)

    def _check(self, embeddings: np.ndarray) -> None:
        if len(embeddings) and self._features.shape[2] not in (0, embeddings.shape[1]):
            raise ValueError(
                f"embeddings have {embeddings.shape[1]} dimensions, but the tracks hold {self._features.shape[2]}: "
                "call reset() before you switch the appearance model"
            )


def _grow(array: np.ndarray, length: int) -> np.ndarray:
    out = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    out[: len(array)] = array
    return out
