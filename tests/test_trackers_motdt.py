"""MOTDT."""

import math

import numpy as np
import pytest

import trackers
from trackers import Detections

ANNA, BERT = np.eye(2, 8)
HERE, THERE = [100.0, 100, 140, 200], [300.0, 100, 340, 200]
FRAME = np.zeros((8, 8, 3), dtype=np.uint8)


def test_a_second_detection_confirms_a_track_and_a_miss_before_it_drops_the_track():
    tracker = trackers.build("motdt")
    assert [len(tracks) for tracks in _repeat(tracker, 3, (HERE, ANNA))] == [0, 1, 1]
    tracker.reset()
    _repeat(tracker, 1, (HERE, ANNA))
    _repeat(tracker, 1)
    assert [len(tracks) for tracks in _repeat(tracker, 2, (HERE, ANNA))] == [0, 1]


def test_a_prediction_fills_a_missed_detection():
    tracker = trackers.build("motdt")
    for step in range(10):
        tracker.update(_detections(([100.0 + 4 * step, 100, 140 + 4 * step, 200], ANNA)))
    tracks = tracker.update(_detections())
    assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1], [-1])
    np.testing.assert_allclose(tracks.boxes, [[140, 100, 180, 200]], atol=2)
    assert tracks.scores.tolist() == [0.6]
    tracks = tracker.update(_detections(([144.0, 100, 184, 200], ANNA)))
    assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1], [0])


def test_the_prior_of_predictions_falls_until_they_are_no_candidates_any_more():
    tracker = trackers.build("motdt")
    _repeat(tracker, 10, (HERE, ANNA))
    scores = [tracks.scores.tolist() for tracks in _repeat(tracker, 12)]
    expected = [0.6 * (1 - math.log(1 + 0.05 * length)) for length in range(12)]
    filled = [prior for prior in expected if prior >= 0.4]
    assert len(filled) == 8
    assert [score[0] for score in scores[:8]] == pytest.approx(filled)
    assert scores[8:] == [[]] * 4


def test_a_track_seen_for_too_short_predicts_nothing():
    tracker = trackers.build("motdt")
    _repeat(tracker, 3, (HERE, ANNA))
    assert len(_repeat(tracker, 1)[0]) == 0
    tracker.reset()
    _repeat(tracker, 4, (HERE, ANNA))
    assert len(_repeat(tracker, 1)[0]) == 1


def test_a_lost_track_comes_back_under_its_old_id():
    for look, expected in ((ANNA, [1]), (BERT, [2])):
        tracker = trackers.build("motdt")
        _repeat(tracker, 6, (HERE, ANNA))
        assert len(_repeat(tracker, 15)[-1]) == 0
        assert _repeat(tracker, 2, (HERE, look))[-1].ids.tolist() == expected


def test_a_track_found_again_is_seen_anew_before_it_predicts():
    tracker = trackers.build("motdt")
    _repeat(tracker, 6, (HERE, ANNA))
    _repeat(tracker, 15)
    _repeat(tracker, 3, (HERE, ANNA))
    assert len(_repeat(tracker, 1)[0]) == 0


def test_a_lost_track_dies_after_max_age_frames():
    for gap, expected in ((10, [1]), (11, [2])):
        tracker = trackers.build("motdt", max_age=10, prediction_weight=0)
        _repeat(tracker, 6, (HERE, ANNA))
        _repeat(tracker, gap)
        assert _repeat(tracker, 2, (HERE, ANNA))[-1].ids.tolist() == expected


def test_poor_detections_continue_tracks_but_start_none_and_worse_ones_are_ignored():
    tracker = trackers.build("motdt", prediction_weight=0)
    assert [len(tracks) for tracks in _repeat(tracker, 3, (HERE, ANNA), score=0.5)] == [0, 0, 0]
    _repeat(tracker, 3, (HERE, ANNA))
    assert len(_repeat(tracker, 1, (HERE, ANNA), score=0.4)[0]) == 1
    assert len(_repeat(tracker, 1, (HERE, ANNA), score=0.39)[0]) == 0


def test_of_duplicate_detections_the_better_one_is_kept():
    tracker = trackers.build("motdt")
    boxes = np.array([HERE, [101.0, 100, 141, 200]])
    for _ in range(3):
        tracks = tracker.update(Detections(boxes, np.array([0.7, 0.9])))
    assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1], [1])


def test_a_person_tracked_is_not_displaced_by_a_lost_one_alike():
    tracker = trackers.build("motdt")
    _repeat(tracker, 6, (HERE, ANNA), (THERE, ANNA))
    _repeat(tracker, 12, (THERE, ANNA))
    assert _repeat(tracker, 1, (THERE, ANNA), (HERE, ANNA))[0].ids.tolist() == [1, 2]


def test_the_threshold_is_a_euclidean_distance():
    # Unit rows at a cosine distance of 0.4 are sqrt(0.8) = 0.894 apart.
    other = 0.6 * ANNA + 0.8 * BERT
    for limit, expected in ((0.88, [2]), (0.9, [1])):
        tracker = trackers.build("motdt", max_appearance_distance=limit)
        _repeat(tracker, 6, (HERE, ANNA))
        _repeat(tracker, 15)
        assert _repeat(tracker, 2, (HERE, other))[-1].ids.tolist() == expected


def test_scoring_decides_which_candidates_are_people():
    def left_half(frame, boxes):
        assert frame is FRAME
        return np.where(boxes[:, 0] < 200, 0.9, 0.1)

    tracker = trackers.build("motdt", scoring=left_half)
    assert tracker.needs_image
    for _ in range(3):
        tracks = tracker.update(_detections((HERE, ANNA), (THERE, BERT), score=0.05), FRAME)
    assert tracks.detection_index.tolist() == [0]
    assert tracks.scores.tolist() == [0.9]
    with pytest.raises(ValueError, match="needs the frame"):
        tracker.update(_detections((HERE, ANNA)))


def test_the_paper_shows_the_lately_lost_while_their_box_looks_like_a_person():
    for probability, expected in ((0.35, [1, 1, 1, 1, 0]), (0.25, [0, 0, 0, 0, 0])):
        looks = {"now": 0.9}
        tracker = trackers.build("motdt", scoring=lambda frame, boxes: np.full(len(boxes), looks["now"]), shown_age=4)  # noqa: B023
        for _ in range(6):
            tracker.update(_detections((HERE, ANNA)), FRAME)
        looks["now"] = probability
        assert [len(tracker.update(_detections(), FRAME)) for _ in range(5)] == expected


def test_without_embeddings_overlap_takes_the_place_of_appearance():
    tracker = trackers.build("motdt")
    _repeat(tracker, 6, (HERE, None), (THERE, None))
    _repeat(tracker, 15)
    tracks = tracker.update(_detections((THERE, None), (HERE, None)))
    assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1, 2], [1, 0])


def _repeat(tracker, times, *people, score=0.9):
    return [tracker.update(_detections(*people, score=score)) for _ in range(times)]


def _detections(*people, score=0.9):
    boxes = np.array([box for box, _ in people], dtype=float).reshape(-1, 4)
    looks = [look for _, look in people]
    embeddings = None if any(look is None for look in looks) else np.array(looks, dtype=np.float32).reshape(-1, 8)
    return Detections(boxes, np.full(len(people), score), embeddings)


def test_a_track_does_not_live_on_its_own_predictions_for_ever():
    tracker = trackers.build("motdt", min_candidate_score=0, max_iou_distance=1)
    for _ in range(5):
        tracker.update(_detections((HERE, ANNA)))
    for _ in range(80):
        tracker.update(Detections([], []))
    assert len(tracker.tracks) == 0
