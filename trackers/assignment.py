"""Gated linear assignment: match rows to columns so that no pair costs more than a limit."""

import numpy as np

try:
    from lap import lapjv
except ImportError:
    lapjv = None
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
    rows, columns = np.nonzero(cost <= max_cost)
    costs = cost[rows, columns]
    if not np.isfinite(costs).all():
        rows, columns, costs = (values[np.isfinite(costs)] for values in (rows, columns, costs))
    column_of = np.full(cost.shape[0], -1)
    if len(rows):
        in_row = np.bincount(rows, minlength=cost.shape[0])
        in_column = np.bincount(columns, minlength=cost.shape[1])
        # A pair alone in its row and its column needs no solver. Most pairs are, even in a crowd; the rest is a small problem.
        alone = (in_row[rows] == 1) & (in_column[columns] == 1)
        column_of[rows[alone]] = columns[alone]
        contested = np.flatnonzero(~alone)
        if len(contested):
            rows, columns = rows[contested], columns[contested]
            won = _solve(rows, columns, costs[contested], max_cost)
            column_of[rows[won]] = columns[won]
    matched = np.flatnonzero(column_of >= 0)
    taken = np.zeros(cost.shape[1], dtype=bool)
    taken[column_of[matched]] = True
    matches = np.stack([matched, column_of[matched]], axis=1)
    return matches, np.flatnonzero(column_of < 0), np.flatnonzero(~taken)


def assign_among(
    cost: np.ndarray, rows: np.ndarray, columns: np.ndarray, max_cost: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`assign`, where the rows and columns of `cost` `(R, C)` stand for the numbers `rows` `(R,)` and `columns` `(C,)`.

    The results use those numbers, so each stage of an association can pass its leftovers to the next.
    """
    matches, left_rows, left_columns = assign(cost, max_cost)
    return np.stack([rows[matches[:, 0]], columns[matches[:, 1]]], axis=1), rows[left_rows], columns[left_columns]


def _solve(rows: np.ndarray, columns: np.ndarray, costs: np.ndarray, max_cost: float) -> np.ndarray:
    """The indices `(K,)` of the matched pairs among P feasible ones, given their `rows`, `columns` and `costs` `(P,)`."""
    row_numbers, row = np.unique(rows, return_inverse=True)
    column_numbers, column = np.unique(columns, return_inverse=True)
    low, high = costs.min(), costs.max()
    # Above this bound one more pair is worth any rearrangement of the others, so a larger limit changes nothing but rounding.
    bound = high + min(len(row_numbers), len(column_numbers)) * (high - low + 1)
    # Slightly above the limit, so a pair exactly at the limit still beats no pair.
    limit = min(max_cost + 1e-6 * max(1.0, abs(max_cost)), bound)
    clipped = np.full((len(row_numbers), len(column_numbers)), limit)
    clipped[row, column] = costs
    if lapjv is None:
        column_of = np.full(len(row_numbers), -1)
        matched, column_of_matched = linear_sum_assignment(clipped)
        column_of[matched] = column_of_matched
    else:
        column_of, _ = lapjv(clipped, extend_cost=True, return_cost=False)
    return np.flatnonzero(column_of[row] == column)
