"""Distances of aligned stripes: Luo et al., "AlignedReID++: Dynamically matching local information", Pattern Recognition 2019.

Two people who stand differently in their boxes are compared stripe by stripe along the shortest path from the first stripes of
both to the last, which may match one stripe with several.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reid.common.errors import InputError
from reid.evaluation.features import embed_features
from reid.evaluation.ranking import feature_distances

BLOCK = 16  # queries per block: a matrix of distances to a gallery of 16,000 takes 1 MB, and nine of them are in use


def embed_stripes(network: nn.Module, paths: Sequence[Path], device: str) -> tuple[np.ndarray, np.ndarray]:
    """The descriptors `(N, D)`, unit rows, and the stripes `(N, S, d)` of the images in `paths`, float32.

    `network` is in evaluation mode on `device`. Raises InputError for one without stripes, and for an image that does not decode.
    """
    with_stripes = getattr(network, "with_stripes", None)
    if with_stripes is None:
        raise InputError(f"aligned distances need a network with stripes, alignedreid; this one is a {type(network).__name__}")
    shape: list[int] = []

    def embed(images: torch.Tensor) -> torch.Tensor:
        rows, stripes = with_stripes(images)
        shape[:] = stripes.shape[1:]
        return torch.cat([rows, stripes.flatten(1)], 1)

    joined = embed_features(embed, network.preprocessing, paths, device)  # type: ignore[arg-type]
    width = joined.shape[1] - shape[0] * shape[1]
    return joined[:, :width], joined[:, width:].reshape(-1, *shape)


def aligned_distances(
    query: np.ndarray, gallery: np.ndarray, query_stripes: np.ndarray, gallery_stripes: np.ndarray
) -> np.ndarray:
    """The global and the local distance added, `(Q, G)`, for `evaluate_ranking`.

    The global one is the squared Euclidean distance of `(Q, D)` and `(G, D)` features scaled to unit length; the local one is
    that of `local_distances`, not weighted, as in the authors' code.
    """
    return 2 * feature_distances(query, gallery) + local_distances(query_stripes, gallery_stripes)


def local_distances(query: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """The shortest paths `(Q, G)`, 0 to 2 S - 1, through the distances of the stripes `(Q, S, d)` and `(G, S, d)`.

    The Euclidean distance d of two stripes becomes (e^d - 1) / (e^d + 1), in 0..1. A path leads from the two first stripes to the
    two last, one stripe down in one of the images at a time; its length is the sum over the pairs that it meets. Each step of
    the dynamic programme takes a whole block of queries and the gallery.
    """
    distances = np.empty((len(query), len(gallery)), np.float32)
    of_query, of_gallery = (np.einsum("nsd,nsd->sn", each, each) for each in (query, gallery))
    columns = np.ascontiguousarray(gallery.transpose(1, 2, 0))
    far = np.float32(np.inf)
    for start in range(0, len(query), BLOCK):
        rows = slice(start, start + BLOCK)
        above = [np.float32(0), *[far] * (len(columns) - 1)]  # of the best path to each gallery stripe, one query stripe higher
        for of_stripe, stripe in zip(of_query[:, rows], query[rows].transpose(1, 0, 2), strict=True):
            before = far
            for place, column in enumerate(columns):
                squared = of_stripe[:, None] + of_gallery[place] - 2 * stripe @ column
                # The fraction is a hyperbolic tangent, which does not overflow.
                above[place] = before = np.tanh(np.sqrt(squared.clip(min=0)) / 2) + np.minimum(above[place], before)
        distances[rows] = before
    return distances
