"""What every tracker can do besides associate, on a few people with known answers."""

from dataclasses import fields

import numpy as np
import pytest

import trackers
from trackers import Detections
from trackers.behaviour import Behaviour

WITH_APPEARANCE = [name for name in trackers.available() if trackers.build(name).uses_appearance]


def build(name: str, **behaviour) -> trackers.Tracker:
    """The tracker without camera motion, which needs pictures."""
    if "camera_motion" in trackers.thresholds(name):
        behaviour["camera_motion"] = "none"
    return trackers.build(name, **behaviour)


NOBODY = Detections(np.zeros((0, 4)), np.zeros(0))


def person(x: float, look: int, score: float = 0.9) -> Detections:
    """One person at `x`, with the embedding of the person number `look`."""
    return Detections([[x, 100, x + 40, 220]], [score], np.eye(8)[[look]])


def shown(tracker: trackers.Tracker, *scene: Detections) -> list[list[int]]:
    return [tracker.update(detections).ids.tolist() for detections in scene]


@pytest.mark.parametrize("name", WITH_APPEARANCE)
@pytest.mark.parametrize(("look", "memory", "ids"), [(0, 10.0, [1]), (1, 10.0, [2]), (0, 0.0, [2]), (0, 3.0, [2])])
def test_who_returns_within_the_memory_gets_their_id_back_and_nobody_else_does(name, look, memory, ids):
    tracker = build(name, memory=memory)
    shown(tracker, *[person(100, 0)] * 6, *[NOBODY] * 200)
    assert len(tracker.tracks) == 0
    assert shown(tracker, *[person(400, look)] * 6)[-1] == ids


@pytest.mark.parametrize("name", WITH_APPEARANCE)
def test_a_memory_holds_one_person_once(name):
    tracker = build(name, memory=10.0)
    shown(tracker, *[person(100, 0)] * 6, *[NOBODY] * 100)
    twins = Detections([[100, 100, 140, 220], [400, 100, 440, 220]], [0.9, 0.9], np.eye(8)[[0, 0]])
    assert shown(tracker, *[twins] * 6)[-1] == [1, 2]


@pytest.mark.parametrize("name", WITH_APPEARANCE)
def test_the_slots_of_those_who_left_long_ago_are_used_again(name):
    tracker = build(name, memory=1.0)
    for look in np.arange(60) % 8:
        shown(tracker, *[person(100, look)] * 5, *[NOBODY] * 80)
    assert len(tracker._departed.ids) <= 1
    assert tracker._memory._slots._used.sum() <= 2


def test_a_tracker_without_appearance_refuses_a_memory():
    with pytest.raises(ValueError, match="sort uses no appearance, so it has no memory of people: leave memory at 0"):
        trackers.build("sort", memory=5.0)


def test_boxes_are_those_of_the_detector_where_asked_for():
    jumps = [person(100 + 6 * (frame % 2), 0) for frame in range(8)]
    for boxes, same in (("filtered", False), ("detected", True)):
        tracker = trackers.build("deepsort", boxes=boxes)
        last = [tracker.update(detections) for detections in jumps][-1]
        assert np.allclose(last.boxes, jumps[-1].boxes) == same


def test_predicted_boxes_are_hidden_where_asked_for():
    for predictions, ids in ((True, [1]), (False, [])):
        tracker = trackers.build("deepsort", predictions=predictions)
        assert shown(tracker, *[person(100, 0)] * 4, NOBODY)[-1] == ids


def test_of_two_tracks_in_one_place_the_older_one_is_shown():
    apart = Detections([[100, 100, 140, 220], [300, 100, 340, 220]], [0.9, 0.9], np.eye(8)[:2])
    for limit, ids in ((1.0, [1, 2]), (0.6, [1])):
        tracker = trackers.build("deepsort", max_shown_iou=limit, max_iou_distance=1.0)
        assert shown(tracker, *[apart] * 5)[-1] == [1, 2]
        nearer = [
            Detections([[100, 100, 140, 220], [300 - 12 * step, 100, 340 - 12 * step, 220]], [0.9, 0.9], np.eye(8)[:2])
            for step in range(17)
        ]
        assert shown(tracker, *nearer)[-1] == ids


@pytest.mark.parametrize("name", ["deepsort", "motdt", "steady"])
@pytest.mark.parametrize("rate", [1, 2, 5])
def test_people_who_walk_are_followed_at_few_frames_a_second_if_time_is_in_seconds(name, rate):
    pace = 60 / rate  # half their height a second
    walk = [
        Detections(
            [[50 + pace * n, 100, 90 + pace * n, 220], [900 - pace * n, 110, 940 - pace * n, 230]], [0.9] * 2, np.eye(8)[:2]
        )
        for n in range(9)
    ]
    tracker = build(name, time="seconds")
    tracker.reset(frame_rate=rate)
    assert shown(tracker, *walk)[-3:] == [[1, 2]] * 3


def test_ages_in_seconds_are_as_many_frames_as_the_rate_makes_of_them():
    tracker = trackers.build("deepsort", time="seconds", max_age=30, shown_age=0)
    for rate, frames in ((30, 30), (60, 60), (10, 10), (1, 1)):
        tracker.reset(frame_rate=rate)
        assert (tracker.max_age, tracker.shown_age, tracker.n_init) == (frames, 0, 3)
    counted = trackers.build("deepsort", max_age=30)
    counted.reset(frame_rate=10)
    assert counted.max_age == 30


def test_motion_in_seconds_covers_the_same_ground_at_any_rate():
    states = {}
    for rate in (15, 30):
        tracker = trackers.build("deepsort", time="seconds")
        tracker.reset(frame_rate=rate)
        state = tracker._motion.initiate(np.array([[100.0, 100, 140, 220]]))
        state[:, 1] = 2.0  # pixels in a thirtieth of a second
        for _ in range(rate):
            state = tracker._motion.predict(state)
        states[rate] = state
    np.testing.assert_allclose(states[15][:, 0], states[30][:, 0])
    np.testing.assert_allclose(states[15][:, 2], states[30][:, 2], rtol=0.05)


@pytest.mark.parametrize("name", trackers.available())
def test_a_tracker_does_what_its_paper_says_unless_told_otherwise(name):
    own = {"time": "seconds"} if name == "steady" else {}  # it has no paper
    assert trackers.behaviour(name) == {field.name: field.default for field in fields(Behaviour)} | own


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("time", "minutes", "time of deepsort must be one of frames, seconds, not 'minutes'"),
        ("memory", -1, "memory of deepsort must be a number at least 0, not -1"),
        ("predictions", "no", "predictions of deepsort must be true or false, not 'no'"),
        ("boxes", "raw", "boxes of deepsort must be one of filtered, detected, not 'raw'"),
    ],
)
def test_a_mistake_in_a_behaviour_is_told_in_a_sentence(key, value, message):
    with pytest.raises(ValueError, match=message):
        trackers.build("deepsort", **{key: value})
