"""The motion of the camera, and trackers that allow for it."""

import cv2
import numpy as np
import pytest

import trackers
from trackers import Detections
from trackers.camera_motion import STILL, camera_motion

NOBODY = np.zeros((0, 4))
HEIGHT, WIDTH = 270, 480
CORNERS = np.array([[0.0, 0, 1], [WIDTH, 0, 1], [0, HEIGHT, 1], [WIDTH, HEIGHT, 1]])


@pytest.fixture(scope="module")
def wall():
    """A wall with a pattern of every size, larger than the picture of it."""
    random, pattern = np.random.default_rng(0), np.zeros((600, 900), np.float32)
    for size in (3, 9, 27):
        pattern += cv2.GaussianBlur(random.normal(0, size, pattern.shape).astype(np.float32), (0, 0), size)
    spread = (pattern - pattern.min()) / (pattern.max() - pattern.min())
    return np.repeat((255 * spread).astype(np.uint8)[..., None], 3, axis=2)


def _picture(wall, affine):
    """The wall as a camera sees it after the motion `affine` from where its pixel (0, 0) was that at (200, 150) of the wall."""
    there = np.array(affine, dtype=np.float64) @ np.vstack([[1, 0, -200], [0, 1, -150], [0, 0, 1]])
    return cv2.warpAffine(wall, there, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def _turned(degrees, scale, shift):
    affine = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, scale)
    affine[:, 2] += shift
    return affine


def _error(found, affine):
    """How many pixels the corners of the picture are off, at most."""
    return np.abs(CORNERS @ (found - affine).T).max()


@pytest.mark.parametrize(
    ("kind", "affine"),
    [
        pytest.param("flow", [[1, 0, 6], [0, 1, -4]], id="flow, shift"),
        pytest.param("flow", _turned(1.5, 1.02, (5, 3)), id="flow, shift, turn and scale"),
        pytest.param("ecc", [[1, 0, 6], [0, 1, -4]], id="ecc, shift"),
        pytest.param("ecc", _turned(1.5, 1, (5, 3)), id="ecc, shift and turn"),
    ],
)
def test_the_motion_of_a_picture_is_found(wall, kind, affine):
    motion = camera_motion(kind)
    assert motion(_picture(wall, np.eye(2, 3)), NOBODY) is STILL
    found = motion(_picture(wall, affine), NOBODY)
    assert _error(found, affine) < 1
    assert _error(np.eye(2, 3), affine) > 5


@pytest.mark.parametrize("kind", ["flow", "ecc"])
def test_a_large_picture_is_reduced_and_its_motion_told_in_its_own_pixels(wall, kind):
    motion, affine = camera_motion(kind), np.array([[1.0, 0, 6], [0, 1, -4]])
    for each in (np.eye(2, 3), affine):
        found = motion(cv2.resize(_picture(wall, each), None, fx=3, fy=3), NOBODY)
    assert _error(found, affine * [1, 1, 3]) < 2


@pytest.mark.parametrize("kind", ["flow", "ecc"])
@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([np.full((90, 160, 3), 80, np.uint8)] * 2, id="a bare wall"),
        pytest.param([np.zeros((90, 160, 3), np.uint8), np.zeros((60, 80, 3), np.uint8)], id="another size"),
    ],
)
def test_where_the_motion_cannot_be_told_the_camera_counts_as_still(kind, frames):
    motion = camera_motion(kind)
    assert [motion(frame, NOBODY) is STILL for frame in frames] == [True, True]


def test_people_who_fill_the_picture_tell_nothing_of_the_camera(wall):
    motion, everywhere = camera_motion("flow"), np.array([[-10.0, -10, WIDTH + 10, HEIGHT + 10]])
    assert [motion(_picture(wall, [[1, 0, 6 * k], [0, 1, 0]]), everywhere) is STILL for k in range(3)] == [True] * 3


@pytest.mark.parametrize("kind", ["flow", "ecc"])
def test_people_who_walk_are_not_mistaken_for_a_motion_of_the_camera(wall, kind):
    motion, boxes = camera_motion(kind), np.array([[60.0, 20, 420, 250]])
    still, walking = _picture(wall, np.eye(2, 3)), _picture(wall, [[1, 0, 7], [0, 1, 0]])
    motion(still, boxes)
    scene = still.copy()
    scene[20:250, 60:420] = walking[20:250, 60:420]
    assert _error(motion(scene, boxes), np.eye(2, 3)) < 1


def test_a_camera_that_stands_needs_no_picture_and_others_ask_for_it():
    assert camera_motion("none")(None, NOBODY) is STILL
    for kind in ("flow", "ecc"):
        with pytest.raises(ValueError, match=r"give update\(\) the frame, or set camera_motion to none"):
            camera_motion(kind)(None, NOBODY)


WITH_CAMERA = [name for name in trackers.available() if "camera_motion" in trackers.thresholds(name)]


@pytest.mark.parametrize("name", WITH_CAMERA)
def test_a_tracker_reads_the_picture_unless_the_camera_stands(name):
    tracker, one = trackers.build(name), Detections([[0, 0, 20, 50]], [0.9])
    assert tracker.needs_image and not trackers.build(name, camera_motion="none").needs_image
    with pytest.raises(ValueError, match="give update"):
        tracker.update(one)


@pytest.mark.parametrize("name", WITH_CAMERA)
@pytest.mark.parametrize("kind", ["flow", "ecc"])
def test_a_camera_that_swings_keeps_the_ids_with_compensation_and_loses_them_without(wall, name, kind):
    """Three people stand in a row, less than their width apart; after some frames the camera swings by half that distance a
    frame, back and forth, so that no velocity foretells it."""
    people = np.array([[100.0, 100, 116, 160], [124.0, 100, 140, 160], [148.0, 100, 164, 160]])
    swings = [0] * 5 + [0, 14, -14, 14, -14] * 3
    assert [_ids(trackers.build(name, camera_motion=each), wall, people, swings) for each in (kind, "none")] == [[1, 2, 3], None]


def _ids(tracker, wall, people, swings):
    """The ids, in the order of the people, if they are the same in each frame after the fifth, else None."""
    seen = set()
    for number, swing in enumerate(swings):
        tracks = tracker.update(
            Detections(people + np.array([swing, 0, swing, 0]), [0.9] * 3), _picture(wall, [[1, 0, swing], [0, 1, 0]])
        )
        if number >= 5:
            seen.add(tuple(tracks.ids[np.argsort(tracks.detection_index)].tolist()))
    return list(*seen) if len(seen) == 1 else None


@pytest.mark.parametrize("name", WITH_CAMERA)
def test_reset_forgets_the_last_picture(wall, name):
    tracker = trackers.build(name)
    one = Detections([[100, 100, 116, 160]], [0.9])
    first = [tracker.update(one, _picture(wall, [[1, 0, 3 * k], [0, 1, 0]])).boxes for k in range(4)]
    tracker.reset()
    again = [tracker.update(one, _picture(wall, [[1, 0, 3 * k], [0, 1, 0]])).boxes for k in range(4)]
    for before, after in zip(first, again, strict=True):
        np.testing.assert_array_equal(before, after)
