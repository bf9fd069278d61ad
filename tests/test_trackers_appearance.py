"""The appearance memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackers.appearance import FEATURES, AppearanceMemory, MovingAverage

X, Y, Z = np.eye(3, dtype=np.float32)


def test_the_distance_is_that_of_the_nearest_embedding_remembered():
    memory = AppearanceMemory()
    slots = memory.take(2)
    memory.add(slots, np.stack([X, Z]))
    memory.add(slots[:1], Y[None])
    detections = np.stack([Y, (X + Y) / np.sqrt(2), -Z])
    expected = [[0, 1 - np.sqrt(0.5), 1], [1, 1, 2]]
    np.testing.assert_allclose(memory.distances(slots, detections, np.ones((2, 3), dtype=bool)), expected, atol=1e-6)


def test_a_pair_that_is_not_feasible_is_infinitely_far():
    memory = AppearanceMemory()
    slots = memory.take(2)
    memory.add(slots, np.stack([X, Y]))
    distances = memory.distances(slots, np.stack([X, Y]), np.array([[True, False], [True, True]]))
    np.testing.assert_allclose(distances, [[0, np.inf], [1, 0]], atol=1e-6)


def test_the_oldest_embedding_is_forgotten_first():
    memory = AppearanceMemory()
    slot = memory.take(1)
    memory.add(slot, X[None])
    for _ in range(FEATURES - 1):
        memory.add(slot, Y[None])
    assert memory.distances(slot, X[None], np.ones((1, 1), dtype=bool)) == pytest.approx(0)
    memory.add(slot, Y[None])
    assert memory.distances(slot, X[None], np.ones((1, 1), dtype=bool)) == pytest.approx(1)


def test_a_slot_that_was_given_back_keeps_no_trace_of_its_track():
    memory = AppearanceMemory()
    first = memory.take(1)
    memory.add(first, X[None])
    memory.release(first)
    again = memory.take(1)
    assert again.tolist() == first.tolist()
    assert memory.distances(again, X[None], np.ones((1, 1), dtype=bool)) == np.inf
    memory.add(again, Y[None])
    assert memory.distances(again, X[None], np.ones((1, 1), dtype=bool)) == pytest.approx(1)


def test_embeddings_of_another_model_are_refused():
    memory = AppearanceMemory()
    slots = memory.take(1)
    memory.add(slots, X[None])
    with pytest.raises(ValueError, match=r"4 dimensions.*hold 3"):
        memory.add(slots, np.ones((1, 4), dtype=np.float32))
    with pytest.raises(ValueError, match="reset"):
        memory.distances(slots, np.ones((2, 4), dtype=np.float32), np.ones((1, 2), dtype=bool))


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(0, 90), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_distances_equal_a_plain_loop(tracks, detections, share, seed):
    random = np.random.default_rng(seed)
    memory, remembered = AppearanceMemory(), [[] for _ in range(tracks)]
    slots = memory.take(tracks)
    for _ in range(random.integers(1, 5)):
        rows = np.flatnonzero(random.random(tracks) < 0.7)
        new = _unit(random, len(rows))
        memory.add(slots[rows], new)
        for row, embedding in zip(rows, new, strict=True):
            remembered[row].append(embedding)
    seen = _unit(random, detections)
    feasible = random.random((tracks, detections)) < share
    some = np.flatnonzero(random.random(tracks) < 0.8)
    expected = np.full((len(some), detections), np.inf)
    for row, track in enumerate(some):
        for column in np.flatnonzero(feasible[track]):
            expected[row, column] = min((1 - one @ seen[column] for one in remembered[track]), default=np.inf)
    np.testing.assert_allclose(memory.distances(slots[some], seen, feasible[some]), expected, atol=1e-5)


def _unit(random, count):
    rows = random.normal(size=(count, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_an_average_fades_by_its_momentum_and_stays_a_unit_row():
    memory = MovingAverage(0.9)
    slots = memory.take(2)
    memory.add(slots, np.stack([X, Z]))
    memory.add(slots[:1], Y[None])
    mean = np.array([0.9, 0.1, 0]) / np.hypot(0.9, 0.1)
    np.testing.assert_allclose(memory.distances(slots, np.stack([X, Y, Z]), np.ones((2, 3), bool))[0], 1 - mean, atol=1e-6)
    np.testing.assert_allclose(memory.distances(slots, np.stack([X, Y, -Z]), np.ones((2, 3), bool))[1], [1, 1, 2], atol=1e-6)


def test_an_average_may_take_a_momentum_for_each_embedding():
    memory = MovingAverage(0.9)
    slots = memory.take(2)
    memory.add(slots, np.stack([X, X]))
    memory.add(slots, np.stack([Y, Y]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(memory.distances(slots, np.stack([X, Y]), np.ones((2, 2), bool)), [[0, 1], [1, 0]], atol=1e-6)


def test_embeddings_that_cancel_leave_the_newer_one():
    memory = MovingAverage(0.5)
    slot = memory.take(1)
    memory.add(slot, X[None])
    memory.add(slot, -X[None])
    assert memory.distances(slot, -X[None], np.ones((1, 1), bool)) == pytest.approx(0, abs=1e-6)


def test_an_average_is_forgotten_with_its_slot_and_far_where_it_is_not_feasible():
    memory = MovingAverage()
    slots = memory.take(3)
    memory.add(slots[:2], np.stack([X, Y]))
    memory.release(slots[:1])
    assert memory.take(1).tolist() == [0]
    feasible = np.array([[True, True], [True, False], [True, True]])
    np.testing.assert_allclose(
        memory.distances(slots, np.stack([X, Y]), feasible), [[np.inf] * 2, [1, np.inf], [np.inf] * 2], atol=1e-6
    )
    with pytest.raises(ValueError, match="embeddings have 2 dimensions, but the tracks hold 3: call reset"):
        memory.add(slots[:1], np.eye(1, 2, dtype=np.float32))


def test_two_averages_are_as_far_apart_as_their_directions():
    memory = MovingAverage()
    slots = memory.take(4)
    memory.add(slots[:3], np.stack([X, Y, X]))
    np.testing.assert_allclose(memory.set_distances(slots[[0, 3]], slots[1:]), [[1, 0, np.inf], [np.inf] * 3], atol=1e-6)
