import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scores.world import image_counts, world_counts
from mtmc.calibration import Camera, HomographyCamera
from mtmc.ground.observations import observe
from mtmc.ground.thresholds import GroundThresholds
from mtmc.ground.tracker import GroundTracker
from mtmc.sequences import open_recording
from mtmc.simulation.bodies import card_boxes
from trackers import Detections

SIZE = (640, 480)
CORNERS = [(-4, -4), (4, 4), (-4, 4), (4, -4)]


def corner_cameras(count=2):
    return [Camera.look_at((x, y, 3.0), (0, 0, 0.8), 400, SIZE, (0, 0, 0, 0)) for x, y in CORNERS[:count]]


def boxes_of(camera, people, height=1.7):
    """Boxes `(N, 4)` of upright people at `people` `(N, 2)`."""
    people = np.asarray(people, dtype=float).reshape(-1, 2)
    return card_boxes(camera, people, np.full(len(people), height), np.full(len(people), 0.4))


def detections(boxes, embeddings=None):
    return Detections(boxes, np.ones(len(boxes)), embeddings)


def follow(cameras, frames, unseen=(), rate=10, embeddings=None, area=None, **settings):
    """Tracks of every frame. `frames` hold people `(N, 2)`; `unseen` (frame, camera, person) are not detected."""
    tracker = GroundTracker(cameras, area, GroundThresholds(**settings))
    missing = set(unseen)
    out = []
    for number, people in enumerate(frames):
        found = []
        for index, camera in enumerate(cameras):
            rows = [person for person in range(len(people)) if (number, index, person) not in missing]
            boxes = boxes_of(camera, people)[rows]
            found.append(detections(boxes, None if embeddings is None else embeddings[rows]))
        out.append(tracker.update(observe(cameras, found), number / rate))
    return out


def path(start, step, count):
    return [np.asarray(start, dtype=float) + i * np.asarray(step) for i in range(count)]


def test_one_person_in_two_views_is_one_person_where_he_stands():
    tracks = follow(corner_cameras(), [[p] for p in path((-1, 0), (0.1, 0.02), 20)])
    assert tracks[-1].ids.tolist() == [1]
    np.testing.assert_allclose(tracks[-1].positions, [[0.9, 0.38]], atol=0.05)
    np.testing.assert_allclose(tracks[-1].velocities, [[1.0, 0.2]], atol=0.2)
    np.testing.assert_array_equal(tracks[-1].members, [[0, 0]])


def test_three_views_that_agree_make_a_person_at_once():
    assert follow(corner_cameras(3), [[(0.3, 0.4)]])[0].ids.tolist() == [1]


def test_people_who_cross_keep_their_ids():
    frames = [[a, b] for a, b in zip(path((-1.5, 0.3), (0.1, 0), 30), path((1.5, -0.3), (-0.1, 0), 30), strict=True)]
    tracks = follow(corner_cameras(4), frames)
    for track, truth in zip(tracks[5:], frames[5:], strict=True):
        assert track.ids.tolist() == [1, 2]
        first = np.linalg.norm(track.positions[0] - np.array(truth), axis=1).argmin()
        assert first == np.linalg.norm(tracks[5].positions[0] - np.array(frames[5]), axis=1).argmin()


def test_embeddings_tell_apart_people_who_meet():
    """They walk up to each other and back: by motion alone it looks as if they had passed."""
    gap = np.concatenate([np.linspace(1.0, 0.1, 10), np.linspace(0.1, 1.0, 10)])
    frames = [[(-g, 0.0), (g, 0.0)] for g in gap]
    looks = np.eye(2, dtype=np.float32)
    tracks = follow(corner_cameras(4), frames, embeddings=looks)
    left = [track.ids[track.positions[:, 0].argmin()] for track in (tracks[5], tracks[-1])]
    assert left[0] == left[1]


def test_embeddings_may_come_late_or_be_missing_now_and_then():
    cameras, tracker = corner_cameras(3), GroundTracker(corner_cameras(3))
    for number in range(12):
        people = [(-0.8, 0.0), (0.8, 0.1), (0.0, -1.0)][: 2 + (number > 6)]
        looks = np.eye(3, dtype=np.float32)[: len(people)] if number in (2, 3, 9) else None
        found = [detections(boxes_of(camera, people), looks) for camera in cameras]
        tracks = tracker.update(observe(cameras, found), number / 10)
    assert tracks.ids.tolist() == [1, 2, 3]


def test_someone_hidden_from_all_cameras_keeps_his_id():
    """Both cameras stand on one side, and somebody stops for three seconds between them and the person."""
    cameras = [Camera.look_at((x, -5, 1.6), (0, 0, 0.8), 400, SIZE, (0, 0, 0, 0)) for x in (-0.3, 0.3)]
    across = np.concatenate([np.linspace(-2, 0, 20), np.zeros(30), np.linspace(0, 2, 20)])
    frames = [[(0.0, 1.0), (x, -0.5)] for x in across]
    hidden = [(frame, camera, 0) for frame in np.flatnonzero(np.abs(across) < 0.2) for camera in (0, 1)]
    tracks = follow(cameras, frames, hidden)
    waiting = [track.ids[np.linalg.norm(track.positions - (0, 1), axis=1).argmin()] for track in (tracks[10], tracks[-1])]
    assert waiting[0] == waiting[1] and tracks[40].ids.tolist() == tracks[-1].ids.tolist() == [1, 2]


def test_someone_who_should_be_seen_and_is_not_is_gone():
    frames = [[(0.5, 0.0)]] * 15 + [[]] * 15
    tracks = follow(corner_cameras(), frames)
    assert len(tracks[14]) == 1 and len(tracks[-1]) == 0


def test_a_box_in_one_view_that_the_others_should_confirm_makes_nobody():
    frames = [[(-1.0, 0.5), (1.2, -0.6)]] * 30
    only_first = [(frame, camera, 1) for frame in range(30) for camera in (1, 2)]
    tracks = follow(corner_cameras(3), frames, only_first)
    assert all(len(track) <= 1 for track in tracks) and len(tracks[-1]) == 1


def test_someone_only_one_camera_can_see_becomes_a_person_if_he_stays():
    cameras = [corner_cameras()[0], Camera.look_at((20, 20, 3), (30, 30, 0), 400, SIZE, (0, 0, 0, 0))]
    tracks = follow(cameras, [[(0.0, 0.0)]] * 15, [(frame, 1, 0) for frame in range(15)])
    assert len(tracks[0]) == 0 and tracks[-1].ids.tolist() == [1]


def test_a_camera_gives_a_person_one_box_at_most_and_no_box_twice():
    random = np.random.default_rng(3)
    for track in follow(corner_cameras(4), [random.uniform(-1.5, 1.5, (8, 2)) for _ in range(15)]):
        for camera in track.members.T:
            used = camera[camera >= 0]
            assert len(used) == len(set(used.tolist()))


def test_cameras_that_disagree_are_reconciled():
    """Homographies off by half a metre in different directions, as published ones are."""
    true, offsets = corner_cameras(3), [(0.35, 0.2), (-0.3, 0.3), (0.0, -0.4)]
    cameras = []
    for camera, (x, y) in zip(true, offsets, strict=True):
        projection = camera.matrix @ camera.world_to_camera[:3]
        shift = np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
        cameras.append(HomographyCamera(shift @ np.linalg.inv(projection[:, [0, 1, 3]]), SIZE, "paces"))
    tracker = GroundTracker(cameras)
    angle = np.linspace(0, 5 * np.pi, 160)
    everyone = np.stack([np.cos(angle), np.sin(angle), -np.cos(angle), 1.2 * np.sin(angle + 0.4)], axis=1).reshape(-1, 2, 2)
    for number, people in enumerate(everyone):
        found = [detections(boxes_of(camera, people)) for camera in true]
        tracks = tracker.update(observe(cameras, found), number / 10)
    assert tracks.ids.tolist() == [1, 2] and (tracks.members >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(tracks.positions[:, None] - everyone[-1], axis=2).min(axis=1), 0, atol=0.15)


def test_a_missed_box_is_filled_in_where_the_person_is():
    cameras = corner_cameras()
    people = [[p] for p in path((-1, 0), (0.1, 0.0), 20)]
    track = follow(cameras, people, [(19, 0, 0)])[-1]
    np.testing.assert_array_equal(track.members, [[-1, 0]])
    np.testing.assert_allclose(track.boxes[0, 0], boxes_of(cameras[0], people[-1])[0], atol=12)
    np.testing.assert_array_equal(track.boxes[0, 1], boxes_of(cameras[1], people[-1])[0])


def test_the_area_is_where_people_are_reported():
    frames = [[p] for p in path((-1.0, 0), (0.1, 0), 20)]
    tracks = follow(corner_cameras(), frames, area=(0.0, -2.0, 2.0, 2.0))
    assert [len(track) for track in tracks[:9]] == [0] * 9 and len(tracks[-1]) == 1


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_neither_the_order_of_cameras_nor_of_detections_matters(seed):
    random = np.random.default_rng(seed)
    cameras, people = corner_cameras(4), random.uniform(-1.5, 1.5, (4, 2))
    order = random.permutation(4)
    forward, shuffled = GroundTracker(cameras), GroundTracker([cameras[i] for i in order])
    for number in range(6):
        people = people + random.normal(0, 0.05, people.shape)
        boxes = [boxes_of(camera, people) + random.normal(0, 1, (4, 4)) for camera in cameras]
        mixed = random.permutation(4)
        one = forward.update(observe(cameras, [detections(b) for b in boxes]), number / 10)
        other = shuffled.update(observe([cameras[i] for i in order], [detections(boxes[i][mixed]) for i in order]), number / 10)
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_allclose(one.positions, other.positions, atol=1e-6)
        back = np.append(mixed, -1)[other.members][:, np.argsort(order)]
        np.testing.assert_array_equal(one.members, back)


def test_what_is_stored_does_not_grow_with_time():
    random = np.random.default_rng(0)
    cameras = corner_cameras(3)
    tracker, sizes, people = GroundTracker(cameras), [], random.uniform(-1.5, 1.5, (3, 2))
    for number in range(300):
        if number % 20 == 0:
            people[number // 20 % 3] = random.uniform(-1.5, 1.5, 2)
        boxes = [boxes_of(camera, people) for camera in cameras]
        looks = np.eye(3, dtype=np.float32)
        tracker.update(observe(cameras, [detections(b, looks) for b in boxes]), number / 5)
        sizes.append(len(pickle.dumps(tracker)))
    assert max(sizes[150:]) <= max(sizes[:150]) * 1.1


def test_reset_forgets_everything():
    tracker = GroundTracker(corner_cameras(3))
    found = [detections(boxes_of(camera, [(0.2, 0.1)])) for camera in tracker.cameras]
    first = tracker.update(observe(tracker.cameras, found), 7.0)
    tracker.reset()
    again = tracker.update(observe(tracker.cameras, found), 3.0)
    assert first.ids.tolist() == again.ids.tolist() == [1]
    np.testing.assert_array_equal(first.positions, again.positions)


def test_time_goes_on():
    tracker = GroundTracker(corner_cameras())
    nobody = observe(tracker.cameras, [detections(np.empty((0, 4)))] * 2)
    assert len(tracker.update(nobody, 1.0)) == 0
    with pytest.raises(ValueError, match="time"):
        tracker.update(nobody, 1.0)


# Real recordings, where they are


def follow_sequence(sequence, length):
    cameras = sequence.cameras
    tracker = GroundTracker(cameras, area=sequence.area)
    return [tracker.update(observe(cameras, sequence.at(frame)), frame / sequence.frame_rate) for frame in range(length)]


@pytest.mark.parametrize(("boxes", "least"), [("fairmot", 0.995), ("fasterrcnn", 0.97)])
def test_the_three_people_of_cmc_are_followed_without_a_mistake_to_speak_of(real_data, boxes, least):
    sequence = open_recording(real_data / "mtmc" / "CMC1", detections=boxes)
    tracks = follow_sequence(sequence, sequence.length)
    ratios = world_counts(sequence.world_truth, tracks, 0.5).ratios()
    assert ratios["mota"] >= least and ratios["idf1"] >= least


def test_epfls_first_two_people_keep_one_identity_in_all_cameras(real_data):
    sequence = open_recording(real_data / "mtmc" / "EPFL-Laboratory")
    length = 500
    together, _ = image_counts(sequence.ground_truths, follow_sequence(sequence, length))
    assert together.ratios()["idf1"] >= 0.95
