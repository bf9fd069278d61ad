"""Agglomerative clustering with cannot-link constraints."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform


def cluster(distances: np.ndarray, apart: np.ndarray, max_distance: float) -> np.ndarray:
    """Cluster by average linkage; return labels `(N,)`, 0 to K - 1 in the order of each cluster's first member.

    The two nearest clusters are merged while their mean distance in `distances` `(N, N)`, symmetric and at least 0, is at most
    `max_distance`. Clusters with a pair that is `apart` `(N, N)` bool, symmetric, are never merged. Lance and Williams, A general
    theory of classificatory sorting strategies, 1967. Raises `ValueError` for mismatched shapes.
    """
    count = len(distances)
    if distances.shape != (count, count) or apart.shape != (count, count):
        raise ValueError(f"distances {distances.shape} and apart {apart.shape} must both be (N, N)")
    if count < 2:
        return np.zeros(count, np.int64)
    # SciPy rejects infinity. Two clusters of a and b members have a * b <= (N / 2)^2 pairs, so one pair this far apart keeps
    # their mean at 4 * (max_distance + 1) or more: they merge after all permitted merges, and the cut below separates them.
    far = (max_distance + 1) * count**2
    tree = linkage(squareform(np.where(apart, far, distances), checks=False), "average")
    labels = fcluster(tree, max_distance, "distance")
    _, first, places = np.unique(labels, return_index=True, return_inverse=True)
    return first.argsort().argsort()[places]
