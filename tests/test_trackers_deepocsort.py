"""Deep OC-SORT."""

import numpy as np
import pytest

import trackers
from trackers import Detections

ANNA, BERT, CARL = np.eye(3, 8)
HERE = [100.0, 100, 140, 200]


def _build(**thresholds):
    return trackers.build("deepocsort", camera_motion="none", min_hits=0, **thresholds)


def _right(pixels):
    return [HERE[0] + pixels, HERE[1], HERE[2] + pixels, HERE[3]]


def _look(degrees):
    """An embedding, turned from Anna's to Bert's."""
    return np.cos(np.radians(degrees)) * ANNA + np.sin(np.radians(degrees)) * BERT


def test_looks_settle_a_dispute_that_overlap_would_settle_otherwise():
    for name, expected in (("deepocsort", [0, 1]), ("ocsort", [1, 0])):
        tracker = _build() if name == "deepocsort" else trackers.build(name, min_hits=0)
        for _ in range(5):
            _update(tracker, (HERE, 0.9, ANNA), (_right(12), 0.9, BERT))
        assert _update(tracker, (_right(12), 0.9, ANNA), (HERE, 0.9, BERT)).detection_index.tolist() == expected


def test_looks_do_not_match_those_whose_boxes_hardly_overlap():
    tracker = _build()
    for _ in range(5):
        _update(tracker, (HERE, 0.9, ANNA))
    assert _update(tracker, (_right(25), 0.9, ANNA)).ids.tolist() == [2]


def test_without_embeddings_it_is_oc_sort():
    deep, plain = _build(), trackers.build("ocsort", min_hits=0)
    random = np.random.default_rng(0)
    corner = random.uniform(0, 200, (8, 2))
    for _ in range(30):
        corner = corner + random.normal(0, 6, corner.shape)
        seen = corner[random.random(8) > 0.2]
        found = Detections(np.concatenate([seen, seen + np.array([40, 100])], axis=1), np.full(len(seen), 0.9))
        one, other = deep.update(found), plain.update(found)
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(one.boxes, other.boxes)


def test_an_ambiguous_look_counts_less_than_one_that_stands_out():
    """A detection halfway in looks between two people is worth as much as its similarity; one that is clearly Anna, more."""
    tracker = _build(look_momentum=1.0)
    _update(tracker, (HERE, 0.9, ANNA), (_right(12), 0.9, BERT))
    overlaps, gains = np.full((2, 2), 0.5), []
    for degrees in (45, 30, 0):
        found = Detections([HERE, _right(12)], [0.9, 0.9], [_look(degrees), CARL])
        plain = Detections(found.boxes, found.scores)
        gain = tracker._disputed_value(overlaps, found) - tracker._disputed_value(overlaps, plain)
        gains.append(gain[0, 0] / np.cos(np.radians(degrees)))
    # The row's lead is over Carl, who looks like neither, .5 at most; the column's is over Bert.
    leads = [0, np.cos(np.radians(30)) - np.sin(np.radians(30)), 0.5]
    np.testing.assert_allclose(gains, [0.75 + (0.5 + lead) / 2 for lead in leads], rtol=1e-6)


@pytest.mark.parametrize(
    ("score", "kept"),
    [pytest.param(1.0, 0.95, id="sure"), pytest.param(0.8, 0.975, id="half sure"), pytest.param(0.6, 1.0, id="hardly")],
)
def test_a_doubtful_detection_changes_a_look_less(score, kept):
    tracker = _build()
    _update(tracker, (HERE, 0.9, ANNA))
    _update(tracker, (HERE, score, BERT))
    looks = 1 - tracker._memory.distances(tracker.tracks["slot"], np.float32([ANNA, BERT]), np.ones((1, 2), bool))[0]
    np.testing.assert_allclose(looks, np.array([kept, 1 - kept]) / np.hypot(kept, 1 - kept), atol=1e-6)


def test_observations_and_directions_move_along_with_the_camera():
    tracker = _build()
    for step in range(5):
        _update(tracker, (_right(4 * step), 0.9, ANNA))
    tracker._follow(np.array([[0.0, -2, 500], [2, 0, 10]]))  # a quarter turn, twice as large
    track = tracker.tracks[0]
    np.testing.assert_allclose(track["direction"], [0, 1], atol=1e-5)
    centre = [500 - 2 * 150, 10 + 2 * 136]
    np.testing.assert_allclose(track["box"], [centre[0] - 40, centre[1] - 100, centre[0] + 40, centre[1] + 100])
    np.testing.assert_allclose(track["origins"][0], centre)


def _update(tracker, *people):
    boxes, scores, looks = [[person[k] for person in people] for k in range(3)]
    return tracker.update(Detections(boxes, scores, looks))
