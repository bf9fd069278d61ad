"""The distance threshold of image pairs, fitted on identities held out from training, at a chosen error rate.

A threshold belongs to one network, since the distances of another have another scale.
"""

from dataclasses import dataclass

import numpy as np

from reid.common.errors import InputError

FALSE_MATCH_RATE = 0.002  # to a network, people at other sites look more alike than those it was trained on
_BINS = 20_000  # over the cosine distance range 0..2: thresholds are multiples of 0.0001
_BLOCK = 512


@dataclass(frozen=True)
class Verification:
    """A cosine `threshold` and its error rates: shares of pairs, 0..1, NaN without such pairs.

    `false_match_rate`: pairs of two people in one camera accepted. `false_non_match_rate`: pairs of one person in one camera
    rejected; `false_non_match_rate_across`: the same between cameras.
    """

    threshold: float
    false_match_rate: float
    false_non_match_rate: float
    false_non_match_rate_across: float


def fit_threshold(embeddings: np.ndarray, ids: np.ndarray, cameras: np.ndarray, false_match_rate: float) -> Verification:
    """The largest cosine distance threshold that accepts at most the share `false_match_rate` of impostor pairs.

    `embeddings (N, D)` are unit rows, `ids (N,)`, `cameras (N,)`. Impostors are pairs of two people in one camera, which a
    tracker must keep apart; between cameras they are farther apart. Raises InputError for a rate outside 0..1, without pairs to
    fit on, or for identical embeddings.
    """
    if not 0 < false_match_rate < 1:
        raise InputError(f"the false-match rate must be between 0 and 1, not {false_match_rate}")
    impostors, genuine, genuine_across = _histograms(embeddings, np.asarray(ids), np.asarray(cameras))
    if not impostors.sum():
        raise InputError("no two people share a camera in this data: there are no impostor pairs to fit a threshold on")
    accepted = np.cumsum(impostors) / impostors.sum()
    bins = int(np.searchsorted(accepted, false_match_rate, side="right"))  # number of bins at or below the rate
    if not bins:
        raise InputError(f"this network does not separate people: {accepted[0]:.0%} of the impostor pairs have distance 0")
    return Verification(2 * bins / _BINS, float(accepted[bins - 1]), _rejected(genuine, bins), _rejected(genuine_across, bins))


def _histograms(embeddings: np.ndarray, ids: np.ndarray, cameras: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts `(_BINS,)` of the distances of impostor pairs, and of genuine pairs in one camera and across cameras."""
    impostors, genuine, across = (np.zeros(_BINS, np.int64) for _ in range(3))
    for start in range(0, len(embeddings), _BLOCK):
        rows = slice(start, start + _BLOCK)
        distances = 1 - embeddings[rows] @ embeddings[start:].T
        places = np.clip(distances * (_BINS / 2), 0, _BINS - 1).astype(np.int32)
        later = np.arange(len(ids) - start)[None, :] > np.arange(len(places))[:, None]  # each pair once, none with itself
        same_id, same_camera = ids[rows, None] == ids[None, start:], cameras[rows, None] == cameras[None, start:]
        impostors += np.bincount(places[later & ~same_id & same_camera], minlength=_BINS)
        genuine += np.bincount(places[later & same_id & same_camera], minlength=_BINS)
        across += np.bincount(places[later & same_id & ~same_camera], minlength=_BINS)
    return impostors, genuine, across


def _rejected(genuine: np.ndarray, bins: int) -> float:
    return float(genuine[bins:].sum() / genuine.sum()) if genuine.sum() else float("nan")
