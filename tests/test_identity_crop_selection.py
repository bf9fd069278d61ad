import numpy as np
import pytest

from mtmc.ground.tracks import GroundTracks
from mtmc.identity.crop_selection import CropSelection

SIZE = (640, 480)


def tracks(ids, boxes, detected=None):
    """Tracks `ids` with `boxes` (M, C, 4), all of them detected unless told otherwise."""
    boxes = np.asarray(boxes, dtype=float)
    members = np.where(np.isfinite(boxes[..., 0]) if detected is None else detected, 0, -1)
    return GroundTracks(np.array(ids), np.zeros((len(ids), 2)), np.zeros((len(ids), 2)), members, boxes)


def box(left, bottom=400.0, height=200.0):
    return [left, bottom - height, left + height / 2, bottom]


def test_every_camera_that_sees_a_track_well_gives_a_view_at_once():
    selection = CropSelection([SIZE] * 3)
    rows, cameras, quality = selection.choose(0.0, tracks([4, 9], [[box(10), box(10), box(-70)]] * 1 + [[box(300)] * 3]),
                                              np.zeros(2, dtype=bool))  # fmt: skip
    assert sorted(zip(rows.tolist(), cameras.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    np.testing.assert_allclose(quality, 1)


def test_predicted_boxes_are_no_views():
    rows, _, _ = CropSelection([SIZE]).choose(0.0, tracks([1], [[box(10)]], [[False]]), np.zeros(1, dtype=bool))
    assert len(rows) == 0


def test_a_camera_gives_the_next_view_after_a_while_and_later_where_the_track_has_a_name():
    for named, spacing in ((False, 0.5), (True, 2.0)):
        selection = CropSelection([SIZE], spacing=0.5, later_spacing=2.0)
        times = [t for t in np.arange(0, 6, 0.1) if len(selection.choose(t, tracks([1], [[box(10)]]), np.array([named]))[0])]
        np.testing.assert_allclose(np.diff(times).min(), spacing, atol=0.1 + 1e-9)


@pytest.mark.parametrize("cameras", [1, 4, 20])
def test_no_track_has_more_views_than_the_budget_and_the_best_come_first(cameras):
    selection = CropSelection([SIZE] * cameras, budget=16, spacing=0.0)
    views = [[box(10, 400, 100 + camera) for camera in range(cameras)]]
    counts = [len(selection.choose(time, tracks([7], views), np.zeros(1, dtype=bool))[0]) for time in np.arange(30.0)]
    assert sum(counts) == 16
    first = CropSelection([SIZE] * 20, budget=3)
    _, chosen, _ = first.choose(0.0, tracks([7], [[box(10, 400, 60 + camera) for camera in range(20)]]), np.zeros(1, dtype=bool))
    assert chosen.tolist() == [17, 18, 19]


def test_tracks_come_and_go_without_mixing_up_their_budgets():
    selection = CropSelection([SIZE], budget=1, memory=5.0)

    def ask(time, ids):
        found = tracks(ids, [[box(10)]] * len(ids))
        return np.array(ids)[selection.choose(time, found, np.zeros(len(ids), dtype=bool))[0]]

    assert ask(0.0, [3]).tolist() == [3]
    assert ask(1.0, [1, 3, 5]).tolist() == [1, 5]
    assert ask(2.0, [2, 5]).tolist() == [2]
    assert ask(20.0, [1]).tolist() == [1]
