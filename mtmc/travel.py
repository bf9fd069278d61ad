"""How long people take from one zone to another: a log-normal distribution a pair of zones, given or learned as they come."""

import numpy as np

_PRIOR = 4  # observations that the prior spread is worth
_SPREAD = 0.5  # of the logarithm of a travel time, before anything was observed: a factor of 1.6
_ENOUGH = 3  # observations from which on a pair of zones says anything


class TravelTimes:
    """For each of `zones` to leave by and each to enter by (numbers from 0 on): mean and variance of the logarithm of seconds.

    Walking speeds are positive and skewed, so their logarithms are nearly normal. The variance begins with a prior and is updated
    by Welford's method (Note on a method for calculating corrected sums of squares and products, 1962).
    """

    def __init__(self, zones: int):
        self.counts = np.zeros((zones, zones))
        self._means, self._squares = np.zeros((zones, zones)), np.full((zones, zones), _PRIOR * _SPREAD**2)

    def give(self, exit_zone: int, entry_zone: int, seconds: float, factor: float) -> None:
        """Say that a way takes `seconds`, and two people in three within a `factor` over 1; no more is learned about it."""
        if seconds <= 0 or factor <= 1:
            raise ValueError(f"a travel time is over 0 and its factor over 1, not {seconds} and {factor}")
        self.counts[exit_zone, entry_zone] = np.inf
        self._means[exit_zone, entry_zone], self._squares[exit_zone, entry_zone] = np.log(seconds), np.log(factor) ** 2

    def learn(self, exit_zone: int, entry_zone: int, seconds: float) -> None:
        """Take one person's travel time, over 0, into account."""
        pair = exit_zone, entry_zone
        if np.isinf(self.counts[pair]):
            return
        self.counts[pair] += 1
        before = np.log(seconds) - self._means[pair]
        self._means[pair] += before / self.counts[pair]
        self._squares[pair] += before * (np.log(seconds) - self._means[pair])

    def evidence(self, exits: np.ndarray, entries: np.ndarray, seconds: np.ndarray, window: float) -> np.ndarray:
        """How much likelier `seconds` `(R, C)` between zones `entries` `(R,)` and `exits` `(C,)` are for one person than for two,
        whose times are anything up to `window` seconds: logarithms `(R, C)`, minus infinity for no time or less.

        Where little was observed the time says nothing, and the evidence is 0.
        """
        pairs = exits[None, :], entries[:, None]
        counts, known = self.counts[pairs], self.counts[pairs] >= _ENOUGH
        given = np.isinf(counts)
        variance = self._squares[pairs] / np.where(given, 1, _PRIOR + np.where(given, 0, counts))
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = np.log(seconds)
            density = -((logarithm - self._means[pairs]) ** 2) / (2 * variance) - logarithm - np.log(2 * np.pi * variance) / 2
        return np.where(seconds > 0, np.where(known, density + np.log(window), 0.0), -np.inf)
