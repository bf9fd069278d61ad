"""Separation of genuine and impostor distances: known answers, and agreement with slow definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.common.errors import InputError
from reid.evaluation.separation import separate


def test_kinds_that_do_not_overlap_are_told_apart_without_error():
    found = separate(np.array([0.2, 0.1]), np.array([0.5, 0.6, 0.7]))
    assert found.auc == 1
    assert found.errors(found.equal_error()) == (0, 0)
    assert found.errors(0.55) == pytest.approx((1 / 3, 0))


def test_d_prime_counts_the_distance_of_the_means_in_standard_deviations():
    assert separate(np.array([0.0, 2.0]), np.array([3.0, 5.0])).d_prime == pytest.approx(3)


def test_equal_distances_of_both_kinds_count_half_in_the_auc():
    assert separate(np.array([0.5]), np.array([0.5, 0.7])).auc == pytest.approx(0.75)


def test_a_threshold_takes_no_more_impostors_for_one_person_than_are_allowed():
    found = separate(np.array([0.1]), np.arange(1, 1001) / 1000)
    assert found.at_false_match_rate(0.002) == pytest.approx(0.0025)
    assert found.errors(found.at_false_match_rate(0.002))[0] == 0.002


def test_impostors_that_are_all_at_one_distance_are_all_kept_out():
    found = separate(np.array([0.1]), np.full(1000, 0.4))
    assert found.errors(found.at_false_match_rate(0.002))[0] == 0


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_figures_agree_with_their_definitions(genuine, impostor):
    genuine, impostor = np.array(genuine) / 10, np.array(impostor) / 10
    found = separate(genuine, impostor)
    wins = (genuine[:, None] < impostor) + 0.5 * (genuine[:, None] == impostor)
    assert found.auc == pytest.approx(wins.mean())
    for threshold in (0.0, 0.35, found.equal_error()):
        expected = np.mean(impostor <= threshold), np.mean(genuine > threshold)
        assert found.errors(threshold) == pytest.approx(expected)


def test_no_pairs_are_refused():
    with pytest.raises(InputError, match="no pairs of one person"):
        separate(np.empty(0), np.array([0.5]))
