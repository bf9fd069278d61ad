"""BoT-SORT."""

import numpy as np
import pytest

import trackers
from trackers import Detections
from trackers.motion import VELOCITY

ANNA, BERT, CARL = np.eye(3, 8)
HERE = [100.0, 100, 140, 200]


def _build(**thresholds):
    return trackers.build("botsort", camera_motion="none", **thresholds)


def _right(pixels):
    """The box `HERE`, moved to the right: at 10 pixels the IoU is 0.6, at 20 it is a third."""
    return [HERE[0] + pixels, HERE[1], HERE[2] + pixels, HERE[3]]


def test_people_who_jump_past_each_other_are_told_apart_by_their_looks():
    tracker = _build()
    for _ in range(5):
        _update(tracker, (HERE, 0.9, ANNA), (_right(11), 0.9, BERT))
    assert _update(tracker, (_right(11), 0.9, ANNA), (HERE, 0.9, BERT)).detection_index.tolist() == [0, 1]
    for _ in range(5):
        _update(tracker, (_right(11), 0.9, None), (HERE, 0.9, None))
    assert _update(tracker, (HERE, 0.9, None), (_right(11), 0.9, None)).detection_index.tolist() == [1, 0]


def test_half_the_distance_of_looks_competes_with_the_overlap():
    # Bert stands further away than Anna, but the detection looks like him, at a distance of .24. Anna's 1 - IoU is .3, more than
    # that; .14, less, but more than half of it; and .1, which is less than half of it.
    berts, annas = [1], [2]  # from left to right
    like_bert = 0.76 * BERT + np.sqrt(1 - 0.76**2) * CARL
    for off, expected in ((7, berts), (3, berts), (2, annas)):
        tracker = _build()
        for _ in range(5):
            _update(tracker, (_right(off), 1.0, ANNA), (_right(-10), 1.0, BERT))
        assert _update(tracker, (HERE, 1.0, like_bert)).ids.tolist() == expected


@pytest.mark.parametrize(
    ("cosine", "away", "expected"),
    [
        pytest.param(0.8, 13, [1], id="near, and alike"),
        pytest.param(0.7, 13, [], id="near, but not alike"),
        pytest.param(0.8, 14, [], id="alike, but not near"),
    ],
)
def test_looks_count_within_a_proximity_and_a_distance(cosine, away, expected):
    """A score of .6 leaves an overlap of 1/2 at a cost of .7: too much, without looks, where the limit is .6."""
    tracker = _build(max_iou_distance=0.6)
    for _ in range(5):
        _update(tracker, (HERE, 0.9, ANNA))
    look = cosine * ANNA + np.sqrt(1 - cosine**2) * BERT
    assert _update(tracker, (_right(away), 0.6, look)).ids.tolist() == expected


def test_a_faint_detection_is_matched_by_overlap_alone_and_leaves_the_look_as_it_was():
    tracker = _build()
    for _ in range(5):
        _update(tracker, (HERE, 0.9, ANNA))
    for _ in range(50):
        assert _update(tracker, (HERE, 0.3, BERT)).ids.tolist() == [1]
    looks = tracker._memory.distances(tracker.tracks["slot"], np.float32([ANNA, BERT]), np.ones((1, 2), bool))
    np.testing.assert_allclose(looks, [[0, 1]], atol=1e-6)


def test_a_lost_track_keeps_its_width_and_height():
    tracker = _build()
    for frame in range(10):
        _update(tracker, ([100.0, 100 - 4 * frame, 140 + 2 * frame, 200], 0.9, ANNA))
    _update(tracker)
    size = _size(tracker)
    assert (np.abs(tracker.tracks["motion"][0, VELOCITY, 2:]) > 1).all()
    for _ in range(5):
        _update(tracker)
    np.testing.assert_allclose(_size(tracker), size)


def _size(tracker):
    box = tracker._boxes(np.array([0]))[0]
    return box[2:] - box[:2]


def _update(tracker, *people):
    boxes, scores, looks = [[person[k] for person in people] for k in range(3)]
    embedded = looks if all(look is not None for look in looks) else None
    return tracker.update(Detections(boxes, scores, embedded))
