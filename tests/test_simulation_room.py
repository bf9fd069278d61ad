import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views import view

from mtmc.calibration import Camera
from mtmc.simulation import CropPeople, Scene, SimulatedDetector, Visit, World, room, rooms
from mtmc.simulation.backdrop import Place
from mtmc.simulation.filming import film
from mtmc.simulation.room import FURNISHING, VISITS
from mtmc.simulation.survey import survey
from reid.footage.crops import crop
from trackers.boxes import iou

SIZE = (320, 240)
CAMERA = Camera.look_at((0.1, 0.1, 2.7), (2.5, 3.0, 0.8), 165.0, SIZE)
PLACE = Place(extent=(0, 0, 5, 6), **FURNISHING)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Nine identities, two cameras, three crops each, in a colour of their own."""
    path = tmp_path_factory.mktemp("people")
    (path / "bounding_box_test").mkdir()
    for identity in range(1, 10):
        for camera in (1, 2):
            for number in range(3):
                picture = np.full((64, 32, 3), (25 * identity, 100 * camera, 80 * number), np.uint8)
                cv2.imwrite(str(path / "bounding_box_test" / f"{identity:04d}_c{camera}s1_{number:06d}_00.png"), picture)
    return path


@pytest.fixture(scope="module")
def recording(folder):
    return room(seed=3, people=folder, persons=9)


@pytest.fixture(scope="module")
def figures():
    return room(seed=2, persons=8)


@pytest.fixture(scope="module")
def apart(folder):
    return rooms(seed=1, people=folder, persons=6)


def standing(*positions):
    return World(0, [Visit(i, 0, np.array([0.0, 9.0]), np.array([0.5, 0.5]), np.array([[x - 0.5, y], [x + 0.5, y]]))
                     for i, (x, y) in enumerate(positions)])  # fmt: skip


def test_seven_people_at_most_are_in_the_room_and_each_comes_three_times(recording):
    truth = recording.world_truth
    assert np.bincount(truth.frames).max() == 7
    for person in range(1, 10):
        frames = truth.frames[truth.ids == person]
        assert (np.diff(frames) > recording.frame_rate).sum() == VISITS - 1


def test_everyone_walks_inside_the_room(recording):
    assert (recording.world_truth.positions >= 0.1).all() and (recording.world_truth.positions <= (4.9, 5.9)).all()


def test_the_survey_tells_what_the_scene_itself_observes(recording):
    for each in recording.views:
        name, footage, truth = each.name, each.images, each.ground_truth
        for frame in (0, 301, 700):
            rows = truth.frames == frame
            seen = footage.scene.observe(name, frame / recording.frame_rate)
            np.testing.assert_array_equal(truth.ids[rows], seen.ids)
            np.testing.assert_allclose(truth.boxes[rows], seen.boxes, atol=1e-6)
            np.testing.assert_allclose(truth.visibility[rows], seen.visibility, atol=0.1)


def test_who_stands_behind_somebody_is_hidden_and_the_one_in_front_is_not(folder):
    sight = np.array([2.4, 2.9]) / np.hypot(2.4, 2.9)
    near, far = np.array([0.1, 0.1]) + 2.5 * sight, np.array([0.1, 0.1]) + 3.0 * sight
    people = CropPeople(folder, 2, 1)
    moments, truth = survey(standing(near, far), CAMERA, 0, np.array([1.0]), people.boxes)
    assert moments.tolist() == [0, 0] and truth.visibility[0] > 0.9 and truth.visibility[1] < 0.4


def test_detections_are_the_visible_people_with_errors_and_some_clutter(recording):
    for each in recording.views:
        detections, truth = each.detections, each.ground_truth
        hits, boxes, people = 0, 0, 0
        for frame in range(0, recording.length, 10):
            plain = truth.boxes[(truth.frames == frame) & (truth.visibility > 0.7)]
            overlap = iou(plain, detections[frame].boxes)
            hits += (overlap.max(axis=1, initial=0) > 0.6).sum()
            people += len(plain)
            everyone = iou(detections[frame].boxes, truth.boxes[truth.frames == frame])
            boxes += (everyone.max(axis=1, initial=0) < 0.3).sum()
        assert 0.85 < hits / people < 0.99
        assert 0.1 < boxes / (recording.length / 10) < 0.8


@settings(max_examples=60, deadline=None)
@given(
    frame=st.sampled_from([60, 200, 310]),
    people=st.booleans(),
    where=st.lists(st.tuples(*[st.floats(-40, 360), st.floats(-40, 260)], *[st.floats(0.1, 90)] * 2), min_size=1, max_size=4),
)
def test_a_drawn_crop_is_the_one_cut_from_the_whole_picture(recording, figures, frame, people, where):
    footage = view(recording if people else figures, "c2").images
    width, height = footage.size
    boxes = np.array([[left, top, left + wide, top + high] for left, top, wide, high in where])
    boxes = boxes[(boxes[:, 2:] > 0).all(axis=1) & (boxes[:, :2] < (width, height)).all(axis=1)]
    boxes = np.concatenate([boxes, view(recording, "c2").detections[frame].boxes, [[5.5, 5.5, 25.5, 45.5], [60, 20, 80, 60]]])
    image, _ = footage.scene.render("c2", frame / footage.frame_rate)
    for drawn, cut in zip(footage.crops(frame, boxes), crop(image, boxes), strict=True):
        np.testing.assert_array_equal(drawn, cut)


def test_a_clutter_box_shows_the_empty_place(recording):
    footage, wall = view(recording, "c2").images, np.array([[300.0, 5.0, 360.0, 60.0]])
    empty = footage.scene.render("c2", 1e4)[0][5:60, 300:360].astype(float)
    assert abs(footage.crops(100, wall)[0].astype(float).mean() - empty.mean()) < 1


def test_a_box_outside_the_picture_is_refused(recording):
    with pytest.raises(ValueError, match="no part"):
        view(recording, "c1").images.crops(0, np.array([[-50.0, 10.0, -10.0, 90.0]]))


def test_the_boxes_of_figures_hold_the_figures(figures):
    footage = view(figures, "c3").images
    overlaps = []
    for frame in (60, 160, 260):
        seen = footage.scene.observe("c3", frame / figures.frame_rate)
        rows = view(figures, "c3").ground_truth.frames == frame
        overlaps += np.diag(iou(seen.boxes, view(figures, "c3").ground_truth.boxes[rows])).tolist()
    assert np.mean(overlaps) > 0.7


def test_the_same_seed_gives_the_same_recording(folder, recording):
    again = room(3, folder, 9)
    for camera, detections in [(each.name, each.detections) for each in recording.views]:
        np.testing.assert_array_equal(view(again, camera).detections[50].boxes, detections[50].boxes)
    np.testing.assert_array_equal(again.world_truth.positions, recording.world_truth.positions)


def test_nobody_is_in_two_views_of_the_rooms_apart_at_once(apart):
    rows = np.concatenate([np.stack([t.frames, t.ids], axis=1) for t in apart.ground_truths])
    assert len(rows) == len(np.unique(rows, axis=0))


def test_everyone_passes_the_corridor_on_every_visit(apart):
    for name in ("west", "corridor", "east"):
        truth = view(apart, name).ground_truth
        for person in range(1, 7):
            frames = truth.frames[truth.ids == person]
            assert (np.diff(frames) > apart.frame_rate).sum() >= VISITS - 1


def test_the_world_truth_leaves_out_who_is_in_no_view(folder):
    people = CropPeople(folder, 2, 1)
    world = standing((2.5, 3.0), (0.2, 0.2))
    found = film("one", [Scene(world, PLACE, {"a": CAMERA}, people)], people.boxes, 15.0, 3, SimulatedDetector())
    assert set(found.world_truth.ids.tolist()) == {1}
    assert found.world_truth.frames.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.world_truth.positions, [[2.5, 3.0]] * 3)
