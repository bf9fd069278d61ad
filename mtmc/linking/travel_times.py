"""How long people take from one zone to another, and where they go: given, or learned as they come."""

import numpy as np

_PRIOR = 4  # observations that the prior spread is worth
_SPREAD = 0.5  # of the logarithm of a travel time, before anything was observed: a factor of 1.6
_OPEN = 2.0  # observations that the belief in any way and any time is worth


class TravelTimes:
    """For each zone to leave by and each to enter by (numbers from 0 on, of which `zones` are known at first): how many went that
    way, and mean and variance of the logarithm of their seconds.

    Walking speeds are positive and skewed, so their logarithms are nearly normal. The variance begins with a prior and is updated
    by Welford's method (Note on a method for calculating corrected sums of squares and products, 1962).
    """

    def __init__(self, zones: int = 0):
        self.counts = np.zeros((0, 0))
        self._means, self._squares = np.zeros((0, 0)), np.zeros((0, 0))
        self._grow(zones)

    def give(self, exit_zone: int, entry_zone: int, seconds: float, factor: float) -> None:
        """Say that a way takes `seconds`, and two people in three within a `factor` over 1; no more is learned about it."""
        if seconds <= 0 or factor <= 1:
            raise ValueError(f"a travel time is over 0 and its factor over 1, not {seconds} and {factor}")
        self._grow(1 + max(exit_zone, entry_zone))
        self.counts[exit_zone, entry_zone] = np.inf
        self._means[exit_zone, entry_zone], self._squares[exit_zone, entry_zone] = np.log(seconds), np.log(factor) ** 2

    def learn(self, exit_zone: int, entry_zone: int, seconds: float, weight: float = 1.0) -> None:
        """Take one person's travel time, over 0, into account, `weight` (over 0) being how likely it is one person's."""
        self._grow(1 + max(exit_zone, entry_zone))
        pair = exit_zone, entry_zone
        if np.isinf(self.counts[pair]):
            return
        self.counts[pair] += weight
        before = np.log(seconds) - self._means[pair]
        self._means[pair] += weight * before / self.counts[pair]
        self._squares[pair] += weight * before * (np.log(seconds) - self._means[pair])

    def evidence(self, exits: np.ndarray, entries: np.ndarray, seconds: np.ndarray, window: float) -> np.ndarray:
        """How much likelier it is that one person who left by `exits` `(C,)` enters by `entries` `(R,)` after `seconds` `(R, C)`
        than that a second person does, at any time up to `window` seconds: logarithms `(R, C)`, minus infinity for no time or
        less.

        The one person goes a way, and takes a time, as those before did from that zone; or, as if `_OPEN` of them had, any way
        and time, as the second person does, who enters by a zone as often as all do. So a zone of which little is known says
        little, and a way or time never seen speaks against the link without excluding it. (The predictive distribution of a
        Dirichlet process.) Of a way whose time was given, the time alone counts.
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
        """Have room for so many zones."""
        more = zones - len(self.counts)
        if more > 0:
            self.counts, self._means = (np.pad(table, (0, more)) for table in (self.counts, self._means))
            self._squares = np.pad(self._squares, (0, more), constant_values=_PRIOR * _SPREAD**2)
