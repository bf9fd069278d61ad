"""Gated linear assignment."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from trackers.assignment import assign, assign_among


def test_the_cheapest_pairs_are_matched():
    matches, rows, columns = assign(np.array([[1.0, 2, 9], [2, 9, 9]]), 5)
    assert matches.tolist() == [[0, 1], [1, 0]]
    assert rows.tolist() == []
    assert columns.tolist() == [2]


def test_a_pair_over_the_limit_is_never_matched_and_a_pair_at_the_limit_may_be():
    matches, rows, columns = assign(np.array([[0.5, 0.9], [0.9, 0.71]]), 0.7)
    assert matches.tolist() == [[0, 0]]
    assert (rows.tolist(), columns.tolist()) == ([1], [1])
    assert assign(np.array([[0.7]]), 0.7)[0].tolist() == [[0, 0]]


def test_one_very_good_pair_is_worth_more_than_two_poor_ones():
    # Two pairs would save 0.1 + 0.1 of the limit, the one good pair saves 0.9.
    matches, rows, columns = assign(np.array([[0.1, 0.9], [0.9, 5.0]]), 1.0)
    assert matches.tolist() == [[0, 0]]
    assert (rows.tolist(), columns.tolist()) == ([1], [1])


def test_without_a_limit_as_many_pairs_as_possible_are_matched():
    cost = np.array([[0.1, 0.9], [0.9, np.inf]])
    assert assign(cost, np.inf)[0].tolist() == [[0, 1], [1, 0]]
    assert assign(cost, 1e9)[0].tolist() == [[0, 1], [1, 0]]


def test_infinite_and_missing_costs_forbid_a_pair():
    cost = np.array([[np.inf, np.nan, 3.0], [np.nan, np.inf, -np.inf]])
    for limit in (5.0, np.inf):
        matches, rows, columns = assign(cost, limit)
        assert matches.tolist() == [[0, 2]]
        assert (rows.tolist(), columns.tolist()) == ([1], [0, 1])


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0)])
def test_nothing_is_matched_with_nothing(shape):
    matches, rows, columns = assign(np.zeros(shape), 1.0)
    assert matches.shape == (0, 2)
    assert (len(rows), len(columns)) == shape


def test_a_wrong_question_is_refused():
    with pytest.raises(ValueError, match="two axes"):
        assign(np.zeros(3), 1.0)
    with pytest.raises(ValueError, match="NaN"):
        assign(np.zeros((1, 1)), np.nan)


def test_numbers_of_rows_and_columns_are_carried_through():
    matches, rows, columns = assign_among(np.array([[0.0, 9], [9, 9]]), np.array([7, 8]), np.array([3, 5]), 1.0)
    assert (matches.tolist(), rows.tolist(), columns.tolist()) == ([[7, 3]], [8], [5])


@given(st.integers(1, 4), st.integers(1, 4), st.floats(0.1, 1.0), st.integers(0, 2**32 - 1))
def test_no_other_set_of_feasible_pairs_saves_more(height, width, limit, seed):
    cost = np.random.default_rng(seed).random((height, width))
    matches, rows, columns = assign(cost, limit)
    found = cost[matches[:, 0], matches[:, 1]]
    assert (found <= limit).all()
    assert sorted([*matches[:, 0], *rows]) == list(range(height))
    assert sorted([*matches[:, 1], *columns]) == list(range(width))
    assert (limit - found).sum() == pytest.approx(_best_saving(cost, limit), abs=1e-4)


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.05, 1.0), st.sampled_from([0, 1, 3]), st.integers(0, 2**32 - 1))
def test_pairs_settled_without_a_solver_are_those_of_one(height, width, limit, digits, seed):
    cost = np.random.default_rng(seed).random((height, width))
    if digits:
        cost = cost.round(digits)  # ties
    clipped = np.minimum(cost, limit + 1e-6)
    rows, columns = linear_sum_assignment(clipped)
    feasible = cost[rows, columns] <= limit
    expected = np.stack([rows[feasible], columns[feasible]], axis=1)
    matches, _, _ = assign(cost, limit)
    if digits:
        assert len(matches) == len(expected)
        assert cost[tuple(matches.T)].sum() == pytest.approx(cost[tuple(expected.T)].sum())
    else:
        np.testing.assert_array_equal(matches, expected)


def _best_saving(cost: np.ndarray, limit: float) -> float:
    if cost.shape[0] > cost.shape[1]:
        cost = cost.T
    saving = np.maximum(limit - cost, 0)
    rows = np.arange(len(cost))
    return max(saving[rows, list(columns)].sum() for columns in itertools.permutations(range(cost.shape[1]), len(cost)))
