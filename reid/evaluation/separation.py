"""How well distances separate genuine from impostor pairs, and which threshold to choose."""

from dataclasses import dataclass

import numpy as np

from reid.common.errors import InputError


@dataclass(frozen=True)
class Separation:
    """Distances of `genuine (G,)` pairs (one person) and `impostor (I,)` pairs (two people), both sorted; at least one each."""

    genuine: np.ndarray
    impostor: np.ndarray

    @property
    def d_prime(self) -> float:
        """The difference of the two means, divided by the root mean of the two variances.

        Daugman, Biometric decision landscapes, 2000; NaN if all distances of each kind are equal.
        """
        spread = np.sqrt((self.genuine.var() + self.impostor.var()) / 2)
        return float((self.impostor.mean() - self.genuine.mean()) / spread) if spread else float("nan")

    @property
    def auc(self) -> float:
        """The probability, 0..1, that a genuine pair is closer than an impostor pair; ties count half.

        This is the area under the ROC curve (Hanley and McNeil, Radiology 1982).
        """
        below, upto = (np.searchsorted(self.genuine, self.impostor, side=side) for side in ("left", "right"))
        return float((below + upto).sum() / (2 * len(self.genuine) * len(self.impostor)))

    def errors(self, threshold: float) -> tuple[float, float]:
        """Shares, 0..1, of impostor pairs at most `threshold` apart (false matches) and of genuine pairs farther apart (false
        non-matches)."""
        accepted, kept = (np.searchsorted(each, threshold, side="right") for each in (self.impostor, self.genuine))
        return float(accepted / len(self.impostor)), float(1 - kept / len(self.genuine))

    def equal_error(self) -> float:
        """The threshold at which the two error rates differ least."""
        candidates = np.unique(np.concatenate([self.genuine, self.impostor]))
        accepted, kept = (np.searchsorted(each, candidates, side="right") for each in (self.impostor, self.genuine))
        return float(candidates[np.argmin(np.abs(accepted / len(self.impostor) - 1 + kept / len(self.genuine)))])

    def at_false_match_rate(self, rate: float) -> float:
        """The largest threshold with a false-match rate of at most `rate`, below 1.

        It lies halfway between the last accepted impostor pair, or 0, and the first rejected one.
        """
        allowed = int(rate * len(self.impostor))
        first = self.impostor[allowed]
        taken = self.impostor[self.impostor < first]
        return float(((taken[-1] if len(taken) else 0.0) + first) / 2)


def separate(genuine: np.ndarray, impostor: np.ndarray) -> Separation:
    """The separation of distances `(G,)` and `(I,)` in any order. Raises InputError without a pair of either kind."""
    if not len(genuine) or not len(impostor):
        raise InputError("no pairs of one person, or none of two people: nothing to compare")
    return Separation(np.sort(genuine), np.sort(impostor))
