"""Gated linear assignment: which rows and columns belong together when no pair may cost more than a limit."""

import numpy as np

try:
    from lap import lapjv
except ImportError:
    lapjv = None
    from scipy.optimize import linear_sum_assignment


def assign(cost: np.ndarray, max_cost: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match the rows of `cost` `(R, C)` to its columns; returns `matches` `(K, 2)`, `unmatched_rows`, `unmatched_columns`.

    A pair is feasible when its cost is finite and at most `max_cost`; other pairs, marked infinite or NaN or merely dear, are
    never matched. Among all sets of feasible pairs that use each row and each column at most once, the one that saves most
    is taken: the sum of `max_cost - cost` over its pairs is largest, and of equal savings the one with more pairs. This is
    what `cost_limit` means in lap, and what clipping the costs before the Hungarian method means in DeepSORT; clipping is the
    cheaper of the two, since the problem does not grow. With an infinite `max_cost` as many pairs as possible are matched.

    All results are sorted. Raises `ValueError` when `cost` has not two axes, or `max_cost` is NaN.
    """
    cost = np.asarray(cost, dtype=np.float64)
    if cost.ndim != 2:
        raise ValueError(f"a cost matrix has two axes, not {cost.ndim}")
    if np.isnan(max_cost):
        raise ValueError("max_cost is not a number")
    feasible = cost <= max_cost
    if max_cost == np.inf:
        feasible &= cost < np.inf
    rows, columns = np.nonzero(feasible)
    column_of = np.full(cost.shape[0], -1)
    if len(rows):
        in_row = np.bincount(rows, minlength=cost.shape[0])
        in_column = np.bincount(columns, minlength=cost.shape[1])
        # A pair alone in its row and in its column needs no solver. In a crowd most pairs are; the rest is a small problem.
        alone = (in_row[rows] == 1) & (in_column[columns] == 1)
        column_of[rows[alone]] = columns[alone]
        in_row[rows[alone]] = in_column[columns[alone]] = 0
        contested_rows, contested_columns = np.flatnonzero(in_row), np.flatnonzero(in_column)
        if len(contested_rows):
            block = np.ix_(contested_rows, contested_columns)
            found_rows, found_columns = _solve(cost[block], feasible[block], max_cost)
            column_of[contested_rows[found_rows]] = contested_columns[found_columns]
    matched = np.flatnonzero(column_of >= 0)
    taken = np.zeros(cost.shape[1], dtype=bool)
    taken[column_of[matched]] = True
    matches = np.stack([matched, column_of[matched]], axis=1)
    return matches, np.flatnonzero(column_of < 0), np.flatnonzero(~taken)


def assign_among(
    cost: np.ndarray, rows: np.ndarray, columns: np.ndarray, max_cost: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`assign` where the rows and columns of `cost` `(R, C)` stand for the numbers `rows` `(R,)` and `columns` `(C,)`.

    The results are in those numbers: an association in stages hands what one stage left over to the next.
    """
    matches, left_rows, left_columns = assign(cost, max_cost)
    return np.stack([rows[matches[:, 0]], columns[matches[:, 1]]], axis=1), rows[left_rows], columns[left_columns]


def _solve(cost: np.ndarray, feasible: np.ndarray, max_cost: float) -> tuple[np.ndarray, np.ndarray]:
    """The matched rows and columns of a matrix in which every row and every column has a feasible pair."""
    low, high = cost[feasible].min(), cost[feasible].max()
    # Above this bound one more pair is worth any rearrangement of the others, so a larger limit changes nothing but rounding.
    bound = high + min(cost.shape) * (high - low + 1)
    # A little over the limit, so that a pair at the limit itself is still better than none.
    limit = min(max_cost + 1e-6 * max(1.0, abs(max_cost)), bound)
    clipped = np.where(feasible, cost, limit)
    if lapjv is None:
        rows, columns = linear_sum_assignment(clipped)
    else:
        column_of, _ = lapjv(clipped, extend_cost=True, return_cost=False)
        rows = np.flatnonzero(column_of >= 0)
        columns = column_of[rows]
    kept = feasible[rows, columns]
    return rows[kept], columns[kept]
