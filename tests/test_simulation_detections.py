import numpy as np
import pytest

from mtmc.simulation import SimulatedDetector as Simulated
from mtmc.simulation import Truth, haunted_places

SIZE = (960, 540)


def crowd(visibility, people=10):
    left = np.linspace(50, 850, people)
    boxes = np.column_stack([left, np.full(people, 200.0), left + 50, np.full(people, 350.0)])
    return Truth(np.arange(people) + 1, np.zeros(people, int), boxes, np.full(people, visibility), np.zeros((people, 2)))


def found(detector, truth, frames=300, seed=0):
    rng = np.random.default_rng(seed)
    haunts = haunted_places(rng, SIZE)
    return [detector.detect(truth, SIZE, rng, haunts) for _ in range(frames)]


@pytest.mark.parametrize("miss", [0.0, 0.1, 0.4])
def test_visible_people_are_missed_at_the_rate_asked_for(miss):
    frames = found(Simulated(miss=miss, clutter=0.0), crowd(1.0))
    assert sum(len(boxes) for boxes, *_ in frames) / 3000 == pytest.approx(1 - miss, abs=0.03)


def test_hidden_people_are_missed_more_often_and_never_found_when_hardly_seen():
    rates = [sum(len(boxes) for boxes, *_ in found(Simulated(clutter=0.0), crowd(seen))) / 3000 for seen in (0.1, 0.3, 0.5, 1.0)]
    assert rates[0] == 0
    assert rates == sorted(rates)
    assert rates[1] < 0.5 < rates[2]


@pytest.mark.parametrize("clutter", [0.0, 0.5, 2.0])
def test_clutter_comes_at_the_rate_asked_for(clutter):
    frames = found(Simulated(clutter=clutter), crowd(1.0, people=0), frames=1500)
    assert sum(len(boxes) for boxes, *_ in frames) / 1500 == pytest.approx(clutter, abs=0.12)


def test_jitter_has_the_spread_asked_for():
    truth = crowd(1.0)
    frames = [boxes for boxes, *_ in found(Simulated(miss=0.0, jitter=0.03, clutter=0.0), truth) if len(boxes) == 10]
    errors = np.array([boxes[np.argsort(boxes[:, 0])] for boxes in frames]) - truth.boxes
    centre = (errors[..., 1] + errors[..., 3]) / 2
    assert centre.std() == pytest.approx(0.03 * 150, rel=0.1)


def test_scores_lie_in_0_to_1_best_first_and_favour_the_visible():
    for boxes, scores, _ in found(Simulated(clutter=1.0), crowd(0.7), frames=50):
        assert len(boxes) == len(scores)
        assert ((scores > 0) & (scores < 1)).all() and (np.diff(scores) <= 0).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
    clear, hidden = (np.concatenate([s for _, s, _ in found(Simulated(clutter=0.0), crowd(seen))]).mean() for seen in (1.0, 0.5))
    assert clear > hidden + 0.1


def test_the_same_seed_gives_the_same_detections():
    for (a, s, _), (b, t, _) in zip(found(Simulated(), crowd(0.8), 20), found(Simulated(), crowd(0.8), 20), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(s, t)
