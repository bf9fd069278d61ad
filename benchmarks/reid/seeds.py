"""One row of a table over several seeds: the mean of each measure, and how far it spreads."""

from collections.abc import Sequence
from statistics import fmean, stdev


def over_seeds(results: Sequence[dict]) -> dict:
    """The results of one row, one or more that differ by the recipe's seed alone, as one.

    It is the first with all their `seeds` and the means of their `scores`; `spread`, shaped like these, is the standard deviation
    over seeds (n - 1 in the denominator), None for a single one. Both are None where a measure is None.
    """
    scores = [result["scores"] for result in results]
    measured = {name: list(of_set) for name, of_set in scores[0].items()}

    def gather(reduce) -> dict:
        return {name: {key: reduce([each[name][key] for each in scores]) for key in keys} for name, keys in measured.items()}

    return {
        **results[0],
        "seeds": [result["recipe"]["seed"] for result in results],
        "scores": gather(lambda values: None if None in values else fmean(values)),
        "spread": gather(lambda values: None if None in values or len(values) < 2 else stdev(values)),
    }
