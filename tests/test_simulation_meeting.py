import numpy as np
import pytest

from mtmc.simulation import meeting
from mtmc.simulation.drift import drift
from mtmc.simulation.embeddings import CarriedEmbeddings
from mtmc.simulation.mingling import mingle


def nearest(places):
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart.min(axis=1)


def test_people_stay_inside_stand_close_together_and_walk():
    world = mingle(3, 12, (0.5, 0.5, 6.5, 3.5), 40.0)
    places = np.array([world.state(second).positions for second in np.arange(0, 40, 0.5)])
    assert places.shape == (80, 12, 2)
    assert (places >= 0.5 - 1e-9).all() and (places <= (6.5 + 1e-9, 3.5 + 1e-9)).all()
    assert 0.35 < np.median([nearest(moment) for moment in places]) < 0.9
    walking = np.linalg.norm(np.diff(places, axis=0), axis=2) > 0.1
    assert 0.2 < walking.mean() < 0.7 and walking.any(axis=0).all()


def test_a_meeting_is_the_same_for_the_same_seed_and_its_detections_carry_embeddings():
    one, same, other = (meeting(seed, persons=3) for seed in (1, 1, 2))
    assert one.length == 300 and len(one.views) == 4 and np.unique(one.world_truth.ids).tolist() == [1, 2, 3]
    for view, again in zip(one.views, same.views, strict=True):
        np.testing.assert_array_equal(view.detections[7].boxes, again.detections[7].boxes)
        np.testing.assert_array_equal(view.detections[7].embeddings, again.detections[7].embeddings)
    one.require_embeddings()
    assert not np.array_equal(one.world_truth.positions[:9], other.world_truth.positions[:9])


def cosines(some, others):
    return np.sum(some * others, axis=-1).mean()


def test_embeddings_are_as_weak_as_those_of_fairmot_in_cmc1():
    people, frames = 30, 60
    carried, random = CarriedEmbeddings(1, people, 2, frames, 4.0), np.random.default_rng(0)
    apart = np.array([[100 * i, 0, 100 * i + 50, 100] for i in range(people)], dtype=float)
    who = np.arange(people)
    seen = np.array([[carried.embed(f, c, who, apart, who, random) for c in (0, 1)] for f in range(frames)])
    np.testing.assert_allclose(np.linalg.norm(seen, axis=-1), 1, atol=1e-5)
    assert cosines(seen[1:], seen[:-1]) == pytest.approx(0.926, abs=0.03)
    assert cosines(seen[4:], seen[:-4]) == pytest.approx(0.859, abs=0.03)
    assert cosines(seen[:, 0], seen[:, 1]) == pytest.approx(0.847, abs=0.03)
    assert cosines(seen, np.roll(seen, 1, axis=2)) == pytest.approx(0.755, abs=0.03)


def test_somebody_who_is_covered_looks_like_who_covers_them():
    carried = CarriedEmbeddings(1, 2, 1, 1, 4.0)
    boxes, random = np.array([[0.0, 0, 50, 100], [0, 5, 50, 105]]), np.random.default_rng(0)
    both = np.mean([carried.embed(0, 0, np.arange(2), boxes, np.array([0, 1]), random) for _ in range(200)], axis=0)
    clear = boxes + np.array([[0, 0, 0, 0], [500, 0, 500, 0]])
    alone = np.mean([carried.embed(0, 0, np.arange(2), clear, np.array([0, 1]), random) for _ in range(200)], axis=0)
    assert both[0] @ both[1] > alone[0] @ alone[1] + 0.01
    assert both[0] @ alone[1] > both[0] @ alone[0]


def test_an_error_that_drifts_keeps_its_size_and_is_forgotten():
    values = drift(np.random.default_rng(0), 4000, (3,), 0.25, 1.0)
    assert values.std() == pytest.approx(1, abs=0.08)
    assert np.mean(values[1:] * values[:-1]) == pytest.approx(np.exp(-0.25), abs=0.1)
    assert abs(np.mean(values[20:] * values[:-20])) < 0.15
