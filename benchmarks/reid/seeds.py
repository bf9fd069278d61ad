"""One row of a table over several seeds: the mean and spread of each measure."""

from collections.abc import Sequence
from statistics import fmean, stdev


def over_seeds(results: Sequence[dict]) -> dict:
    """Merge the results of one row, one or more that differ only by the recipe's seed.

    The result is the first with all `seeds` and the mean `scores`; `spread`, of the same structure, is the standard deviation
    over seeds (n - 1 in the denominator), or None for a single seed. Both are None where a measure is None.
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
