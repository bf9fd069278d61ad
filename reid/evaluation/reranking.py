"""k-reciprocal re-ranking: two images are close if they share reciprocal neighbours (Zhong et al. CVPR 2017).

An image's weight vector is as long as the data set, with a few dozen non-zero entries. The vectors are sparse, and no step needs
a dense matrix of all image pairs.
"""

import numpy as np
from scipy.sparse import csc_array, csr_array

from reid.common.errors import InputError

BLOCK = 128  # images per block: a block of distances to 20,000 images takes 10 MB
PAIRS = 8192  # of images per block: two blocks of 512-d embeddings take 34 MB
GROUPS = 8  # groups of images per neighbour


def rerank(query: np.ndarray, gallery: np.ndarray, k1: int = 20, k2: int = 6, original_share: float = 0.3) -> np.ndarray:
    """Distances `(Q, G)` float32, in 0..1, of `(Q, D)` and `(G, D)` unit rows, after re-ranking; `original_share` is lambda.

    An image selects itself and its `k1` nearest among queries and gallery together; ties go to the earlier image, queries first.
    The squared Euclidean distance (eq. 1) is divided by the largest distance from the query, as the authors' code does. Raises
    InputError for a non-finite embedding.
    """
    embeddings = np.concatenate([query, gallery])
    if not np.isfinite(embeddings).all():
        raise InputError("re-ranking needs finite embeddings: one holds a value that is not a finite number")
    nearest, farthest = _nearest(embeddings, max(k1 + 1, k2))
    half = round(k1 / 2) + 1  # halves round to even, as NumPy does in the authors' code
    neighbours = _expand(_reciprocal(nearest[:, : k1 + 1]), _reciprocal(nearest[:, :half]))
    vectors = _average(_weigh(neighbours, embeddings, farthest), nearest[:, :k2])
    of_queries, of_gallery = vectors[: len(query)], csc_array(vectors[len(query) :])
    distances = np.empty((len(query), len(gallery)), np.float32)
    for start in range(0, len(query), BLOCK):
        rows = slice(start, min(start + BLOCK, len(query)))
        common = _common_weight(of_queries[rows], of_gallery)
        jaccard = 1 - common / (2 - common)  # the larger weights sum to 2 minus the smaller ones: eq. 10
        original = (1 - query[rows] @ gallery.T) / farthest[rows, None]
        distances[rows] = (1 - original_share) * jaccard + original_share * original  # eq. 12
    return distances


def _nearest(embeddings: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` nearest images `(N, count)` of each, itself first, then by distance; and its largest cosine distance `(N,)`.

    The nearest of each of many groups are `count` images or more, so the farthest of the `count` nearest groups bounds the
    neighbours. Few other images lie within that bound, and only these are sorted.
    """
    images = len(embeddings)
    count = min(count, images)
    size = max(1, images // (GROUPS * count))
    groups = images // size
    nearest, farthest = np.empty((images, count), np.int32), np.empty(images, embeddings.dtype)
    for start in range(0, images, BLOCK):
        rows = slice(start, start + BLOCK)
        distances = embeddings[rows] @ embeddings.T
        np.subtract(1, distances, out=distances)
        farthest[rows] = distances.max(axis=1)
        own = np.arange(len(distances))
        distances[own, start + own] = -np.inf  # before an identical image
        of_groups = distances[:, : groups * size].reshape(-1, size, groups).min(axis=1)
        bound = np.partition(of_groups, count - 1, axis=1)[:, count - 1]
        row, image = np.nonzero(distances <= bound[:, None])
        order = np.lexsort((distances[row, image], row))
        nearest[rows] = image[order][np.searchsorted(row, own)[:, None] + np.arange(count)]
    return nearest, np.maximum(farthest, np.finfo(embeddings.dtype).eps)


def _reciprocal(nearest: np.ndarray) -> csr_array:
    """Ones `(N, N)` where two images are among each other's `nearest (N, k)`: eq. 3."""
    images = len(nearest)
    mutual = (nearest[nearest] == np.arange(images)[:, None, None]).any(axis=2)
    ends = np.concatenate([[0], np.cumsum(mutual.sum(axis=1))])
    return csr_array((np.ones(ends[-1], np.float32), nearest[mutual], ends), shape=(images, images))


def _expand(neighbours: csr_array, half: csr_array) -> csr_array:
    """Add to an image's `neighbours` the `half` neighbours of each, if more than 2/3 of these are already its own: eq. 4."""
    common = (neighbours @ half.T).multiply(neighbours).tocoo()
    agree = 3 * common.data > 2 * np.diff(half.indptr)[common.col]
    joined = csr_array((np.ones(agree.sum(), np.float32), (common.row[agree], common.col[agree])), shape=half.shape)
    return neighbours + joined @ half


def _weigh(neighbours: csr_array, embeddings: np.ndarray, farthest: np.ndarray) -> csr_array:
    """Replace the ones by weights: exp of the negative normalised distance (eq. 7), with row sums of 1."""
    row, image = np.repeat(np.arange(len(embeddings)), np.diff(neighbours.indptr)), neighbours.indices
    distances = np.empty(len(image), embeddings.dtype)
    for start in range(0, len(image), PAIRS):
        pairs = slice(start, start + PAIRS)
        distances[pairs] = 1 - np.einsum("nd,nd->n", embeddings[row[pairs]], embeddings[image[pairs]])
    weights = np.exp(-distances / farthest[row])
    weights /= np.bincount(row, weights)[row].astype(weights.dtype)
    return csr_array((weights, image, neighbours.indptr), shape=neighbours.shape)


def _average(vectors: csr_array, nearest: np.ndarray) -> csr_array:
    """Replace each image's vector by the mean over its `nearest (N, k2)`: local query expansion, eq. 11."""
    images, count = nearest.shape
    shares = np.full(nearest.size, 1 / count, vectors.dtype)
    return csr_array((shares, nearest.ravel(), np.arange(0, nearest.size + 1, count)), shape=(images, images)) @ vectors


def _common_weight(queries: csr_array, gallery: csc_array) -> np.ndarray:
    """The smaller of two images' weights, summed over all entries, `(B, G)`.

    The columns of `gallery` are an inverted index: an entry of a query only touches the gallery images that share it.
    """
    starts = gallery.indptr[queries.indices]
    lengths = gallery.indptr[queries.indices + 1] - starts
    ends = np.cumsum(lengths)
    place = np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)
    smaller = np.minimum(np.repeat(queries.data, lengths), gallery.data[place])
    rows, images = queries.shape[0], gallery.shape[0]
    first = images * np.repeat(np.arange(rows), np.diff(queries.indptr))
    cells = np.repeat(first, lengths) + gallery.indices[place]
    return np.bincount(cells, smaller, minlength=rows * images).reshape(rows, images)
