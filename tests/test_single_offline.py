"""Tracks finished offline: which gaps are filled, and with which boxes."""

import numpy as np
import pytest

from mtmc.sequences.mot_text import TrackFile
from mtmc.single.offline import Finishing, finish


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
    finished, expected = finish(tracks_of(rows), 10.0), tracks_of(sorted(rows + filled))
    assert (finished.frames.tolist(), finished.ids.tolist()) == (expected.frames.tolist(), expected.ids.tolist())
    np.testing.assert_allclose(finished.boxes, expected.boxes)


def test_the_longest_gap_is_given_in_seconds_and_interpolation_can_be_off():
    tracks = tracks_of([(0, 1, 0), (10, 1, 10)])
    assert [len(finish(tracks, rate).ids) for rate in (10.0, 9.0)] == [11, 2]
    assert len(finish(tracks, 10.0, Finishing(max_gap=0.9)).ids) == 2
    assert len(finish(tracks, 10.0, Finishing(interpolation="none")).ids) == 2
