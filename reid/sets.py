"""The distance from a set of views to a person with several images.

Each view is matched to its nearest image, and the better half of the views is averaged. The nearest image bridges changes of pose
or camera; dropping the worse half removes views spoilt by occlusion or neighbours. Of eleven ways to reduce the distances of all
pairs to one number, this one recognised people of CUHK03 best: four views against six images, one in a thousand impostors
accepted (OSNet: 97%; the nearest pair 91%, the mean of all pairs 69%, the distance of the two means 93%).

Distances are relative to what the people at a site share, such as its light, floor and cameras: two people at one site are closer
than two in another data set, and a threshold fitted there would match them. So the mean person is subtracted from all embeddings
before they are compared (Schnitzer et al., Local and global scaling reduce hubs in space, JMLR 2012, address the same problem).
"""

import numpy as np

ENOUGH = 5  # people whose mean weighs as much as the prior
EXPECTED = 0.5  # prior share of an embedding common to the people at a site


def mean_person(images: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The mean `(D,)` of the mean embeddings of P people, whose `images` `(M, D)` and `starts` `(P,)` are as for `set_distances`;
    0 without people."""
    if not len(starts):
        return np.zeros(images.shape[1])
    counts = np.diff(np.append(starts, len(images)))
    return (np.add.reduceat(images, starts, axis=0) / counts[:, None]).mean(axis=0)


def relative_distances(views: np.ndarray, images: np.ndarray, mean: np.ndarray, people: int) -> np.ndarray:
    """Cosine distances `(N, M)` from `views` `(N, D)` to `images` `(M, D)`, unit rows, with `mean` `(D,)` subtracted from both.

    `mean` is over `people` people (see `mean_person`). With few people it is unreliable, so the distances are mixed with the
    uncentred ones, enlarged to undo a common part of `EXPECTED`. Never below 0.
    """
    similar = views @ images.T
    of_views, of_images, square = views @ mean, images @ mean, mean @ mean
    lengths = [np.sqrt(np.maximum(1 - 2 * part + square, np.finfo(np.float32).eps)) for part in (of_views, of_images)]
    centred = 1 - (similar - of_views[:, None] - of_images + square) / (lengths[0][:, None] * lengths[1])
    trust = people / (people + ENOUGH)
    return np.maximum(trust * centred + (1 - trust) * (1 - similar) / (1 - EXPECTED), 0)


def set_distances(distances: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The distances `(P,)` from a set of N views to each of P people.

    `distances` `(N, M)` are those of each view to each of M images, sorted by person; those of the p-th begin at column
    `starts[p]`, `starts` `(P,)` ascending from 0, with at least one image per person. Raises `ValueError` for a set without
    views.
    """
    if not len(distances):
        raise ValueError("a set without views has no distances")
    if not len(starts):
        return np.empty(0)
    nearest = np.minimum.reduceat(distances, starts, axis=1)
    half = -(-len(nearest) // 2)
    return np.partition(nearest, half - 1, axis=0)[:half].mean(axis=0)
