"""The distance of several views to people remembered by several images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.sets import mean_person, relative_distances, set_distances


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


def crowd(people=40, images=6, common=1.5, seed=0):
    """Unit rows of people who have a part in common, and where each person's begin."""
    random = np.random.default_rng(seed)
    place, centres = common * random.normal(size=32), random.normal(size=(people, 1, 32))
    rows = (place + centres + 0.3 * random.normal(size=(people, images, 32))).reshape(-1, 32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), np.arange(0, people * images, images)


def test_the_mean_person_counts_people_and_not_images():
    images = np.array([[1.0, 0], [1.0, 0], [1.0, 0], [0.0, 1]])
    np.testing.assert_allclose(mean_person(images, np.array([0, 3])), [0.5, 0.5])
    assert not mean_person(np.empty((0, 4)), np.array([], int)).any()


def test_relative_distances_are_cosines_of_what_is_left_when_many_are_known():
    images, starts = crowd()
    mean = mean_person(images, starts)
    left = images - mean
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    np.testing.assert_allclose(relative_distances(images[:9], images, mean, 10**9), 1 - left[:9] @ left.T, atol=1e-6)


def test_among_few_people_the_mean_says_nothing_and_distances_are_enlarged_as_expected():
    images, _ = crowd()
    found = relative_distances(images[:9], images, np.zeros(32), 0)
    np.testing.assert_allclose(found, 2 * np.maximum(1 - images[:9] @ images.T, 0), atol=1e-6)


def test_what_a_place_adds_to_everybody_hardly_changes_relative_distances_and_shrinks_others():
    found = []
    for common in (0.0, 1.5):
        images, starts = crowd(common=common)
        relative = relative_distances(images, images, mean_person(images, starts), len(starts))
        found.append((np.median(relative), np.median(1 - images @ images.T)))
    (here, as_they_are), (there, shrunk) = found
    assert abs(there - here) < 0.15 * here
    assert shrunk < 0.5 * as_they_are
