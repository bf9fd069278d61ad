"""CMC, mAP and mINP of ranked galleries, by counting ranks instead of sorting.

All three need only the rank of each positive. A rank is one plus the number of gallery images before it, found by comparing a row
of distances with one number: cheaper than sorting the row, and exact for ties.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reid.common.errors import InputError

BLOCK = 128  # queries per block: a block of distances to a gallery of 16,000 takes 8 MB
_NO_POSITIVE = "no query has an image of the same person from another camera in the gallery"


def check_positives(
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    name: str | None = None,
) -> None:
    """Raise InputError, naming the data set, if no query has a positive.

    The measures below raise it too, but only once there are distances.
    """
    gallery = _Gallery(gallery_ids, gallery_cameras)
    if not any(len(gallery.positives_and_junk(*label)[0]) for label in zip(query_ids, query_cameras, strict=True)):
        raise InputError(f"{name}: {_NO_POSITIVE}" if name else _NO_POSITIVE)


@dataclass(frozen=True)
class Ranking:
    """`cmc (max_rank,)`: share of queries with a positive among the first k; `mean_ap`, `mean_inp` in 0..1; `queries` counted."""

    cmc: np.ndarray
    mean_ap: float
    mean_inp: float
    queries: int


def evaluate_ranking(
    distances: np.ndarray,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    max_rank: int = 50,
) -> Ranking:
    """CMC, mAP (Zheng et al. ICCV 2015) and mINP (Ye et al. TPAMI 2021) of a `(Q, G)` matrix of distances.

    A gallery image of the query's identity and camera is junk and takes no rank; of the query's identity and another camera, it
    is a positive. Equal distances rank in gallery order, as a stable sort leaves them. AP is the mean precision at each positive,
    INP the share of positives down to the last of them. A query without a positive is skipped. Raises InputError if no query has
    one, or if a distance is NaN.
    """
    distances = _checked(distances, query_ids, gallery_ids)
    return _evaluate(distances.__getitem__, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank)


def evaluate_embeddings(
    query: np.ndarray,
    gallery: np.ndarray,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    max_rank: int = 50,
) -> Ranking:
    """As `evaluate_ranking`, by the cosine distance of `(Q, D)` and `(G, D)` unit rows, computed block by block."""
    return _evaluate(lambda rows: 1 - query[rows] @ gallery.T, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank)


def evaluate_features(
    query: np.ndarray,
    gallery: np.ndarray,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    distance: Literal["cosine", "euclidean"] = "cosine",
    max_rank: int = 50,
) -> Ranking:
    """As `evaluate_embeddings`, by the cosine or Euclidean distance of `(Q, D)` and `(G, D)` features of any length."""
    distances_of = _distances_between(query, gallery, distance)
    return _evaluate(distances_of, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank)


def feature_distances(query: np.ndarray, gallery: np.ndarray, distance: Literal["cosine", "euclidean"] = "cosine") -> np.ndarray:
    """Cosine distances, or squared Euclidean ones, `(Q, G)`, of `(Q, D)` and `(G, D)` features of any length."""
    return _distances_between(query, gallery, distance)(slice(None))


def _distances_between(query: np.ndarray, gallery: np.ndarray, distance: str) -> Callable[[slice], np.ndarray]:
    """The distances `(q, G)` of a block of queries at a time."""
    if distance == "cosine":
        query, gallery = unit_rows(query), unit_rows(gallery)
        return lambda rows: 1 - query[rows] @ gallery.T
    # Centred: for long features close together, the squares would leave little but rounding errors.
    mean = gallery.mean(axis=0, dtype=np.float64).astype(gallery.dtype)
    query, gallery = query - mean, gallery - mean
    of_query, of_gallery = (np.einsum("nd,nd->n", each, each) for each in (query, gallery))
    return lambda rows: of_query[rows, None] + of_gallery - 2 * query[rows] @ gallery.T


def unit_rows(features: np.ndarray) -> np.ndarray:
    """`(N, D)` rows scaled to unit length; an all-zero row, as from a ReLU, stays, equally far from all others."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), np.finfo(features.dtype).tiny)


def evaluate_single_shot(
    distances: np.ndarray,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    repeats: int = 10,
    seed: int = 0,
    max_rank: int = 50,
) -> Ranking:
    """The single-gallery-shot rule of CUHK03 (Li et al. CVPR 2014): the gallery has one random image per identity.

    Results are averaged over `repeats` galleries, determined by `seed`. The image of a query's own identity is redrawn from other
    cameras, so each query has exactly one positive, and AP and INP are both 1 / rank. Otherwise as `evaluate_ranking`.
    """
    distances = _checked(distances, query_ids, gallery_ids)
    query_ids, query_cameras = np.asarray(query_ids), np.asarray(query_cameras)
    if np.isnan(distances).any():
        raise InputError("a distance is NaN")
    gallery, random = _Gallery(np.asarray(gallery_ids), np.asarray(gallery_cameras)), np.random.default_rng(seed)
    positives = [gallery.positives_and_junk(*label)[0] for label in zip(query_ids, query_cameras, strict=True)]
    counted = np.flatnonzero([len(images) for images in positives])
    if not len(counted):
        raise InputError(_NO_POSITIVE)
    others = np.array(list(gallery.images_of)) != query_ids[counted, None]
    ranks = np.empty((repeats, len(counted)), np.int64)
    for row in ranks:
        drawn = np.array([images[random.integers(len(images))] for images in gallery.images_of.values()])
        right = np.array([positives[query][random.integers(len(positives[query]))] for query in counted])[:, None]
        drawn_distances, right_distances = distances[counted[:, None], drawn], distances[counted[:, None], right]
        before = (drawn_distances < right_distances) | ((drawn_distances == right_distances) & (drawn < right))
        row[:] = 1 + (before & others).sum(axis=1)
    hits = np.bincount(ranks.ravel(), minlength=max_rank + 1)[1 : max_rank + 1]
    precision = float(np.mean(1 / ranks))
    return Ranking(np.cumsum(hits) / ranks.size, precision, precision, len(counted))


def _checked(distances: np.ndarray, query_ids: np.ndarray, gallery_ids: np.ndarray) -> np.ndarray:
    distances = np.asarray(distances)
    if distances.shape != (len(query_ids), len(gallery_ids)):
        raise ValueError(f"distances {distances.shape} for {len(query_ids)} queries and {len(gallery_ids)} gallery images")
    return distances


def _evaluate(
    distances_of: Callable[[slice], np.ndarray],
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    max_rank: int,
) -> Ranking:
    query_ids, query_cameras = np.asarray(query_ids), np.asarray(query_cameras)
    gallery = _Gallery(np.asarray(gallery_ids), np.asarray(gallery_cameras))
    counted: list[np.ndarray] = []
    for start in range(0, len(query_ids), BLOCK):
        rows = slice(start, start + BLOCK)
        block = distances_of(rows)
        if block.size and np.isnan(block.min()):
            raise InputError(f"a distance of queries {start} to {start + len(block) - 1} is NaN")
        ranks = map(gallery.ranks_of_positives, block, query_ids[rows], query_cameras[rows])
        counted.extend(found for found in ranks if len(found))
    if not counted:
        raise InputError(_NO_POSITIVE)
    hits = np.bincount([ranks[0] for ranks in counted], minlength=max_rank + 1)[1 : max_rank + 1]
    precision = [np.mean(np.arange(1, len(ranks) + 1) / ranks) for ranks in counted]
    inverse_penalty = [len(ranks) / ranks[-1] for ranks in counted]
    return Ranking(np.cumsum(hits) / len(counted), float(np.mean(precision)), float(np.mean(inverse_penalty)), len(counted))


class _Gallery:
    """The gallery's images grouped by identity, to find a query's positives without a search."""

    def __init__(self, ids: np.ndarray, cameras: np.ndarray):
        self.cameras = cameras
        order = np.argsort(ids, kind="stable")
        names, starts = np.unique(ids[order], return_index=True)
        self.images_of = dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True)) if len(ids) else {}

    def positives_and_junk(self, identity: np.generic, camera: np.generic) -> tuple[np.ndarray, np.ndarray]:
        """The images of a query's identity, in gallery order: from other cameras, and from its own."""
        members = self.images_of.get(identity.item(), np.empty(0, np.int64))
        same_camera = self.cameras[members] == camera
        return members[~same_camera], members[same_camera]

    def ranks_of_positives(self, distances: np.ndarray, identity: np.generic, camera: np.generic) -> np.ndarray:
        """Ranks, from 1 and rising, of the query's positives, given its distances `(G,)`; empty without a positive."""
        positives, junk = self.positives_and_junk(identity, camera)
        before = np.empty(len(distances), bool)
        ranks = np.empty(len(positives), np.int64)
        for place, image in enumerate(positives):
            np.less_equal(distances[:image], distances[image], out=before[:image])
            np.less(distances[image:], distances[image], out=before[image:])
            ranks[place] = 1 + np.count_nonzero(before) - np.count_nonzero(before[junk])
        return np.sort(ranks)
