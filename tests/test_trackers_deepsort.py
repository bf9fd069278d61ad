"""DeepSORT."""

import numpy as np
import pytest

import trackers
from trackers import Detections
from trackers.deepsort import cascade

ANNA, BERT = np.eye(2, 8)
HERE, THERE = [100.0, 100, 140, 200], [300.0, 100, 340, 200]


def test_the_cascade_prefers_the_track_seen_more_recently():
    cost = np.array([[0.05, 0.5], [0.15, 0.5]])
    matches, free = cascade(cost, np.array([4, 7]), np.array([2, 3]), missed=np.array([9, 1]), max_cost=0.2)
    assert matches.tolist() == [[7, 2]]
    assert free.tolist() == [3]
    matches, _ = cascade(cost, np.array([4, 7]), np.array([2, 3]), missed=np.array([2, 2]), max_cost=0.2)
    assert matches.tolist() == [[4, 2]]


def test_the_cascade_gives_each_detection_once_and_goes_on_to_older_tracks():
    cost = np.array([[0.1, np.inf], [0.1, 0.15], [0.0, 0.0]])
    matches, free = cascade(cost, np.arange(3), np.arange(2), missed=np.array([1, 2, 3]), max_cost=0.2)
    assert matches.tolist() == [[0, 0], [1, 1]]
    assert free.tolist() == []


def test_of_two_tracks_alike_the_one_seen_in_the_last_frame_takes_the_detection():
    tracker = trackers.build("deepsort", max_age=30)
    old, recent = [100.0, 100, 140, 200], [104.0, 100, 144, 200]
    _repeat(tracker, 5, (old, ANNA))
    _repeat(tracker, 3)
    _repeat(tracker, 4, ([150.0, 100, 190, 200], BERT))
    tracks = tracker.update(_detections((recent, ANNA), ([150.0, 100, 190, 200], BERT)))
    assert tracks.ids.tolist() == [1, 2]
    assert tracks.detection_index.tolist() == [0, 1]


def test_a_track_is_confirmed_by_three_detections_in_a_row():
    tracker = trackers.build("deepsort")
    assert [len(tracks) for tracks in _repeat(tracker, 4, (HERE, ANNA))] == [0, 0, 1, 1]


def test_an_unconfirmed_track_dies_at_its_first_miss():
    tracker = trackers.build("deepsort")
    _repeat(tracker, 2, (HERE, ANNA))
    _repeat(tracker, 1)
    assert [len(tracks) for tracks in _repeat(tracker, 3, (HERE, ANNA))] == [0, 0, 1]


def test_someone_hidden_comes_back_under_the_old_id_and_someone_else_does_not():
    for look, expected in ((ANNA, [1]), (BERT, [2])):
        tracker = trackers.build("deepsort", shown_age=0)
        _repeat(tracker, 5, (HERE, ANNA))
        _repeat(tracker, 10)
        assert _repeat(tracker, 3, (HERE, look))[-1].ids.tolist() == expected


def test_an_id_is_gone_when_it_was_missed_in_max_age_frames():
    for gap, expected in ((3, [1]), (4, [2])):
        tracker = trackers.build("deepsort", max_age=4, shown_age=0)
        _repeat(tracker, 5, (HERE, ANNA))
        _repeat(tracker, gap)
        assert _repeat(tracker, 3, (HERE, ANNA))[-1].ids.tolist() == expected


def test_appearance_counts_only_inside_the_gate():
    tracker = trackers.build("deepsort", shown_age=0)
    _repeat(tracker, 5, (HERE, ANNA))
    assert _repeat(tracker, 3, ([900.0, 100, 940, 200], ANNA))[-1].ids.tolist() == [2]


def test_two_people_who_swap_places_keep_their_ids_by_appearance():
    tracker = trackers.build("deepsort")
    near = [112.0, 100, 152, 200]
    _repeat(tracker, 5, (HERE, ANNA), (near, BERT))
    tracks = tracker.update(_detections((HERE, BERT), (near, ANNA)))
    assert tracks.ids.tolist() == [1, 2]
    assert tracks.detection_index.tolist() == [1, 0]


def test_a_person_missed_in_one_frame_is_shown_at_the_predicted_box():
    tracker = trackers.build("deepsort")
    for step in range(10):
        tracker.update(_detections(([100.0 + 4 * step, 100, 140 + 4 * step, 200], ANNA)))
    missed, gone = _repeat(tracker, 2)
    assert (missed.ids.tolist(), missed.detection_index.tolist()) == ([1], [-1])
    np.testing.assert_allclose(missed.boxes, [[140, 100, 180, 200]], atol=2)
    assert len(gone) == 0


def test_without_embeddings_overlap_takes_the_place_of_appearance():
    tracker = trackers.build("deepsort", shown_age=0)
    _repeat(tracker, 5, (HERE, None), (THERE, None))
    _repeat(tracker, 5)
    tracks = tracker.update(_detections((THERE, None), (HERE, None)))
    assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1, 2], [1, 0])


@pytest.mark.parametrize("limit", [0.2, 0.6])
def test_the_threshold_is_a_cosine_distance(limit):
    # Embeddings at a cosine distance of 0.4, too far away to overlap but inside the gate.
    tracker = trackers.build("deepsort", max_appearance_distance=limit, shown_age=0)
    _repeat(tracker, 5, (HERE, ANNA))
    _repeat(tracker, 3)
    other = 0.6 * ANNA + 0.8 * BERT
    assert _repeat(tracker, 3, (HERE, other))[-1].ids.tolist() == ([1] if limit == 0.6 else [2])


def _repeat(tracker, times, *people):
    return [tracker.update(_detections(*people)) for _ in range(times)]


def _detections(*people):
    boxes = np.array([box for box, _ in people], dtype=float).reshape(-1, 4)
    looks = [look for _, look in people]
    embeddings = None if any(look is None for look in looks) else np.array(looks, dtype=np.float32).reshape(-1, 8)
    return Detections(boxes, np.full(len(people), 0.9), embeddings)
