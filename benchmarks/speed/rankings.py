"""CMC, mAP and re-ranking of synthetic embeddings: ours compared with plain NumPy, each in a separate process."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from reid.evaluation import Ranking, evaluate_ranking
from reid.evaluation.reranking import rerank

DIMENSION = 512
SPREAD = 2.5  # of an identity around its centre, in standard deviations of the centres: hard enough for re-ranking
IMAGES = 20  # per identity


class Embeddings:
    """Unit rows `query (Q, D)` and `gallery (G, D)`, float32, of people seen by six cameras; the same in every process."""

    def __init__(self, queries: int, gallery: int):
        random = np.random.default_rng(0)
        identities = max(2, gallery // IMAGES)
        ids = random.integers(0, identities, queries + gallery)
        cameras = random.integers(0, 6, queries + gallery)
        rows = random.normal(size=(identities, DIMENSION)).astype(np.float32)[ids]
        rows += SPREAD * random.standard_normal(rows.shape, np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        self.query, self.gallery = rows[:queries], rows[queries:]
        self.labels = ids[:queries], ids[queries:], cameras[:queries], cameras[queries:]


def plain_ranking(
    distances: np.ndarray,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    max_rank: int = 50,
) -> tuple[np.ndarray, float]:
    """CMC `(max_rank,)` and mAP in the usual way: sort everything, then loop over the queries."""
    order = np.argsort(distances, axis=1)
    curves, precisions = [], []
    for row, identity, camera in zip(order, query_ids, query_cameras, strict=True):
        right = gallery_ids[row] == identity
        right = right[~(right & (gallery_cameras[row] == camera))]
        if not right.any():
            continue
        hits = np.cumsum(right)
        curves.append(np.minimum(hits[:max_rank], 1))
        precisions.append(np.mean(hits[right] / (np.flatnonzero(right) + 1)))
    return np.mean(curves, axis=0), float(np.mean(precisions))


def plain_reranking(query: np.ndarray, gallery: np.ndarray, k1: int = 20, k2: int = 6, original_share: float = 0.3) -> np.ndarray:
    """The distances `(Q, G)` of `rerank`, with dense matrices of all image pairs, one image at a time."""
    embeddings = np.concatenate([query, gallery])
    distances = 1 - embeddings @ embeddings.T
    distances /= distances.max(axis=1, keepdims=True)
    order = np.argsort(distances, axis=1)

    def reciprocal(image: int, count: int) -> np.ndarray:
        near = order[image, : count + 1]
        return near[(order[near, : count + 1] == image).any(axis=1)]

    vectors = np.zeros_like(distances)
    for image in range(len(embeddings)):
        near = expanded = reciprocal(image, k1)
        for other in near:
            half = reciprocal(other, round(k1 / 2))
            if len(np.intersect1d(half, near)) > 2 / 3 * len(half):
                expanded = np.append(expanded, half)
        expanded = np.unique(expanded)
        weights = np.exp(-distances[image, expanded])
        vectors[image, expanded] = weights / weights.sum()
    vectors = np.stack([vectors[near].mean(axis=0) for near in order[:, :k2]])
    having = [np.flatnonzero(column) for column in vectors[len(query) :].T]
    of_gallery = vectors[len(query) :]
    reranked = distances[: len(query), len(query) :] * original_share
    for row, vector in zip(reranked, vectors, strict=False):
        common = np.zeros(len(gallery), np.float32)
        for member in np.flatnonzero(vector):
            common[having[member]] += np.minimum(vector[member], of_gallery[having[member], member])
        row += (1 - original_share) * (1 - common / (2 - common))
    return reranked


def _ranking(embeddings: Embeddings, evaluate: Callable[..., Ranking | tuple]) -> tuple[float, float]:
    distances = 1 - embeddings.query @ embeddings.gallery.T
    start = time.perf_counter()
    found = evaluate(distances, *embeddings.labels)
    seconds = time.perf_counter() - start
    return seconds, found.mean_ap if isinstance(found, Ranking) else found[1]


def _reranking(embeddings: Embeddings, reranked: Callable[..., np.ndarray]) -> tuple[float, float]:
    start = time.perf_counter()
    distances = reranked(embeddings.query, embeddings.gallery)
    seconds = time.perf_counter() - start
    return seconds, evaluate_ranking(distances, *embeddings.labels).mean_ap


WORK: dict[str, tuple[Callable, dict[str, Callable]]] = {
    "CMC, mAP": (_ranking, {"ours": evaluate_ranking, "plain": plain_ranking}),
    "re-ranking": (_reranking, {"ours": rerank, "plain": plain_reranking}),
}


def measure(queries: int, gallery: int) -> list[dict]:
    """Rows of `work`, `version`, `seconds`, `peak MB` of the whole process, both relative to ours (`x`), and the `mAP` found."""
    rows: list[dict] = []
    for work, (_, versions) in WORK.items():
        for version in versions:
            # A process's peak never falls, so each version has its own.
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                seconds, peak, mean_ap = process.submit(_measured, work, version, queries, gallery).result()
            ours = rows[-1] if version != "ours" else {"seconds": seconds, "peak MB": peak}
            rows.append(
                {
                    "work": work,
                    "version": version,
                    "seconds": round(seconds, 3),
                    "peak MB": round(peak),
                    "x time": round(seconds / ours["seconds"], 1),
                    "x memory": round(peak / ours["peak MB"], 1),
                    "mAP": round(mean_ap, 4),
                }
            )
    return rows


def _measured(work: str, version: str, queries: int, gallery: int) -> tuple[float, float, float]:
    timed, versions = WORK[work]
    seconds, mean_ap = timed(Embeddings(queries, gallery), versions[version])
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, mean_ap
