"""Approximate search among very many embeddings: FAISS's inverted file over principal components, open to changes."""

import importlib.util

import numpy as np

from reid.common.errors import InputError

COMPONENTS = 128
LISTS = 256
PROBES = 128
_SAMPLE = 100 * LISTS  # rows to fit to


def is_installed() -> bool:
    """Whether FAISS is there."""
    return importlib.util.find_spec("faiss") is not None


class InvertedIndex:
    """Unit rows by number: their leading principal components, 8 bits each, in lists around `LISTS` centres, of which a query
    visits the `PROBES` nearest.

    The embeddings of people fill few dimensions (the 512 numbers of OSNet hold 97% of their variance in 128), so the components
    make the search four times cheaper than the rows themselves; what is found should be compared exactly. Components and centres
    are fitted once, to the rows that the index begins with. See Douze et al., The Faiss library, 2024, on transforms, scalar
    quantisation and inverted files. The components are taken here and not by FAISS's own PCA, with which an index finds as much
    but takes six times as long for one view (8 against 1.4 ms of CPU time among 100 000 rows).
    """

    def __init__(self, rows: np.ndarray):
        """Fit to `rows` `(N, D)`; nothing is added yet. Raises `InputError` without FAISS."""
        if not is_installed():
            raise InputError("FAISS is missing: pip install 'mtmc[faiss]'.")
        import faiss

        if len(rows) > _SAMPLE:
            rows = rows[np.random.default_rng(0).choice(len(rows), _SAMPLE, replace=False)]
        self._mean = rows.mean(axis=0)
        self._axes = np.linalg.eigh(np.cov(rows.T))[1][:, : -COMPONENTS - 1 : -1].astype(np.float32)
        dimension = self._axes.shape[1]
        self._centres = faiss.IndexFlatL2(dimension)  # the index below does not keep it alive
        self._index = faiss.IndexIVFScalarQuantizer(
            self._centres, dimension, LISTS, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_L2
        )
        self._index.train(self._components(rows))
        self._index.set_direct_map_type(faiss.DirectMap.Hashtable)  # a row is removed without a walk through all lists

    def add(self, numbers: np.ndarray, rows: np.ndarray) -> None:
        """Add `rows` `(N, D)` under `numbers` `(N,)` that are not there yet."""
        self._index.add_with_ids(self._components(rows), np.asarray(numbers, np.int64))

    def remove(self, numbers: np.ndarray) -> None:
        """Remove the rows of `numbers` `(N,)`."""
        import faiss

        self._index.remove_ids(faiss.IDSelectorArray(np.ascontiguousarray(numbers, np.int64)))

    def search(self, views: np.ndarray, count: int, without: np.ndarray) -> np.ndarray:
        """The numbers `(N, count)` of the rows nearest to `views` `(N, D)`, but for those of `without` `(K,)`; -1 where fewer are
        found."""
        import faiss

        selector = faiss.IDSelectorNot(faiss.IDSelectorBatch(np.asarray(without, np.int64))) if len(without) else None
        settings = faiss.SearchParametersIVF(nprobe=PROBES, sel=selector)
        return self._index.search(self._components(views), count, params=settings)[1]

    def _components(self, rows: np.ndarray) -> np.ndarray:
        # Distances between unit rows order as their cosines do, and do not change when the mean is taken away.
        return np.ascontiguousarray((np.asarray(rows, np.float32) - self._mean) @ self._axes)
