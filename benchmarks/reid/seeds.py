"""One row of a table over several seeds, and in two directions: the mean and spread of each measure."""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev


def both_ways(results: Mapping[str, dict]) -> dict:
    """Merge the results of one row and seed by direction, as in `Data.direction`: the `scores` of each, under its name.

    The rest is that of the first direction; `directions` has, of each, what is not alike. A single direction is left as it is.
    """
    if len(results) == 1:
        return next(iter(results.values()))
    first = next(iter(results.values()))
    scores = {name: of_set for name, result in results.items() for of_set in result["scores"].values()}
    own = {key for key in first for result in results.values() if result[key] != first[key]} - {"scores"}
    directions = {name: {key: result[key] for key in sorted(own)} for name, result in results.items()}
    return {**first, "scores": scores, "directions": directions}


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
