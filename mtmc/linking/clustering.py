"""Agglomerative clustering of which some pairs must not end up together."""

import numpy as np


def cluster(distances: np.ndarray, apart: np.ndarray, max_distance: float) -> np.ndarray:
    """Labels `(N,)`, 0 to K - 1, of clusters by average linkage.

    The two nearest clusters are joined, as long as their mean distance, of `distances` `(N, N)`, symmetric, is at most
    `max_distance`. Two of which a pair is `apart` `(N, N)` bool, symmetric, are never joined: their distance is infinite, and the
    mean with anything else stays so. Lance and Williams, A general theory of classificatory sorting strategies, 1967.
    Raises `ValueError` for matrices that do not fit.
    """
    count = len(distances)
    if distances.shape != (count, count) or apart.shape != (count, count):
        raise ValueError(f"distances {distances.shape} and apart {apart.shape} must both be (N, N)")
    between = np.where(apart, np.inf, distances).astype(np.float64)
    np.fill_diagonal(between, np.inf)
    sizes, labels = np.ones(count), np.arange(count)
    nearest = between.argmin(axis=1) if count else labels
    least = between[np.arange(count), nearest]
    while count and least.min() <= max_distance:
        one = int(least.argmin())
        two = int(nearest[one])
        row = (sizes[one] * between[one] + sizes[two] * between[two]) / (sizes[one] + sizes[two])
        row[[one, two]] = np.inf
        between[one], between[:, one] = row, row
        between[two], between[:, two] = np.inf, np.inf
        sizes[one] += sizes[two]
        labels[labels == two] = one
        # Only rows whose nearest was one of the two can have lost it; for the others the new distance may be nearer.
        stale = np.flatnonzero((nearest == one) | (nearest == two) | (np.arange(count) == one))
        nearest[stale] = between[stale].argmin(axis=1)
        least[stale] = between[stale, nearest[stale]]
        nearer = row < least
        nearest[nearer], least[nearer] = one, row[nearer]
        least[two] = np.inf
    return np.unique(labels, return_inverse=True)[1]
