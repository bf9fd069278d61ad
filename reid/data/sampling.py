"""Batches of an epoch: P identities with K images of each (Hermans et al. 2017), or images at random."""

import numpy as np


def identity_batches(ids: np.ndarray, identities: int, images: int, rng: np.random.Generator) -> np.ndarray:
    """One epoch of batches, `(batches, identities * images)` indices into `ids (N,)`.

    Each identity's images are shuffled and cut into groups of `images`; a last short group is filled with other images of that
    identity, repeated only if it has fewer than `images`. Groups are drawn into batches of distinct identities, so every image
    appears at least once per epoch, except in groups left over when fewer than `identities` identities remain.
    """
    groups: list[list[np.ndarray]] = []
    order = np.argsort(ids, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(ids[order])) + 1):
        own = rng.permutation(own)
        if len(own) < images:
            own = np.concatenate([own, rng.choice(own, images - len(own))])
        elif short := len(own) % images:
            own = np.concatenate([own, rng.choice(own[:-short], images - short, replace=False)])
        groups.append(list(own.reshape(-1, images)))
    left = np.array([len(group) for group in groups])
    batches = []
    while np.count_nonzero(left) >= identities:
        # Identities are drawn in proportion to their remaining groups, so few are left over at the end.
        chosen = rng.choice(len(groups), identities, replace=False, p=left / left.sum())
        left[chosen] -= 1
        batches.append(np.concatenate([groups[i].pop() for i in chosen]))
    return np.array(batches)


def random_batches(count: int, images: int, rng: np.random.Generator) -> np.ndarray:
    """One epoch of batches of `images` at random, `(count // images, images)` indices below `count`, none twice."""
    return rng.permutation(count)[: count - count % images].reshape(-1, images)
