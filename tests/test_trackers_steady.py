"""Steady: its stages, its view of looks, and the people it shows while somebody hides them."""

import numpy as np
import pytest

import trackers
from trackers import Detections

BOX = np.array([100.0, 100, 140, 220])


def scene(*people: tuple[float, int, float], looks: np.ndarray | None = None) -> Detections:
    """People at `x` with the look and the score given; `looks` `(L, D)` replaces unrelated ones."""
    looks = np.eye(8) if looks is None else looks
    boxes = [BOX + np.array([x, 0, x, 0]) for x, _, _ in people]
    return Detections(boxes or np.zeros((0, 4)), [score for *_, score in people], looks[[look for _, look, _ in people]])


def without_looks(detections: Detections) -> Detections:
    return Detections(detections.boxes, detections.scores)


def ids(tracker: trackers.Tracker, *frames: Detections) -> list[int]:
    """The ids shown in the last of `frames`."""
    return [tracker.update(frame).ids.tolist() for frame in frames][-1]


@pytest.mark.parametrize("embedded", [True, False])
def test_a_faint_detection_continues_a_person_and_starts_none(embedded):
    tracker = trackers.build("steady")
    clear, faint = [scene((0, 0, 0.9))] * 4, [scene((0, 0, 0.4), (300, 1, 0.4))] * 4
    frames = clear + faint if embedded else [without_looks(each) for each in clear + faint]
    assert ids(tracker, *frames) == [1]
    assert len(tracker.tracks) == 1


def test_a_detection_between_the_two_limits_continues_a_person_and_starts_none():
    tracker = trackers.build("steady")
    assert ids(tracker, *[scene((0, 0, 0.9))] * 4, *[scene((0, 0, 0.65), (300, 1, 0.65))] * 4) == [1]


def test_two_people_who_meet_and_turn_round_keep_their_ids_by_their_looks():
    tracker = trackers.build("steady")
    way = [*range(40, 8, -8), *range(8, 48, 8)]
    last = [tracker.update(scene((-x, 0, 0.9), (x, 1, 0.9))) for x in way][-1]
    assert last.ids.tolist() == [1, 2]
    assert last.detection_index.tolist() == [0, 1]


def test_a_person_lost_for_two_seconds_is_found_by_their_look_and_for_four_is_new():
    for missed, expected in ((60, [1]), (120, [2])):
        tracker = trackers.build("steady")
        assert ids(tracker, *[scene((0, 0, 0.9))] * 5, *[scene()] * missed, *[scene((90, 0, 0.9))] * 4) == expected


def test_lost_people_are_kept_for_seconds_not_for_frames():
    for rate, missed, expected in ((10, 20, [1]), (10, 40, [2]), (60, 120, [1])):
        tracker = trackers.build("steady")
        tracker.run_at(rate)
        assert ids(tracker, *[scene((0, 0, 0.9))] * 5, *[scene()] * missed, *[scene((10, 0, 0.9))] * 4) == expected


def test_what_all_people_of_a_camera_share_tells_nobody_apart():
    # The looks of any two people are three parts the same, as with a network on cameras it was not trained on.
    looks = np.sqrt(0.75) * np.eye(8)[[7, 7, 7]] + 0.5 * np.eye(8)[:3]
    first, second, stranger = (0, 0, 0.9), (600, 1, 0.9), (10, 2, 0.9)
    frames = [[first, second]] * 30 + [[second]] * 30 + [[second, stranger]] * 4
    for centring, expected in ((0.7, [2, 3]), (0.0, [1, 2])):
        tracker = trackers.build("steady", centring=centring)
        assert ids(tracker, *[scene(*people, looks=looks) for people in frames]) == expected


@pytest.mark.parametrize(
    ("hider", "shown"),
    [
        pytest.param([96, 110, 144, 230], [1, 2], id="somebody nearer"),
        pytest.param([96, 90, 144, 210], [2], id="somebody farther away"),
        pytest.param([130, 110, 178, 230], [2], id="somebody nearer who covers a quarter"),
        pytest.param([300, 110, 348, 230], [2], id="nobody"),
    ],
)
def test_a_missed_person_is_shown_while_somebody_nearer_hides_them(hider, shown):
    tracker = trackers.build("steady")
    apart = Detections([BOX, [300, 110, 348, 230]], [0.9, 0.9], np.eye(8)[:2])
    assert ids(tracker, *[apart] * 5) == [1, 2]
    tracker.tracks["motion"][1, 0] = tracker._motion.to_measurement(np.array([hider], float))[0]
    assert ids(tracker, Detections([hider], [0.9], np.eye(8)[[1]])) == shown


def test_a_hidden_person_is_shown_for_half_a_second():
    tracker = trackers.build("steady")
    nearer = [96.0, 110, 144, 230]
    both = Detections([BOX, nearer], [0.9, 0.9], np.eye(8)[:2])
    hidden = Detections([nearer], [0.9], np.eye(8)[[1]])
    assert ids(tracker, *[both] * 5, *[hidden] * 15) == [1, 2]
    assert ids(tracker, hidden) == [2]


def test_embeddings_of_another_dimension_are_refused_even_if_nobody_is_followed_yet():
    tracker = trackers.build("steady")
    tracker.update(Detections([BOX], [0.3], np.eye(8)[:1]))
    with pytest.raises(ValueError, match="embeddings have 4 dimensions, but the tracks hold 8"):
        tracker.update(Detections([BOX], [0.3], np.eye(4)[:1]))
