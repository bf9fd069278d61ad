"""OC-SORT."""

import numpy as np
import pytest

import trackers
from trackers import Detections
from trackers.motion import AREA_ASPECT, POSITION, VELOCITY
from trackers.ocsort import momentum, reupdate


def test_a_person_who_stopped_unseen_is_recovered_where_they_were_last_seen():
    # The prediction alone, that of SORT, is a hundred pixels on, beyond the width of the box.
    for tracker, expected in ((trackers.build("ocsort"), [1]), (trackers.build("sort", max_age=30), [2])):
        _ids(tracker, *range(0, 200, 20))
        for _ in range(6):
            tracker.update(_people())
        assert _ids(tracker, 180, 180, 180, 180)[-1] == expected


def test_a_track_seen_once_has_no_observation_to_recover():
    tracker = trackers.build("ocsort", min_hits=0)
    tracker.update(_people(0))
    tracker.tracks["motion"][0, VELOCITY, 0] = 100
    assert _ids(tracker, 0) == [[2]]


def test_direction_decides_between_two_people_who_cross():
    # One walks right and one down, and they meet; the filter, which rests here, would rather exchange them.
    place = np.array([[200.0, 100, 240, 200]])
    for weight, expected in ((0.2, [1, 0]), (0.0, [0, 1])):  # the one who walks down has the id 1
        tracker = trackers.build("ocsort", momentum_weight=weight)
        for step in range(-4, 1):
            tracker.update(Detections(np.concatenate([_moved(place, 10 * step), _moved(place, 0, 25 * step)]), [0.9, 0.9]))
        tracker.tracks["motion"] = AREA_ASPECT.initiate(np.concatenate([place, _moved(place, 0, 1)]))
        tracks = tracker.update(Detections(np.concatenate([_moved(place, 10), _moved(place, 0, 25)]), [0.9, 0.9]))
        assert (tracks.ids.tolist(), tracks.detection_index.tolist()) == ([1, 2], expected)


def test_momentum_is_a_half_straight_on_and_minus_a_half_back():
    right = np.array([[1.0, 0.0]])
    ways = np.array([[9.0, 0.0], [0.0, 7.0], [-5.0, 0.0], [6.0, 6.0]])
    np.testing.assert_allclose(momentum(right, np.zeros((1, 2)), ways), [[0.5, 0, -0.5, 0.25]], atol=1e-3)
    np.testing.assert_allclose(momentum(0 * right, np.zeros((1, 2)), ways), np.zeros((1, 4)))


def test_a_direction_begins_three_frames_before_or_at_the_last_observation_of_all():
    tracker = trackers.build("ocsort")
    _ids(tracker, 0, 0, 10, 20, 30)
    assert _next_origin(tracker) == 10 + 20  # the middle of a box of 40
    for _ in range(5):
        tracker.update(_people())
    assert _next_origin(tracker) == 30 + 20
    _ids(tracker, 45, 50)
    assert _next_origin(tracker) == 45 + 20


def test_a_direction_measured_over_no_frames_begins_at_the_last_observation_as_over_one():
    answers = []
    for frames in (0, 1, 1.0):
        tracker = trackers.build("ocsort", momentum_frames=frames)
        _ids(tracker, 0, 0, 10, 20, 30)
        tracker.update(_people(40))
        answers.append(tracker.tracks["origins"][0, 0, 0])
        assert tracker.tracks["direction"][0].tolist() == pytest.approx([1, 0])
    assert answers == [40 + 20] * 3


@pytest.mark.parametrize("gap", [2, 5, 10])
@pytest.mark.parametrize("speed", [0, -6])
def test_after_a_gap_the_filter_is_nearer_to_the_speed_of_the_way_in_between(gap, speed):
    # They walk at twelve pixels a frame until they are hidden, and meanwhile stand or walk back.
    last = np.array([[500.0, 100, 540, 200]])
    walked = [_moved(last, 12 * frame) for frame in range(-10, 1)]
    found = _moved(last, speed * gap)
    state = AREA_ASPECT.initiate(walked[0])
    for box in walked[1:]:
        state = AREA_ASPECT.update(AREA_ASPECT.predict(state), box)
    missing = state = AREA_ASPECT.predict(state)
    for _ in range(gap - 1):
        state = AREA_ASPECT.predict(state)
    plain = AREA_ASPECT.update(state, found)
    mended = AREA_ASPECT.update(reupdate(AREA_ASPECT, missing, last, found, np.array([gap])), found)
    assert speed < mended[0, VELOCITY, 0] < plain[0, VELOCITY, 0]
    middle = found[0, 0] + 20
    assert middle < mended[0, POSITION, 0] < plain[0, POSITION, 0]


def test_a_gap_on_a_steady_way_leaves_the_speed():
    last = np.array([[500.0, 100, 540, 200]])
    state = AREA_ASPECT.initiate(last)
    state[0, VELOCITY, 0] = 12
    found = _moved(last, 60)
    mended = reupdate(AREA_ASPECT, AREA_ASPECT.predict(state), last, found, np.array([5]))
    np.testing.assert_allclose(mended[0, VELOCITY], [12, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(AREA_ASPECT.boxes(mended), found)


def test_gaps_of_any_length_are_mended_together_as_alone():
    random = np.random.default_rng(0)
    last = np.array([0, 0, 140, 200]) + random.uniform(0, 100, (6, 4))
    boxes, gaps = last + random.normal(0, 20, (6, 1)), np.array([2, 7, 3, 2, 31, 5])
    state = AREA_ASPECT.predict(AREA_ASPECT.initiate(last))
    together = reupdate(AREA_ASPECT, state, last, boxes, gaps)
    for row in range(6):
        alone = reupdate(AREA_ASPECT, state[[row]], last[[row]], boxes[[row]], gaps[[row]])
        np.testing.assert_allclose(together[[row]], alone)


def test_the_boxes_shown_are_the_detected_ones():
    tracker = trackers.build("ocsort")
    for step in range(5):
        people = _people(7 * step**2 / 4)
        np.testing.assert_array_equal(tracker.update(people).boxes, people.boxes)


@pytest.mark.parametrize(("byte", "expected"), [(False, []), (True, [1])])
def test_with_byte_a_faint_detection_continues_a_track_and_starts_none(byte, expected):
    tracker = trackers.build("ocsort", byte=byte)
    for _ in range(5):
        tracker.update(_people(0))
    assert tracker.update(_people(0, 300, score=0.3)).ids.tolist() == expected
    assert len(tracker.tracks) == 1


def test_a_track_is_shown_once_it_was_matched_three_times_in_a_row_after_its_first():
    tracker = trackers.build("ocsort")
    for _ in range(5):
        tracker.update(_people())
    assert _ids(tracker, 0, 0, 0, 0, 0) == [[], [], [], [1], [1]]


def test_a_lost_track_is_found_for_thirty_frames_and_one():
    for gap, expected in ((30, [1]), (31, [2])):
        tracker = trackers.build("ocsort", min_hits=0)
        _ids(tracker, 0, 0, 0)
        for _ in range(gap):
            tracker.update(_people())
        assert _ids(tracker, 0) == [expected]


def _people(*lefts, score=0.9):
    """People 40 pixels wide and 100 high, side by side on one line."""
    return Detections([[left, 100, left + 40, 200] for left in lefts], [score] * len(lefts))


def _moved(boxes, right, down=0):
    return boxes + np.array([right, down, right, down])


def _ids(tracker, *lefts):
    return [tracker.update(_people(left)).ids.tolist() for left in lefts]


def _next_origin(tracker):
    """Where the direction of the only track begins in the next frame."""
    return tracker.tracks["origins"][0, tracker.momentum_frames - 1, 0]
