"""The distance of several views to people remembered by several images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.sets import set_distances


def test_each_view_counts_by_its_nearest_image_and_the_better_half_of_the_views_decides():
    views_by_images = np.array([[0.1, 0.5, 0.9], [0.7, 0.3, 0.8], [1.0, 1.0, 1.0]])
    two_people = set_distances(views_by_images, np.array([0, 2]))
    np.testing.assert_allclose(two_people, [(0.1 + 0.3) / 2, (0.8 + 0.9) / 2])


def test_one_view_is_as_far_as_its_nearest_image():
    np.testing.assert_allclose(set_distances(np.array([[0.4, 0.2, 0.6]]), np.array([0, 2])), [0.2, 0.6])


def test_nobody_is_at_no_distance_and_a_set_without_views_has_none():
    assert set_distances(np.empty((3, 0)), np.array([], int)).shape == (0,)
    with pytest.raises(ValueError, match="without views"):
        set_distances(np.empty((0, 4)), np.array([0]))


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_one_spoilt_view_of_three_or_more_changes_no_distance_beyond_those_of_the_others(views, images, seed):
    distances = np.random.default_rng(seed).random((views + 2, images))
    clean = set_distances(distances, np.array([0]))
    spoilt = set_distances(np.vstack([distances, np.full((1, images), 2.0)]), np.array([0]))
    assert clean <= distances.min(axis=1).max() + 1e-12
    assert spoilt <= distances.min(axis=1).max() + 1e-12
