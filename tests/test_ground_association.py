import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmc.ground.association import ROUNDS, Pairs, agree, match, near_pairs
from mtmc.ground.likeness import Likeness
from trackers import assign

SMALL = 0.01 * np.eye(2)


def agreed(means, seen, cameras, independence=1.0):
    """The people whom detections `seen` `(camera, x, y)` show, given where people are expected, all equally exact."""
    means = np.array(means, dtype=float)
    camera, ground = np.array([c for c, *_ in seen]), np.array([place for _, *place in seen], dtype=float)
    covariances, errors = np.tile(SMALL, (len(means), 1, 1)), np.tile(SMALL, (len(seen), 1, 1))
    pairs = near_pairs(means, covariances, ground, errors)
    habits, costs = np.zeros((len(means), cameras, 2)), np.zeros(len(pairs.person))
    weights = np.full(cameras, independence)
    return agree(pairs, means, covariances, camera, ground, errors, habits, costs, weights, 22.0).tolist()


def test_a_view_in_which_somebody_is_hidden_gives_them_no_neighbours_box_if_the_others_show_them_elsewhere():
    means = [(0, 0), (0.4, 0)]
    others = [(c, x, 0) for c in (1, 2) for x in (-0.3, 0.2)]  # both moved on, and in view 0 only the second is seen
    assert agreed(means, [(0, 0.15, 0)], 3) == [0]
    assert agreed(means, [(0, 0.15, 0), *others], 3) == [1, 0, 1, 0, 1]
    assert agreed(means, [(0, 0.15, 0), *others], 3, independence=0.0)[0] == 0


def test_what_nobody_can_have_caused_shows_nobody():
    assert agreed([(0, 0)], [(0, 5, 5), (1, 0, 0.1)], 2) == [-1, 0]


def test_a_camera_gives_each_person_one_detection():
    assert sorted(agreed([(0, 0)], [(0, 0.1, 0), (0, 0, 0), (1, 0, 0)], 2)) == [-1, 0, 0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(1, 7))
def test_few_pairs_are_matched_as_a_whole_table_is(seed, rows, columns):
    random = np.random.default_rng(seed)
    table = np.where(random.random((rows, columns)) < 0.5, random.uniform(0, 12, (rows, columns)), np.inf)
    row, column = np.nonzero(np.isfinite(table))
    chosen = match(row, column, table[row, column], 9.0)
    expected, _, _ = assign(table, 9.0)
    assert sorted(zip(row[chosen].tolist(), column[chosen].tolist(), strict=True)) == sorted(map(tuple, expected.tolist()))


def test_only_pairs_that_can_be_near_are_looked_at():
    far = np.array([[0.0, 0.0], [50.0, 0.0]])
    errors = np.tile(SMALL, (2, 1, 1))
    assert [part.tolist() for part in near_pairs(far, errors, far, errors)] == [[0, 1], [0, 1]]
    assert isinstance(near_pairs(far, errors, far, errors), Pairs) and ROUNDS > 0


@pytest.mark.parametrize(("same", "other"), [(0.95, 0.75), (0.8, 0.2), (0.4, -0.1)])
def test_likeness_learns_what_a_networks_cosines_mean(same, other):
    random, likeness = np.random.default_rng(0), Likeness(1)
    cosines = np.concatenate([random.normal(same, 0.05, 200), random.normal(other, 0.05, 200)])
    now = np.zeros(2)
    assert likeness.costs(np.array([same, other]), now).tolist() == [0, 0]
    likeness.learn(cosines, np.arange(400) < 200, np.arange(400) >= 200)
    near, apart = likeness.costs(np.array([same, other]), now)
    assert near < -5 and apart > 5
    assert likeness.costs(np.array([(same + other) / 2]), now[:1])[0] == pytest.approx(0, abs=1.0)
    assert abs(likeness.costs(np.array([same]), np.array([10.0]))[0]) < 0.01


def test_embeddings_that_tell_nobody_apart_cost_nothing():
    random, likeness = np.random.default_rng(0), Likeness(1)
    likeness.learn(random.normal(0.5, 0.1, 400), np.arange(400) < 200, np.arange(400) >= 200)
    assert abs(likeness.costs(np.array([0.3, 0.7]), np.zeros(2))).max() < 1.0
