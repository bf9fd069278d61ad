"""How well distances separate pairs of one person from pairs of two, and at which distance to draw the line."""

from dataclasses import dataclass

import numpy as np

from reid.common.errors import InputError


@dataclass(frozen=True)
class Separation:
    """Distances of `genuine (G,)` pairs, of one person, and of `impostor (I,)` pairs, of two, both sorted; at least one each."""

    genuine: np.ndarray
    impostor: np.ndarray

    @property
    def d_prime(self) -> float:
        """The difference of the two means in units of the standard deviation, the root of the mean of both variances.

        Daugman, Biometric decision landscapes, 2000; NaN where all distances of a kind are equal.
        """
        spread = np.sqrt((self.genuine.var() + self.impostor.var()) / 2)
        return float((self.impostor.mean() - self.genuine.mean()) / spread) if spread else float("nan")

    @property
    def auc(self) -> float:
        """The share, 0..1, of genuine and impostor pairs taken together in which the genuine one is nearer; ties count half.

        It is the area under the ROC curve (Hanley and McNeil, Radiology 1982).
        """
        below, upto = (np.searchsorted(self.genuine, self.impostor, side=side) for side in ("left", "right"))
        return float((below + upto).sum() / (2 * len(self.genuine) * len(self.impostor)))

    def errors(self, threshold: float) -> tuple[float, float]:
        """Shares, 0..1, of impostor pairs at most `threshold` apart (false matches), and of genuine pairs farther apart."""
        accepted, kept = (np.searchsorted(each, threshold, side="right") for each in (self.impostor, self.genuine))
        return float(accepted / len(self.impostor)), float(1 - kept / len(self.genuine))

    def equal_error(self) -> float:
        """The threshold at which the two errors differ least."""
        candidates = np.unique(np.concatenate([self.genuine, self.impostor]))
        accepted, kept = (np.searchsorted(each, candidates, side="right") for each in (self.impostor, self.genuine))
        return float(candidates[np.argmin(np.abs(accepted / len(self.impostor) - 1 + kept / len(self.genuine)))])

    def at_false_match_rate(self, rate: float) -> float:
        """The largest threshold that takes at most the share `rate`, below 1, of the impostor pairs for one person.

        It is halfway from the last impostor pair that it takes, or from 0, to the first that it does not.
        """
        allowed = int(rate * len(self.impostor))
        first = self.impostor[allowed]
        taken = self.impostor[self.impostor < first]
        return float(((taken[-1] if len(taken) else 0.0) + first) / 2)


def separate(genuine: np.ndarray, impostor: np.ndarray) -> Separation:
    """The separation of distances `(G,)` and `(I,)` in any order. Raises InputError without a pair of either kind."""
    if not len(genuine) or not len(impostor):
        raise InputError("there are no pairs of one person, or none of two, so nothing can be compared")
    return Separation(np.sort(genuine), np.sort(impostor))
