"""Tracks finished offline: which gaps are filled, and with which boxes."""

from dataclasses import replace

import numpy as np
import pytest

import trackers
from mtmc.sequences.mot_text import TrackFile
from mtmc.single.offline import Finishing, Observed, finish
from mtmc.single.pipeline import StageSeconds, TrackedFrame
from trackers import Detections

LINEAR = Finishing("linear", max_gap=1.0)


def tracks_of(rows) -> TrackFile:
    """`rows` are (frame, id, left) of boxes 10 wide and 20 high."""
    frames, ids, left = np.array(rows, dtype=float).reshape(-1, 3).T
    boxes = np.stack([left, np.zeros(len(left)), left + 10, np.full(len(left), 20.0)], axis=1)
    return TrackFile(frames.astype(int), ids.astype(int), boxes)


@pytest.mark.parametrize(
    ("rows", "filled"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([(3, 1, 0)], [], id="one box"),
        pytest.param([(0, 1, 0), (3, 1, 6)], [(1, 1, 2), (2, 1, 4)], id="a gap is filled along a line"),
        pytest.param([(0, 1, 0), (11, 1, 6)], [], id="a gap longer than a second stays"),
        pytest.param([(0, 1, 0), (4, 2, 6)], [], id="two people have no gap"),
        pytest.param(
            [(0, 1, 0), (0, 2, 50), (1, 2, 51), (2, 1, 4), (3, 2, 53)], [(1, 1, 2), (2, 2, 52)], id="each person's own gap"
        ),
    ],
)
def test_short_gaps_are_filled_linearly_and_nothing_else_changes(rows, filled):
    finished, expected = finish(tracks_of(rows), 10.0, LINEAR), tracks_of(sorted(rows + filled))
    assert (finished.frames.tolist(), finished.ids.tolist()) == (expected.frames.tolist(), expected.ids.tolist())
    np.testing.assert_allclose(finished.boxes, expected.boxes)


def test_the_longest_gap_is_given_in_seconds_and_interpolation_can_be_off():
    tracks = tracks_of([(0, 1, 0), (10, 1, 10)])
    assert [len(finish(tracks, rate, LINEAR).ids) for rate in (10.0, 9.0)] == [11, 2]
    assert len(finish(tracks, 10.0, replace(LINEAR, max_gap=0.9)).ids) == 2
    assert len(finish(tracks, 10.0, Finishing(interpolation="none")).ids) == 2


def test_a_steady_walk_is_smooth_already_to_both_ends():
    walk = tracks_of([(frame, 1, 3 * frame) for frame in range(12)])
    finished = finish(walk, 10.0, Finishing("gaussian", smoothing=0.3))
    np.testing.assert_allclose(finished.boxes, walk.boxes, atol=1e-9)


def test_smoothing_takes_most_of_the_jitter_off_and_does_not_reach_across_gaps_that_stay():
    jitter = [(frame, 1, 4.0 * (frame % 2)) for frame in range(20)]
    far = [(frame + 60, 1, 500 + 4.0 * (frame % 2)) for frame in range(20)]
    finished = finish(tracks_of(jitter + far), 10.0, Finishing("gaussian", max_gap=1.0, smoothing=0.3))
    left = finished.boxes[:, 0]
    assert len(left) == 40
    assert np.abs(left[4:16] - 2).max() < 0.4 and np.abs(left[24:36] - 502).max() < 0.4


def test_a_track_of_one_box_and_no_track_are_smooth():
    for rows in ([], [(3, 1, 7)]):
        np.testing.assert_allclose(finish(tracks_of(rows), 10.0).boxes, tracks_of(rows).boxes)


def test_tracks_of_fewer_boxes_than_asked_for_are_dropped():
    tracks = tracks_of([(0, 1, 0), (0, 2, 50), (1, 2, 50), (2, 2, 50)])
    assert set(finish(tracks, 10.0, Finishing(min_length=2)).ids) == {2}


def test_what_is_finished_are_the_detections_and_not_the_boxes_of_the_filter():
    tracker, observed = trackers.build("deepsort"), Observed()
    scene = [Detections([[100 + 8 * (n % 2), 50, 140 + 8 * (n % 2), 170]], [0.9]) for n in range(6)] + [Detections([], [])]
    frames = (
        TrackedFrame(index, tracker.update(each), None, 0, StageSeconds(0, 0, 0), False, (), each)
        for index, each in enumerate(scene)
    )
    shown = [len(frame.tracks) for frame in observed.passing(frames)]
    tracks = observed.tracks()
    assert shown == [0, 0, 1, 1, 1, 1, 1]  # the last box is a prediction
    assert tracks.frames.tolist() == [2, 3, 4, 5]
    np.testing.assert_array_equal(tracks.boxes[:, 0], [100, 108, 100, 108])
