"""Agglomerative clustering of which some pairs must not end up together."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform


def cluster(distances: np.ndarray, apart: np.ndarray, max_distance: float) -> np.ndarray:
    """Labels `(N,)`, 0 to K - 1 in the order of each cluster's first member, of clusters by average linkage.

    The two nearest clusters are joined, as long as their mean distance, of `distances` `(N, N)`, symmetric and at least 0, is at
    most `max_distance`. Two of which a pair is `apart` `(N, N)` bool, symmetric, are never joined. Lance and Williams, A general
    theory of classificatory sorting strategies, 1967. Raises `ValueError` for matrices that do not fit.
    """
    count = len(distances)
    if distances.shape != (count, count) or apart.shape != (count, count):
        raise ValueError(f"distances {distances.shape} and apart {apart.shape} must both be (N, N)")
    if count < 2:
        return np.zeros(count, np.int64)
    # SciPy refuses infinity. Two clusters of a and b members have a * b <= (N / 2)^2 pairs, so that one pair this far apart holds
    # their mean at 4 * (max_distance + 1) or more: they are joined after all that may be joined, and cut off again below.
    far = (max_distance + 1) * count**2
    tree = linkage(squareform(np.where(apart, far, distances), checks=False), "average")
    labels = fcluster(tree, max_distance, "distance")
    _, first, places = np.unique(labels, return_index=True, return_inverse=True)
    return first.argsort().argsort()[places]
