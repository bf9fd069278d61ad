"""Search in a large gallery: the index compared with the exact product, on embeddings distributed like a network's."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from mtmc.identity.exemplars import EXACT, Exemplars
from mtmc.identity.inverted_index import is_installed
from reid.common.errors import InputError

DIMENSION = 512
IMAGES = 32  # per person
KNOWN = STRANGERS = 200  # queries
_EXACT_QUERIES = 20
_BLOCK = 500
_DECAY = 30  # components over which the variance falls by e
_COMMON, _BETWEEN, _WITHIN = 0.48, 0.26, 0.26


class People:
    """Embeddings distributed like OSNet's on CUHK03: about half of the squared length is common to all, the rest is split equally
    between and within people, with decreasing variance over the components (60 effective ones; OSNet has 47)."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        scale = np.exp(-np.arange(DIMENSION) / _DECAY / 2)
        self._scale = (scale / np.linalg.norm(scale)).astype(np.float32)

    def draw(self, people: int, images: int) -> np.ndarray:
        """Unit rows `(people, images, DIMENSION)`."""
        centres = self._random.standard_normal((people, 1, DIMENSION), np.float32)
        rows = self._random.standard_normal((people, images, DIMENSION), np.float32)
        rows *= _WITHIN**0.5
        rows += _BETWEEN**0.5 * centres
        rows *= self._scale
        rows[..., -1] += _COMMON**0.5
        rows /= np.linalg.norm(rows, axis=-1, keepdims=True)
        return rows


def measure(exemplars: int) -> list[dict]:
    """Time the search for one view among `exemplars`: with the index, with the exact product, and with the index after replacing
    a person; and building the index. Rows have `work`, `ms` elapsed, `CPU ms` of all cores (the relevant one on a shared
    machine), both medians, and `recall@1`, the share of views whose true nearest exemplar is found.

    Half of the views show people of the pool, in other images, and half show strangers. Raises `InputError` without FAISS, and
    for a pool too small to need an index.
    """
    if exemplars <= EXACT:
        raise InputError(f"--exemplars {exemplars}: up to {EXACT} are searched exactly; time a larger gallery")
    if not is_installed():
        raise InputError("FAISS is not installed: pip install 'mtmc[faiss]'")
    people, pool = People(), Exemplars(DIMENSION)
    known = people.draw(KNOWN, IMAGES + 1)
    views = np.concatenate([known[:, IMAGES], people.draw(STRANGERS, 1)[:, 0]])
    places = [pool.add(person, rows[:IMAGES]) for person, rows in enumerate(known, 1)]
    for first in range(1 + KNOWN, 1 + exemplars // IMAGES, _BLOCK):
        for person, rows in enumerate(people.draw(min(_BLOCK, 1 + exemplars // IMAGES - first), IMAGES), first):
            pool.add(person, rows)
    _, building = _timed(lambda: pool.nearest(views[:1], 1))
    found, searching = zip(*(_timed(lambda view=view: pool.nearest(view[None], 1)[0, 0]) for view in views), strict=True)
    right = np.argmax(views @ pool.rows.T, axis=1)
    comparing = [_timed(lambda view=view: np.argmax(pool.rows @ view))[1] for view in views[:_EXACT_QUERIES]]

    def change(place: np.ndarray) -> None:
        rows = pool.rows[place]
        pool.remove(place)
        pool.add(1 + KNOWN, rows)
        pool.nearest(views[:1], 1)

    changing = [_timed(lambda place=place: change(place))[1] for place in places[:_EXACT_QUERIES]]
    recall = float(np.mean(np.array(found) == right))
    return [
        _row(f"a view among {len(pool)}", searching, recall),
        _row("the same exactly", comparing, 1.0),
        _row("a person replaced, then a view", changing),
        _row("building the index", [building]),
    ]


def _timed(work: Callable) -> tuple[object, tuple[float, float]]:
    """The result of `work`, and its seconds: elapsed, and CPU time on all cores."""
    passed, computed = time.perf_counter(), time.process_time()
    result = work()
    return result, (time.perf_counter() - passed, time.process_time() - computed)


def _row(work: str, seconds: Sequence[tuple[float, float]], recall: float | None = None) -> dict:
    passed, computed = 1000 * np.median(seconds, axis=0)
    return {"work": work, "ms": round(passed, 1), "CPU ms": round(computed, 1), "recall@1": recall and round(recall, 4)}
