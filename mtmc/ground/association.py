"""Detections of several views matched to people at one moment, such that all views of a person agree on where they stand."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mtmc.ground.motion import squared_lengths, symmetric_inverse
from trackers import assign

GATE = 13.8155  # 0.999 quantile of the chi-square distribution with 2 degrees of freedom
ROUNDS = 2  # in which each view is matched again, to where the others place people


class Pairs(NamedTuple):
    """P pairs of a person and an observation that may be one: `person` and `row` `(P,)` int."""

    person: np.ndarray
    row: np.ndarray


def near_pairs(means: np.ndarray, covariances: np.ndarray, ground: np.ndarray, errors: np.ndarray) -> Pairs:
    """The pairs of people at `means` `(T, 2)` and observations at `ground` `(N, 2)`, with `covariances` `(T, 2, 2)` and `errors`
    `(N, 2, 2)`, that can be within twice the gate of each other: a crowd has few of them, so only these are looked at further."""
    reach = covariances[:, 0, 0] + covariances[:, 1, 1]
    reach = 2 * GATE * (reach[:, None] + errors[:, 0, 0] + errors[:, 1, 1])
    distance = np.square(means[:, :1] - ground[:, 0]) + np.square(means[:, 1:] - ground[:, 1])
    return Pairs(*np.nonzero(distance <= reach))


def agree(
    pairs: Pairs,
    means: np.ndarray,
    covariances: np.ndarray,
    camera: np.ndarray,
    ground: np.ndarray,
    errors: np.ndarray,
    habits: np.ndarray,
    other_costs: np.ndarray,
    independence: np.ndarray,
    limit: float,
) -> np.ndarray:
    """The person `(N,)` whom each observation shows, or -1, with at most one observation per person and camera.

    People are expected at `means` `(T, 2)` with `covariances` `(T, 2, 2)`, and seen at `ground` `(N, 2)` by `camera` `(N,)` with
    `errors` `(N, 2, 2)`, beside the camera's error about them, `habits` `(T, C, 2)`. A pair costs minus twice the logarithm of
    its likelihood, but for a constant, and its `other_costs` `(P,)`; one above `limit` is none.

    The views are matched one by one first. Where that leaves a choice, each is matched again to where the prediction and the
    others place people, up to `ROUNDS` times: so a view in which somebody is hidden does not give them their neighbour's box, if
    the others show that they stand elsewhere. That is coordinate descent on the likelihood of all views together. What the other
    views show counts by their `independence` `(C,)` in 0..1 of the frame before, which the prediction has seen already.
    """
    who, row = pairs
    people, cameras = habits.shape[:2]
    side = camera[row]
    here = ground[row] - habits[who, side]
    usual = np.log(np.median(_determinants(errors)))
    spread = covariances[who] + errors[row]
    information = symmetric_inverse(spread)
    distances = squared_lengths(here - means[who], information)
    near = (distances <= GATE) & (squared_lengths(ground[row] - means[who], information) <= 2 * GATE)
    costs = distances + np.log(_determinants(spread)) - usual + other_costs
    possible = np.flatnonzero(near & (costs <= limit))
    slot = side * people + who
    chosen = match(slot[possible], row[possible], costs[possible], limit)
    person = np.full(len(ground), -1)
    person[row[possible[chosen]]] = who[possible[chosen]]
    choice = (np.bincount(row[possible])[row[possible]] > 1) | (np.bincount(slot[possible])[slot[possible]] > 1)
    if not choice.any():
        return person
    left = possible[choice]
    shown = symmetric_inverse(errors) * independence[camera, None, None]
    prior = symmetric_inverse(covariances)
    expected = _information(prior, means)
    for _ in range(ROUNDS):
        seen = possible[person[row[possible]] == who[possible]]
        views = np.zeros((people, cameras, 6))
        views[who[seen], side[seen]] = _information(shown[row[seen]], here[seen])
        others = expected[who[left]] + views.sum(axis=1)[who[left]] - views[who[left], side[left]]
        spread = symmetric_inverse(others[:, :4].reshape(-1, 2, 2))
        place = (spread @ others[:, 4:, None])[:, :, 0]
        spread = spread + errors[row[left]]
        distances = squared_lengths(here[left] - place, symmetric_inverse(spread))
        costs = distances + np.log(_determinants(spread)) - usual + other_costs[left]
        chosen = left[match(slot[left], row[left], costs, limit)]
        before, person = person, person.copy()
        person[row[left]] = -1
        person[row[chosen]] = who[chosen]
        if (person == before).all():
            break
    return person


def _information(inverse: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Inverse covariances `(N, 2, 2)`, and their products with `places` `(N, 2)`, as rows `(N, 6)` that add up in fusion."""
    return np.concatenate([inverse.reshape(-1, 4), (inverse @ places[:, :, None])[:, :, 0]], axis=1)


def match(rows: np.ndarray, columns: np.ndarray, costs: np.ndarray, limit: float) -> np.ndarray:
    """Which of P pairs are matched, `(P,)` bool: `trackers.assign` for the few pairs of a large problem.

    Each row takes its cheapest column. Where several rows want the same, the rows and columns that depend on it are assigned.
    """
    chosen = np.zeros(len(rows), dtype=bool)
    within = np.flatnonzero(costs <= limit)
    if not len(within):
        return chosen
    rows, columns, costs = rows[within], columns[within], costs[within]
    order = np.lexsort((costs, rows))
    best = order[np.flatnonzero(np.diff(rows[order], prepend=-1))]
    chosen[within[best]] = True
    disputed = np.flatnonzero(np.bincount(columns[best]) > 1)
    if not len(disputed):
        return chosen
    first = rows.max() + 1
    size = first + columns.max() + 1
    links = coo_array((np.ones(len(rows), dtype=bool), (rows, first + columns)), shape=(size, size))
    _, parts = connected_components(links, directed=False)
    at = np.flatnonzero(np.isin(parts[rows], parts[first + disputed]))
    (_, row), (_, column) = (np.unique(side[at], return_inverse=True) for side in (rows, columns))
    table = np.full((row.max() + 1, column.max() + 1), np.inf)
    table[row, column] = costs[at]
    matches, _, _ = assign(table, limit)
    column_of = np.full(len(table), -1)
    column_of[matches[:, 0]] = matches[:, 1]
    chosen[within[at]] = column_of[row] == column
    return chosen


def _determinants(matrices: np.ndarray) -> np.ndarray:
    return matrices[..., 0, 0] * matrices[..., 1, 1] - matrices[..., 0, 1] * matrices[..., 1, 0]
