"""Gated linear assignment: match rows to columns so that no pair costs more than a limit."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def assign(cost: np.ndarray, max_cost: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match the rows of `cost` `(R, C)` to its columns; return `matches` `(K, 2)`, `unmatched_rows`, `unmatched_columns`.

    A pair is feasible when its cost is finite and at most `max_cost`; other pairs (infinite, NaN or too costly) are never
    matched. Among all sets of feasible pairs that use each row and each column at most once, the result maximizes the sum of
    `max_cost - cost`; ties go to the set with more pairs. This is what `cost_limit` means in lap, and what clipping the costs
    before the Hungarian method means in DeepSORT; clipping is cheaper, since the problem does not grow. An infinite `max_cost`
    matches as many pairs as possible.

    All results are sorted. Raises `ValueError` if `cost` does not have two axes, or `max_cost` is NaN.
    """
    cost = np.asarray(cost, dtype=np.float64)
    if cost.ndim != 2:
        raise ValueError(f"a cost matrix must have two axes, not {cost.ndim}")
    if np.isnan(max_cost):
        raise ValueError("max_cost must not be NaN")
    pairs = (cost <= max_cost).ravel().nonzero()[0]  # much faster than by row and column
    costs = cost.ravel()[pairs]
    if not np.isfinite(costs).all():
        pairs, costs = pairs[np.isfinite(costs)], costs[np.isfinite(costs)]
    column_of = np.full(cost.shape[0], -1)
    taken = np.zeros(cost.shape[1], dtype=bool)
    if len(pairs):
        rows, columns = np.divmod(pairs, cost.shape[1])
        won = _solve(rows, columns, costs, max_cost)
        column_of[rows[won]] = columns[won]
        taken[columns[won]] = True
    free = column_of < 0
    matched = (~free).nonzero()[0]
    matches = np.empty((len(matched), 2), dtype=np.int64)
    matches[:, 0], matches[:, 1] = matched, column_of[matched]
    return matches, free.nonzero()[0], (~taken).nonzero()[0]


def assign_among(
    cost: np.ndarray, rows: np.ndarray, columns: np.ndarray, max_cost: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`assign`, where the rows and columns of `cost` `(R, C)` stand for the numbers `rows` `(R,)` and `columns` `(C,)`.

    The results use those numbers, so each stage of an association can pass its leftovers to the next.
    """
    matches, left_rows, left_columns = assign(cost, max_cost)
    matches[:, 0], matches[:, 1] = rows[matches[:, 0]], columns[matches[:, 1]]
    return matches, rows[left_rows], columns[left_columns]


def _solve(rows: np.ndarray, columns: np.ndarray, costs: np.ndarray, max_cost: float) -> np.ndarray:
    """The indices `(K,)` of the matched pairs among P feasible ones, given their `rows`, `columns` and `costs` `(P,)`."""
    low, high = costs.min(), costs.max()
    # Above this bound one more pair is worth any rearrangement of the others, so a larger limit changes nothing but rounding.
    bound = high + min(rows[-1], columns.max()) * (high - low + 1) + (high - low + 1)
    # Slightly above the limit, so a pair exactly at the limit still beats no pair.
    gains = min(max_cost + 1e-6 * max(1.0, abs(max_cost)), bound) - costs
    won = []
    left = np.arange(len(rows))
    while len(left):
        # A pair that gains more than all others of its row and its column together is in every best set. Most are such pairs,
        # even in a crowd, and once they are settled so are most of the rest; a small problem remains.
        row, column, gain = rows[left], columns[left], gains[left]
        in_row, in_column = np.bincount(row, gain), np.bincount(column, gain)
        clear = 3 * gain > (in_row[row] + in_column[column]) * (1 + 1e-9)
        if not clear.any():
            won.append(left[_solve_densely(row, column, gain)])
            break
        won.append(left[clear])
        in_row[row[clear]] = in_column[column[clear]] = 0
        left = left[(in_row[row] > 0) & (in_column[column] > 0)]
    return np.concatenate(won)


def _solve_densely(rows: np.ndarray, columns: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """The indices `(K,)` of the pairs that gain most, by the Hungarian method; no pair at all gains 0."""
    row, column = _renumbered(rows), _renumbered(columns)
    dense = np.zeros((row.max() + 1, column.max() + 1))
    dense[row, column] = gains
    column_of = np.full(len(dense), -1)
    matched, columns_of_matched = linear_sum_assignment(dense, maximize=True)
    column_of[matched] = columns_of_matched
    return (column_of[row] == column).nonzero()[0]


def _renumbered(numbers: np.ndarray) -> np.ndarray:
    """`numbers` `(P,)` replaced by their ranks, 0 for the smallest; equal ones share a rank."""
    return (np.cumsum(np.bincount(numbers) > 0) - 1)[numbers]
