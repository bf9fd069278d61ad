"""SORT."""

import numpy as np

import trackers
from trackers import Detections


def test_two_people_who_cross_keep_their_ids():
    tracker = trackers.build("sort")
    for step in range(30):
        left_to_right = [100 + 10 * step, 100, 140 + 10 * step, 200]
        right_to_left = [400 - 10 * step, 120, 440 - 10 * step, 220]
        tracks = tracker.update(_detections(left_to_right, right_to_left))
        assert tracks.ids.tolist() == [1, 2]
        assert tracks.detection_index.tolist() == [0, 1]


def test_a_track_is_shown_once_it_was_matched_three_times_in_a_row_after_its_first():
    tracker = trackers.build("sort")
    for _ in range(5):
        tracker.update(_detections())
    shown = [len(tracker.update(_detections([100, 100, 140, 200]))) for _ in range(5)]
    assert shown == [0, 0, 0, 1, 1]


def test_in_the_first_frames_everybody_is_shown():
    tracker = trackers.build("sort")
    assert [len(tracker.update(_detections([100, 100, 140, 200]))) for _ in range(4)] == [1, 1, 1, 1]


def test_a_track_survives_one_missed_frame_but_not_two():
    tracker = trackers.build("sort", min_hits=0)
    person = _detections([100, 100, 140, 200])
    assert tracker.update(person).ids.tolist() == [1]
    assert tracker.update(_detections()).ids.tolist() == []
    assert tracker.update(person).ids.tolist() == [1]
    tracker.update(_detections())
    tracker.update(_detections())
    assert tracker.update(person).ids.tolist() == [2]


def test_too_little_overlap_starts_a_new_track():
    tracker = trackers.build("sort", min_hits=0)
    tracker.update(_detections([100, 100, 140, 200]))
    assert tracker.update(_detections([130, 100, 170, 200])).ids.tolist() == [2]
    lenient = trackers.build("sort", min_hits=0, min_iou=0.1)
    lenient.update(_detections([100, 100, 140, 200]))
    assert lenient.update(_detections([130, 100, 170, 200])).ids.tolist() == [1]


def _detections(*boxes):
    return Detections(np.array(boxes, dtype=float).reshape(-1, 4), np.full(len(boxes), 0.9))
