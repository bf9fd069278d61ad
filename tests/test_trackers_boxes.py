"""Overlap, suppression and coordinates of boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackers import boxes


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param([0, 0, 10, 10], 1.0, id="the same box"),
        pytest.param([5, 0, 15, 10], 1 / 3, id="half of it"),
        pytest.param([0, 0, 20, 20], 0.25, id="a box around it"),
        pytest.param([10, 0, 20, 10], 0.0, id="a box that touches it"),
        pytest.param([30, 30, 40, 40], 0.0, id="a box elsewhere, in both directions"),
    ],
)
def test_iou_of_two_boxes(other, expected):
    assert boxes.iou(np.array([[0.0, 0, 10, 10]]), np.array([other], dtype=float)) == pytest.approx(expected)


def test_iou_has_a_row_for_each_of_the_first_and_a_column_for_each_of_the_second():
    assert boxes.iou(np.zeros((0, 4)), np.ones((3, 4))).shape == (0, 3)
    assert boxes.iou(_random_boxes(2), _random_boxes(5)).shape == (2, 5)


def test_boxes_meet_in_an_area_and_unknown_boxes_in_none():
    some = np.array([[0, 0, 10, 20], [0, 0, 10, 20], [0, 0, 10, 20], [np.nan] * 4], dtype=float)
    others = np.array([[5, 10, 15, 40], [10, 0, 20, 20], [2, 2, 4, 5], [0, 0, 1, 1]], dtype=float)
    np.testing.assert_array_equal(boxes.intersection(some, others), [50, 0, 6, np.nan])
    np.testing.assert_array_equal(boxes.area(others), [300, 200, 6, 1])


def test_suppression_keeps_the_best_of_duplicates_and_what_only_a_suppressed_box_overlaps():
    chain = np.array([[0.0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10], [50, 0, 60, 10]])
    assert boxes.suppress(chain, np.array([0.9, 0.8, 0.7, 0.1]), 0.3).tolist() == [True, False, True, True]
    assert boxes.suppress(chain, np.array([0.7, 0.9, 0.8, 0.1]), 0.3).tolist() == [False, True, False, True]


@given(st.integers(0, 40), st.floats(0.05, 0.9), st.integers(0, 2**32 - 1))
def test_suppression_is_the_greedy_rule(count, max_iou, seed):
    candidates = _random_boxes(count, seed)
    scores = np.random.default_rng(seed).random(count)
    kept = []
    for row in np.argsort(-scores):
        if all(boxes.iou(candidates[[row]], candidates[[other]]) <= max_iou for other in kept):
            kept.append(row)
    assert np.flatnonzero(boxes.suppress(candidates, scores, max_iou)).tolist() == sorted(kept)


def test_coordinates_of_a_known_box():
    box = np.array([[10.0, 20, 30, 60]])
    assert boxes.to_aspect_height(box).tolist() == [[20, 40, 0.5, 40]]
    assert boxes.to_area_aspect(box).tolist() == [[20, 40, 800, 0.5]]


def test_coordinates_convert_back():
    given_boxes = _random_boxes(20)
    np.testing.assert_allclose(boxes.from_aspect_height(boxes.to_aspect_height(given_boxes)), given_boxes)
    np.testing.assert_allclose(boxes.from_area_aspect(boxes.to_area_aspect(given_boxes)), given_boxes)


def _random_boxes(count: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 60, (count, 2))
    return np.concatenate([corner, corner + random.uniform(5, 40, (count, 2))], axis=1)
