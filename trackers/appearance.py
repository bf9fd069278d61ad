"""The appearance memory: up to 100 embeddings a track, compared with all detections in one batched matrix product."""

import numpy as np

FEATURES = 100
NARROW = 4


class AppearanceMemory:
    """A pool of slots, one a track, each a ring of the `FEATURES` latest embeddings.

    Tracks come and go in every frame; their embeddings stay where they are, and the tracker keeps the slot number. A slot is
    filled with its first embedding, so that each of its rows is valid at any time and no mask is needed.
    """

    def __init__(self) -> None:
        self._features = np.zeros((0, FEATURES, 0), dtype=np.float32)  # no dimension: nothing has been remembered yet
        self._counts = np.zeros(0, dtype=np.int64)
        self._used = np.zeros(0, dtype=bool)

    def take(self, count: int) -> np.ndarray:
        """Reserve `count` empty slots; returns their numbers `(count,)`, the lowest free ones, which keeps the pool dense."""
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
        """Give `slots` back; their embeddings are forgotten."""
        self._used[slots] = False

    def add(self, slots: np.ndarray, embeddings: np.ndarray) -> None:
        """Remember one unit row of `embeddings` `(K, D)` in each of `slots` `(K,)`; the oldest of a full slot gives way.

        Raises `ValueError` when D differs from that of the embeddings remembered so far.
        """
        self._check(embeddings)
        if self._features.shape[2] == 0:
            self._features = np.zeros((len(self._used), FEATURES, embeddings.shape[1]), dtype=np.float32)
        counts = self._counts[slots]
        new = counts == 0
        self._features[slots[new]] = embeddings[new, None]
        self._features[slots[~new], counts[~new] % FEATURES] = embeddings[~new]
        self._counts[slots] = counts + 1

    def distances(self, slots: np.ndarray, embeddings: np.ndarray, feasible: np.ndarray) -> np.ndarray:
        """Smallest cosine distance `(R, N)`, 0..2, of each of `embeddings` `(N, D)` to what each of `slots` `(R,)` remembers.

        Only pairs of `feasible` `(R, N)` bool are computed: gating leaves a track a few detections, which makes the work grow
        with the number of tracks instead of its square. Other pairs, and slots that remember nothing, are infinite.
        Raises `ValueError` when D differs from that of the embeddings remembered so far.
        """
        self._check(embeddings)
        out = np.full(feasible.shape, np.inf)
        rows, columns = np.nonzero(feasible & (self._counts[slots] > 0)[:, None])
        if len(rows) == 0:
            return out
        # The k-th feasible detection of a track is its k-th candidate. Most tracks have a few, some a hundred (lost for long,
        # with a gate as wide as the image): a pass takes the candidates from `start` to `stop` of the tracks that have as
        # many, and the next pass is wider, so that padding costs no more than the work itself.
        counts = np.bincount(rows, minlength=len(slots))
        place = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
        start, stop = 0, NARROW
        while start < counts.max():
            taken = (place >= start) & (place < stop)
            out[rows[taken], columns[taken]] = self._nearest(slots[rows[taken]], place[taken] - start, embeddings, columns[taken])
            start, stop = stop, 4 * stop
        return out

    def _nearest(self, slots: np.ndarray, place: np.ndarray, embeddings: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Smallest cosine distances `(P,)` of P pairs of a slot and a detection, `place` being a pair's number in its slot."""
        depth = min(self._counts[slots].max(), FEATURES)
        involved, lane = np.unique(slots, return_inverse=True)
        if 2 * len(involved) > involved[-1]:
            # Most of the pool takes part: reading all of it in place is cheaper than a copy of that part.
            remembered, lane = self._features[: involved[-1] + 1, :depth], slots
        else:
            remembered = self._features[involved, :depth]
        candidates = np.zeros((len(remembered), place.max() + 1), dtype=np.int64)
        candidates[lane, place] = columns
        similarity = np.matmul(embeddings[candidates], remembered.transpose(0, 2, 1)).max(axis=2)
        return np.clip(1 - similarity[lane, place], 0, 2)

    def _check(self, embeddings: np.ndarray) -> None:
        if self._features.shape[2] not in (0, embeddings.shape[1]):
            raise ValueError(
                f"these embeddings have {embeddings.shape[1]} dimensions, but the tracks remember {self._features.shape[2]}: "
                "call reset() before another appearance model is used"
            )


def _grow(array: np.ndarray, length: int) -> np.ndarray:
    out = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    out[: len(array)] = array
    return out
