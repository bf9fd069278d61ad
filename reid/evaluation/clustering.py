"""How compact the clusters of embeddings are, and how uniform their norms: what center loss and the necks change."""

from dataclasses import dataclass

import numpy as np

from reid.common.errors import InputError

BLOCK = 512  # embeddings per block: a block of distances to 20,000 of them takes 40 MB


@dataclass(frozen=True)
class Clustering:
    """`ratio` R = Dp / Dn: the mean Euclidean distance within people over that between people; and the `norm_mean`,
    `norm_deviation` and `norm_variation` (C.V., deviation over mean) of the norms.
    """

    ratio: float
    norm_mean: float
    norm_deviation: float
    norm_variation: float


def measure_clustering(features: np.ndarray, ids: np.ndarray) -> Clustering:
    """The measures of Luo et al. TMM 2019, Fig. 10, for unnormalised `features (N, D)` with `ids (N,)`.

    A small ratio means tight clusters. The variation is that of the figure; the text, sec. IV-C, inverts it and prints .98 for
    .098. The deviation divides by N. The ratio of identical features, and the variation of zeros, are NaN. Raises InputError
    without two images of one person, or without two people.
    """
    features, ids = np.asarray(features), np.asarray(ids)
    _, counts = np.unique(ids, return_counts=True)
    of_one_person = int((counts * (counts - 1) // 2).sum())
    of_two_people = len(ids) * (len(ids) - 1) // 2 - of_one_person
    if not of_one_person or not of_two_people:
        raise InputError("clusters need two people, and two images of one of them")
    norms = np.linalg.norm(features, axis=1).astype(np.float64)
    # Centred: for long features close together, the squares would leave little but rounding errors.
    features = features - features.mean(axis=0, dtype=np.float64).astype(features.dtype)
    squares = np.einsum("nd,nd->n", features, features)
    within = total = 0.0
    for start in range(0, len(ids), BLOCK):
        rows = slice(start, start + BLOCK)
        products = features[rows] @ features[start:].T
        distances = np.sqrt(np.maximum(squares[rows, None] + squares[None, start:] - 2 * products, 0))
        distances = np.triu(distances, 1)  # each pair once, none with itself
        total += distances.sum(dtype=np.float64)
        within += distances.sum(where=ids[rows, None] == ids[None, start:], dtype=np.float64)
    mean, deviation, between = float(norms.mean()), float(norms.std()), (total - within) / of_two_people
    ratio, variation = within / of_one_person / between if between else np.nan, deviation / mean if mean else np.nan
    return Clustering(float(ratio), mean, deviation, float(variation))
