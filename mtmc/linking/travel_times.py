"""Travel times and transitions between zones, given or learned online."""

import numpy as np

_PRIOR = 4  # weight of the prior spread, in observations
_SPREAD = 0.5  # prior standard deviation of the log travel time: a factor of 1.6
_OPEN = 2.0  # weight of the prior over all transitions and times, in observations


class TravelTimes:
    """For each exit zone and entry zone (numbered from 0, with `zones` known at first): the number of transitions, and the mean
    and variance of their log seconds.

    Walking speeds are positive and skewed, so their logarithms are nearly normal. The variance begins with a prior and is updated
    by Welford's method (Note on a method for calculating corrected sums of squares and products, 1962).
    """

    def __init__(self, zones: int = 0):
        self.counts = np.zeros((0, 0))
        self._means, self._squares = np.zeros((0, 0)), np.zeros((0, 0))
        self._grow(zones)

    def give(self, exit_zone: int, entry_zone: int, seconds: float, factor: float) -> None:
        """Set the travel time of a transition to `seconds`, with two thirds of people within a `factor` (above 1); it is no
        longer learned."""
        if seconds <= 0 or factor <= 1:
            raise ValueError(f"a travel time must be over 0 and its factor over 1, not {seconds} and {factor}")
        self._grow(1 + max(exit_zone, entry_zone))
        self.counts[exit_zone, entry_zone] = np.inf
        self._means[exit_zone, entry_zone], self._squares[exit_zone, entry_zone] = np.log(seconds), np.log(factor) ** 2

    def learn(self, exit_zone: int, entry_zone: int, seconds: float, weight: float = 1.0) -> None:
        """Update with one travel time (over 0); `weight` (over 0) is the probability that it is one person's."""
        self._grow(1 + max(exit_zone, entry_zone))
        pair = exit_zone, entry_zone
        if np.isinf(self.counts[pair]):
            return
        self.counts[pair] += weight
        before = np.log(seconds) - self._means[pair]
        self._means[pair] += weight * before / self.counts[pair]
        self._squares[pair] += weight * before * (np.log(seconds) - self._means[pair])

    def evidence(self, exits: np.ndarray, entries: np.ndarray, seconds: np.ndarray, window: float) -> np.ndarray:
        """Log likelihood ratio `(R, C)` that the person who left by `exits` `(C,)` enters by `entries` `(R,)` after `seconds`
        `(R, C)`, against a second person entering at any time up to `window` seconds; minus infinity for `seconds` of 0 or less.

        The first person follows the transitions and times observed from that zone, mixed, with the weight of `_OPEN`
        observations, with those of the second person, who enters each zone at its overall rate, at any time. So a zone with
        little data contributes little, and an unseen transition or time counts against the link without excluding it (the
        predictive distribution of a Dirichlet process). For a transition with a given time, only the time counts.
        """
        self._grow(1 + max(exits.max(initial=-1), entries.max(initial=-1)))
        pairs = exits[None, :], entries[:, None]
        given = np.isinf(self.counts[pairs])
        learned = np.where(np.isinf(self.counts), 0, self.counts)
        counts, gone = learned[pairs], learned.sum(axis=1)[exits]
        share = learned.sum(axis=0)[entries] / max(learned.sum(), 1e-9)
        variance = self._squares[pairs] / np.where(given, 1, _PRIOR + counts)
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = np.log(seconds)
            density = -((logarithm - self._means[pairs]) ** 2) / (2 * variance) - logarithm - np.log(2 * np.pi * variance) / 2
            density += np.log(window)
            known = counts * np.exp(density) / np.maximum(share, 1e-9)[:, None]
            evidence = np.where(given, density, np.log((known + _OPEN) / (gone + _OPEN)))
        return np.where(seconds > 0, evidence, -np.inf)

    def _grow(self, zones: int) -> None:
        """Grow the tables to `zones` zones."""
        more = zones - len(self.counts)
        if more > 0:
            self.counts, self._means = (np.pad(table, (0, more)) for table in (self.counts, self._means))
            self._squares = np.pad(self._squares, (0, more), constant_values=_PRIOR * _SPREAD**2)
