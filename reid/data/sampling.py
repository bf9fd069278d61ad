"""P x K batches: P identities, K images of each (Hermans et al. 2017)."""

import numpy as np


def identity_batches(ids: np.ndarray, identities: int, images: int, rng: np.random.Generator) -> np.ndarray:
    """One epoch of batches, `(batches, identities * images)` indices into `ids (N,)`.

    Each identity's images are shuffled and cut into groups of `images`; a last short group is filled with further images of
    that identity, drawn again where it has too few. Groups are shuffled into batches whose identities differ, so every image
    appears at least once an epoch, but for the groups left when fewer than `identities` different ones remain.
    """
    groups: list[list[np.ndarray]] = []
    for identity in np.unique(ids):
        own = rng.permutation(np.flatnonzero(ids == identity))
        missing = -len(own) % images
        own = np.concatenate([own, rng.choice(own, missing, replace=missing > len(own))]) if missing else own
        groups.append(list(own.reshape(-1, images)))
    left = np.array([len(group) for group in groups])
    batches = []
    while np.count_nonzero(left) >= identities:
        # Identities are drawn in proportion to what they still have, so that few are left over at the end.
        chosen = rng.choice(len(groups), identities, replace=False, p=left / left.sum())
        left[chosen] -= 1
        batches.append(np.concatenate([groups[i].pop() for i in chosen]))
    return np.array(batches)
