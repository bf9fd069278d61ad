"""ByteTrack."""

import numpy as np

import trackers
from trackers import Detections

HERE, THERE = [100.0, 100, 140, 200], [300.0, 100, 340, 200]


def test_a_faint_detection_continues_a_track_but_starts_none():
    tracker = trackers.build("bytetrack")
    tracks = _repeat(tracker, 5, (HERE, 0.9))[-1]
    assert tracks.ids.tolist() == [1]
    for tracks in _repeat(tracker, 5, (HERE, 0.2), (THERE, 0.2)):
        assert (tracks.ids.tolist(), tracks.detection_index.tolist(), tracks.scores.tolist()) == ([1], [0], [0.2])


def test_a_detection_below_both_limits_is_ignored():
    tracker = trackers.build("bytetrack")
    _repeat(tracker, 5, (HERE, 0.9))
    assert len(_repeat(tracker, 1, (HERE, 0.09))[0]) == 0


def test_a_faint_detection_does_not_find_a_lost_track():
    tracker = trackers.build("bytetrack")
    _repeat(tracker, 5, (HERE, 0.9))
    _repeat(tracker, 1)
    assert len(_repeat(tracker, 1, (HERE, 0.5))[0]) == 0
    assert _repeat(tracker, 1, (HERE, 0.9))[0].ids.tolist() == [1]


def test_a_detection_between_the_limits_continues_a_track_and_starts_none():
    tracker = trackers.build("bytetrack")
    assert [len(tracks) for tracks in _repeat(tracker, 3, (HERE, 0.65))] == [0, 0, 0]
    _repeat(tracker, 3, (HERE, 0.75))
    assert len(_repeat(tracker, 1, (HERE, 0.65))[0]) == 1


def test_people_of_the_first_frame_are_shown_at_once_and_others_at_their_second_detection():
    tracker = trackers.build("bytetrack")
    assert [len(tracks) for tracks in _repeat(tracker, 2, (HERE, 0.9))] == [1, 1]
    assert [len(tracks) for tracks in _repeat(tracker, 2, (HERE, 0.9), (THERE, 0.9))] == [1, 2]


def test_a_new_track_that_is_missed_once_is_forgotten():
    tracker = trackers.build("bytetrack")
    _repeat(tracker, 1)
    shown = [_repeat(tracker, 1, *people)[0] for people in ([(HERE, 0.9)], [], [(HERE, 0.9)], [(HERE, 0.9)])]
    assert [len(tracks) for tracks in shown] == [0, 0, 0, 1]


def test_the_overlap_counts_less_where_the_score_is_low():
    # Boxes of 40 pixels, 25 apart: an IoU of 15 / 65, which is enough for a score of 1, and too little for .7.
    for score, expected in ((1.0, [1]), (0.7, [])):
        tracker = trackers.build("bytetrack")
        _repeat(tracker, 1, (HERE, 0.9))
        moved = [HERE[0] + 25, HERE[1], HERE[2] + 25, HERE[3]]
        assert _repeat(tracker, 1, (moved, score))[0].ids.tolist() == expected


def test_a_lost_track_is_found_for_thirty_frames_and_one():
    for gap, expected in ((30, [1]), (31, [])):
        tracker = trackers.build("bytetrack")
        _repeat(tracker, 5, (HERE, 0.9))
        _repeat(tracker, gap)
        assert _repeat(tracker, 1, (HERE, 0.9))[0].ids.tolist() == expected


def test_a_lost_track_keeps_its_height():
    tracker = trackers.build("bytetrack")
    for frame in range(10):
        tracker.update(Detections([[100, 100 - 4 * frame, 140, 200]], [0.9]))
    top, bottom = _track_box(tracker)
    _repeat(tracker, 5)
    later = _track_box(tracker)
    assert later[1] - later[0] - (bottom - top) < 5  # it would have grown by four pixels a frame


def test_of_two_tracks_on_one_person_the_one_followed_for_longer_stays():
    tracker = trackers.build("bytetrack")
    _repeat(tracker, 20, (HERE, 0.9))
    # The person jumps aside by more than a match allows, and comes back to where the lost track waits.
    for step in (38, 38, 30, 22, 14, 7, 2, 0):
        box = [HERE[0] + step, HERE[1], HERE[2] + step, HERE[3]]
        tracker.update(Detections([box], [0.7]))
    assert len(tracker.tracks) == 1
    assert _repeat(tracker, 2, (HERE, 0.9))[-1].ids.tolist() == [1]


def _track_box(tracker):
    box = tracker._boxes(np.array([0]))[0]
    return box[1], box[3]


def _repeat(tracker, times, *people):
    boxes, scores = [box for box, _ in people], [score for _, score in people]
    return [tracker.update(Detections(boxes, scores)) for _ in range(times)]
