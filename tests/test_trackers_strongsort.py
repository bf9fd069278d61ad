"""StrongSORT."""

import numpy as np
import pytest

import trackers
from trackers import Detections

ANNA, BERT = np.eye(2, 8)
HERE, THERE = [100.0, 100, 140, 200], [300.0, 100, 340, 200]


def _build(**thresholds):
    return trackers.build("strongsort", camera_motion="none", **thresholds)


def test_of_two_tracks_alike_the_better_fit_takes_the_detection_however_long_it_was_lost():
    """DeepSORT's cascade gives it to the one seen last."""
    for tracker, expected in ((_build(), [1]), (trackers.build("deepsort", max_appearance_distance=0.4), [2])):
        _repeat(tracker, 5, (HERE, 0.9, _look(0)))
        _repeat(tracker, 5)
        _repeat(tracker, 5, (HERE, 0.9, _look(70)))
        seen = _repeat(tracker, 1, (HERE, 0.9, _look(30)))[0]
        assert seen.ids[seen.detection_index == 0].tolist() == expected


def test_a_detection_below_the_limit_is_ignored():
    tracker = _build()
    _repeat(tracker, 5, (HERE, 0.9, ANNA))
    assert _repeat(tracker, 1, (HERE, 0.59, ANNA))[0].detection_index.tolist() == [-1]
    assert _repeat(tracker, 1, (HERE, 0.61, ANNA))[0].detection_index.tolist() == [0]


def test_motion_decides_between_people_who_look_alike():
    tracker = _build()
    left, right = [100.0, 100, 140, 200], [115.0, 100, 155, 200]
    _repeat(tracker, 5, (left, 0.9, ANNA), (right, 0.9, ANNA))
    assert _repeat(tracker, 1, (right, 0.9, ANNA), (left, 0.9, ANNA))[0].detection_index.tolist() == [1, 0]


def test_a_sure_detection_pulls_a_track_more_than_a_doubtful_one():
    left = []
    for score in (0.6, 0.8, 0.99, 1.0, 7.0):
        tracker = _build()
        _repeat(tracker, 5, (HERE, 0.9, ANNA))
        left.append(_repeat(tracker, 1, ([110.0, 100, 150, 200], score, ANNA))[0].boxes[0, 0])
    assert 100 < left[0] < left[1] < left[2] < left[3] == pytest.approx(110)
    assert left[4] == left[3]  # scores on another scale than 0..1 are no surer than sure


def test_someone_hidden_comes_back_under_the_old_id_and_someone_else_does_not():
    for look, expected in ((ANNA, [1]), (BERT, [2])):
        tracker = _build(shown_age=0)
        _repeat(tracker, 5, (HERE, 0.9, ANNA))
        _repeat(tracker, 10)
        assert _repeat(tracker, 3, (HERE, 0.9, look))[-1].ids.tolist() == expected


def test_one_bad_crop_does_not_change_who_somebody_is():
    tracker = _build()
    _repeat(tracker, 10, (HERE, 0.9, ANNA))
    _repeat(tracker, 1, (HERE, 0.9, BERT))  # matched by its overlap
    _repeat(tracker, 5)
    assert _repeat(tracker, 3, (HERE, 0.9, BERT))[-1].ids.tolist() == [2]


def test_without_embeddings_overlap_decides():
    tracker = _build()
    frames = [Detections([HERE, THERE], [0.9, 0.9])] * 5
    assert [tracker.update(frame).ids.tolist() for frame in frames] == [[], [], [1, 2], [1, 2], [1, 2]]


def _look(degrees):
    """An embedding, turned from Anna's to Bert's."""
    return np.cos(np.radians(degrees)) * ANNA + np.sin(np.radians(degrees)) * BERT


def _repeat(tracker, times, *people):
    boxes, scores, looks = [[person[k] for person in people] for k in range(3)]
    return [tracker.update(Detections(boxes, scores, looks)) for _ in range(times)]
