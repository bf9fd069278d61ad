"""A pool of embeddings, each owned by a person, with nearest-neighbour search."""

import logging
from collections.abc import Collection

import numpy as np

from mtmc.identity.inverted_index import InvertedIndex, is_installed

EXACT = 50_000  # rows up to which one matrix product takes some milliseconds; beyond, an index is faster
_FINALISTS = 8  # times as many rows as requested are taken from the index and compared exactly
_BLOCK = 65_536  # rows copied at a time

_log = logging.getLogger(__name__)


class Exemplars:
    """Unit rows `rows` `(C, D)` with their owners `owners` `(C,)`, 0 marking a free row; C grows as needed.

    One matrix product searches up to `EXACT` rows. FAISS (the extra `faiss`) searches more, with an index that follows every
    change; without FAISS the matrix product is used, in time that grows with the number of rows.
    """

    def __init__(self, dimension: int):
        self.rows = np.zeros((0, dimension), np.float32)
        self.owners = np.zeros(0, np.int64)
        self._free: list[int] = []
        self._index: InvertedIndex | None = None
        self._indexed = np.zeros(0, bool)  # whether the index holds a row under this number
        self._changed: set[int] = set()  # rows that changed since the index was updated
        self._warned = False

    def __len__(self) -> int:
        return len(self.rows) - len(self._free)

    def add(self, owner: int, rows: np.ndarray) -> np.ndarray:
        """Add `rows` `(N, D)` of `owner`; return their places, `(N,)`."""
        if len(self._free) < len(rows):
            self._grow(max(256, 2 * len(self.rows), len(self.rows) + len(rows)))
        places = np.array([self._free.pop() for _ in range(len(rows))], np.int64)
        self.rows[places], self.owners[places] = rows, owner
        self._changed.update(places.tolist())
        return places

    def remove(self, places: np.ndarray) -> None:
        """Remove the rows at `places` `(N,)`."""
        self.rows[places], self.owners[places] = 0, 0
        self._free.extend(places.tolist())
        self._changed.update(places.tolist())

    def is_large(self) -> bool:
        """Whether the index is in use; builds it when due."""
        return self._due_index() is not None

    def _due_index(self) -> InvertedIndex | None:
        if len(self) <= EXACT:
            return None
        if not is_installed():
            if not self._warned:
                _log.warning(
                    "over %d exemplars are searched exhaustively: pip install 'mtmc[faiss]' to search them with an index", EXACT
                )
            self._warned = True
            return None
        if self._index is None:
            self._index = InvertedIndex(self.rows[self.owners > 0])
        return self._index

    def nearest(self, queries: np.ndarray, count: int, excluded: Collection[int] = ()) -> np.ndarray:
        """The places `(N, count)` of the `count` rows nearest to each of `queries` `(N, D)`, without those of `excluded` owners:
        nearest first, -1 where there are no more."""
        index = self._due_index()
        if index is not None:
            self._update(index)
            without = np.flatnonzero(np.isin(self.owners, list(excluded))) if len(excluded) else np.zeros(0, np.int64)
            places = index.search(queries, _FINALISTS * count, without)
            similarity = np.einsum("nd,nkd->nk", queries, self.rows[places])
            similarity[places < 0] = -np.inf
        else:
            places = np.broadcast_to(np.arange(len(self.rows)), (len(queries), len(self.rows)))
            similarity = queries @ self.rows.T
            similarity[:, (self.owners == 0) | np.isin(self.owners, list(excluded))] = -np.inf
        order = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
        best = np.where(np.isneginf(np.take_along_axis(similarity, order, 1)), -1, np.take_along_axis(places, order, 1))
        return np.pad(best, ((0, 0), (0, count - best.shape[1])), constant_values=-1)

    def _grow(self, capacity: int) -> None:
        old = len(self.rows)
        self.rows = np.concatenate([self.rows, np.zeros((capacity - old, self.rows.shape[1]), np.float32)])
        self.owners = np.concatenate([self.owners, np.zeros(capacity - old, np.int64)])
        self._indexed = np.concatenate([self._indexed, np.zeros(capacity - old, bool)])
        self._free.extend(range(capacity - 1, old - 1, -1))

    def _update(self, index: InvertedIndex) -> None:
        changed = np.fromiter(self._changed, np.int64, len(self._changed))
        self._changed.clear()
        outdated, present = changed[self._indexed[changed]], changed[self.owners[changed] > 0]
        if len(outdated):
            index.remove(outdated)
        for first in range(0, len(present), _BLOCK):
            places = present[first : first + _BLOCK]
            index.add(places, self.rows[places])
        self._indexed[changed] = self.owners[changed] > 0
