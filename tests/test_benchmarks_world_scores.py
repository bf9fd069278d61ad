import numpy as np
import pytest

from benchmarks.scores.world import image_counts, world_counts
from mtmc.ground.tracks import GroundTracks
from mtmc.sequences import GroundTruth, WorldTruth

BOX = np.array([10.0, 20.0, 30.0, 80.0])


def tracks_at(positions, ids, boxes=None, cameras=2):
    positions = np.asarray(positions, dtype=float).reshape(-1, 2)
    boxes = np.full((len(ids), cameras, 4), np.nan) if boxes is None else boxes
    members = np.full((len(ids), cameras), -1)
    return GroundTracks(np.array(ids, dtype=int), positions, np.zeros_like(positions), members, boxes)


def world_truth(frames, people=1):
    rows = np.repeat(np.arange(frames), people)
    ids = np.tile(np.arange(1, people + 1), frames)
    return WorldTruth(rows, ids, np.column_stack([rows.astype(float), 10.0 * ids]))


@pytest.mark.parametrize(
    ("off", "radius", "mota", "idf1"),
    [(0.0, 1.0, 1.0, 1.0), (0.9, 1.0, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0), (1.1, 1.0, -1.0, 0.0), (0.9, 0.5, -1.0, 0.0)],
    ids=["exact", "near", "at the radius", "too far", "a smaller radius"],
)
def test_a_track_counts_within_the_radius(off, radius, mota, idf1):
    tracks = [tracks_at([[frame, 10.0 + off]], [7]) for frame in range(4)]
    ratios = world_counts(world_truth(4), tracks, radius).ratios()
    assert (ratios["mota"], ratios["idf1"]) == (mota, idf1)


def test_hota_on_the_ground_falls_off_to_one_half_at_the_radius():
    tracks = [tracks_at([[frame, 10.0 + 0.5]], [7]) for frame in range(4)]
    ratios = [world_counts(world_truth(4), tracks, radius).ratios() for radius in (1.0, 0.5, 0.2)]
    assert [each["deta"] for each in ratios] == pytest.approx([15 / 19, 10 / 19, 0])
    assert ratios[0]["loca"] == pytest.approx((15 * 0.75 + 4) / 19) and ratios[2]["loca"] is None


def test_a_changed_id_is_one_switch_and_halves_the_identity():
    tracks = [tracks_at([[frame, 10.0]], [1 if frame < 5 else 2]) for frame in range(10)]
    counts = world_counts(world_truth(10), tracks, 1.0)
    assert (counts.id_switches, counts.fp, counts.fn) == (1, 0, 0)
    assert counts.ratios()["mota"] == 0.9 and counts.ratios()["idf1"] == 0.5


def test_somebody_reported_where_nobody_is_is_false_also_in_an_empty_frame():
    tracks = [tracks_at([[0.0, 10.0]], [1]), tracks_at([[1.0, 10.0]], [1]), tracks_at([[2.0, 10.0]], [1])]
    counts = world_counts(world_truth(2), tracks, 1.0)
    assert (counts.objects, counts.fp, counts.matches) == (2, 1, 2)


def image_truth(frames, ids=1):
    count = len(frames)
    ids = np.broadcast_to(ids, count)
    return GroundTruth(np.array(frames), ids, np.tile(BOX, (count, 1)), np.ones(count, bool), np.ones(count, int), np.ones(count))


def test_an_identity_that_differs_between_cameras_counts_over_all_of_them_only():
    frames = list(range(10))
    tracks = []
    for _ in frames:
        boxes = np.full((2, 2, 4), np.nan)
        boxes[0, 0], boxes[1, 1] = BOX, BOX + 1
        tracks.append(tracks_at([[0, 0], [5, 5]], [1, 2], boxes))
    together, by_camera = image_counts([image_truth(frames), image_truth(frames)], tracks)
    assert [counts.ratios()["idf1"] for counts in by_camera] == [1.0, 1.0]
    assert together.ratios()["idf1"] == 0.5 and together.id_switches == 1 and together.matches == 20


def test_only_truth_that_is_to_be_scored_and_boxes_that_are_shown_count():
    truth = image_truth([0, 1, 2])
    truth.considered[1] = False
    boxes = np.tile(BOX, (1, 1, 1))
    tracks = [tracks_at([[0, 0]], [1], boxes, 1), tracks_at([[0, 0]], [1], None, 1), tracks_at([[0, 0]], [1], boxes + 100, 1)]
    together, _ = image_counts([truth], tracks)
    assert (together.objects, together.matches, together.fn, together.fp) == (2, 1, 1, 1)
