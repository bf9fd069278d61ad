import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmc.calibration import Camera, HomographyCamera
from mtmc.ground.observations import observe
from trackers import Detections

SIZE = (640, 480)


def pinhole(distortion=(-0.2, 0.05, 0.001, -0.001), reach=np.inf):
    camera = Camera.look_at((-3, -3, 2.8), (0.5, 0.2, 0.5), 520, SIZE, distortion)
    return Camera(camera.matrix, camera.distortion, camera.world_to_camera, SIZE, reach)


def homography(unit="m"):
    camera = pinhole((0, 0, 0, 0))
    projection = camera.matrix @ camera.world_to_camera[:3]
    return HomographyCamera(np.linalg.inv(projection[:, [0, 1, 3]]), SIZE, unit)


def projection():
    camera = pinhole((0, 0, 0, 0))
    return -3.7 * camera.matrix @ camera.world_to_camera[:3]


CAMERAS = {"pinhole": pinhole(), "projection": Camera.from_projection(projection(), SIZE), "homography": homography()}
every_camera = pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)


def test_a_bare_projection_is_the_camera_it_came_from_whatever_its_sign_and_scale():
    found, true = CAMERAS["projection"], pinhole((0, 0, 0, 0))
    np.testing.assert_allclose(found.matrix, true.matrix, atol=1e-9)
    np.testing.assert_allclose(found.world_to_camera, true.world_to_camera, atol=1e-12)


def test_a_projection_without_a_finite_centre_is_refused():
    with pytest.raises(ValueError, match="singular"):
        Camera.from_projection(np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]), SIZE)


@every_camera
@settings(deadline=None, max_examples=50)
@given(x=st.floats(-1, 2), y=st.floats(-1, 2))
def test_ground_points_in_view_return_from_the_image_unchanged(camera, x, y):
    pixel = camera.to_image(np.array([[x, y]]))
    np.testing.assert_allclose(camera.to_ground(pixel), [[x, y]], atol=1e-6)


def test_homography_and_pinhole_agree_where_the_lens_does_not_distort():
    pixels = np.random.default_rng(0).uniform((0, 0), SIZE, (200, 2))
    one, other = CAMERAS["homography"], CAMERAS["projection"]
    np.testing.assert_allclose(one.to_ground(pixels), other.to_ground(pixels), atol=1e-9)
    np.testing.assert_allclose(one.ground_covariance(pixels, 2.0), other.ground_covariance(pixels, 2.0), rtol=1e-9)
    ground = np.random.default_rng(1).uniform(-8, 8, (300, 2))
    np.testing.assert_array_equal(one.sees(ground), other.sees(ground))


@every_camera
def test_the_covariance_is_that_of_points_moved_in_the_image(camera):
    pixels, error = np.array([[100.0, 300.0], [320.0, 240.0], [600.0, 460.0]]), 0.5
    noise = np.random.default_rng(0).normal(0, error, (40000, 2))
    spread = [np.cov(camera.to_ground(pixel + noise), rowvar=False) for pixel in pixels]
    for found, expected in zip(camera.ground_covariance(pixels, error), spread, strict=True):
        np.testing.assert_allclose(found, expected, atol=0.03 * np.trace(expected))


@every_camera
def test_the_covariance_is_the_square_of_the_derivative(camera):
    pixels = np.random.default_rng(2).uniform((0, 250), SIZE, (50, 2))
    step = 1e-4
    slopes = np.stack([camera.to_ground(pixels + shift) - camera.to_ground(pixels - shift) for shift in step * np.eye(2)], -1)
    slopes /= 2 * step
    np.testing.assert_allclose(camera.ground_covariance(pixels, 3.0), 9 * slopes @ slopes.swapaxes(1, 2), rtol=1e-5, atol=1e-9)


@every_camera
def test_a_camera_sees_what_is_in_its_image_and_not_what_is_behind_it(camera):
    np.testing.assert_array_equal(camera.sees(np.array([[0.5, 0.2], [-6.0, -6.0], [30.0, -30.0]])), [True, False, False])
    assert np.isnan(camera.to_image(np.array([[-6.0, -6.0]]))).all()


def test_the_sky_has_no_ground():
    for camera in CAMERAS.values():
        assert np.isnan(camera.to_ground(np.array([[320.0, -400.0]]))).all()
        assert np.isnan(camera.ground_covariance(np.array([[320.0, -400.0]]), 1.0)).all()


def test_ground_beyond_reach_is_not_seen():
    ground = np.array([[0.0, 0.0], [2.0, 2.0]])
    assert pinhole().sees(ground).all()
    np.testing.assert_array_equal(pinhole(reach=5.0).sees(ground), [True, False])


def boxes_of(camera, people, heights, radius=0.16):
    """The boxes `(N, 4)` of people who are upright cylinders up to their shoulders, with the top of the head above."""
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    rim = np.tile(radius * np.stack([np.cos(turn), np.sin(turn)], axis=1), (2, 1))
    boxes = []
    for person, height in zip(people, heights, strict=True):
        levels = np.repeat([0, 0.82 * height], len(turn))
        pixels = camera.project(np.vstack([np.column_stack([person + rim, levels]), [*person, height]]))
        boxes.append([*pixels.min(axis=0), *pixels.max(axis=0)])
    return np.array(boxes)


@pytest.mark.parametrize("lens", [(0.0, 0.0, 0.0, 0.0), (-0.12, 0.02, 0.0, 0.0)])
def test_people_stand_where_their_boxes_say_also_where_they_lean_outwards_at_the_side_of_the_view(lens):
    camera = Camera.look_at((0.0, 0.0, 2.8), (3.5, 0.0, 0.6), 330.0, SIZE, lens)
    people = np.array([[x, y] for x in (2.5, 3.5, 5.0) for y in (-2.0, -1.0, 0.0, 1.0, 2.0)])
    heights = np.linspace(1.55, 1.95, len(people))
    boxes = boxes_of(camera, people, heights)
    ground, _, found = camera.locate(boxes, 1.0)
    assert np.linalg.norm(ground - people, axis=1).max() < 0.08
    np.testing.assert_allclose(found, heights, atol=0.06)
    below = camera.to_ground(np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]]))
    assert np.linalg.norm(below - people, axis=1).max() > 0.25  # the middle of the lower edge alone is far off


def test_a_rolled_camera_and_a_level_one_place_a_person_alike():
    level = Camera.look_at((0.0, 0.0, 1.6), (5.0, 0.0, 1.6), 600.0, (1280, 720))
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]]
    rolled = Camera(level.matrix, level.distortion, turn @ level.world_to_camera, level.image_size)
    people, heights = np.array([[4.0, -1.0], [5.0, 1.5]]), np.array([1.7, 1.8])
    for camera in (level, rolled):
        ground, _, _ = camera.locate(boxes_of(camera, people, heights), 1.0)
        assert np.linalg.norm(ground - people, axis=1).max() < 0.12


def test_a_box_that_no_upright_person_can_have_is_placed_by_its_lower_edge():
    camera = Camera.look_at((0.0, 0.0, 2.8), (5.0, 0.0, 0.8), 600.0, (1280, 720))
    boxes = np.array([[100.0, 700.0, 140.0, 700.0], [900.0, 300.0, 904.0, 719.0]])
    ground, _, _ = camera.locate(boxes, 1.0)
    below = camera.to_ground(np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]]))
    assert np.linalg.norm(ground - below, axis=1).max() < 0.2


def test_the_error_of_a_position_is_that_of_the_feet():
    camera = pinhole()
    box = np.array([[300.0, 150.0, 340.0, 300.0]])
    _, covariances, _ = camera.locate(box, 2.0)
    assert np.isfinite(covariances).all()
    np.testing.assert_allclose(covariances, 4 * camera.locate(box, 1.0)[1])


def test_a_homography_admits_that_it_knows_no_heights():
    ground, _, heights = homography().locate(np.tile([280.0, 100.0, 320.0, 300.0], (2, 1)), 1.0)
    assert not homography().has_height and np.isnan(heights).all()
    np.testing.assert_array_equal(ground, homography().to_ground(np.full((2, 2), 300.0)))
    with pytest.raises(ValueError, match="above the ground"):
        homography().project(np.zeros((1, 3)))


def test_only_metres_are_metric():
    assert homography().metric and pinhole().metric and not homography("top-view pixels").metric


@pytest.mark.parametrize("bad", [np.zeros((3, 3)), np.eye(2), np.diag([1.0, np.nan, 1.0])], ids=["zero", "shape", "nan"])
def test_a_homography_that_maps_nothing_is_refused(bad):
    with pytest.raises(ValueError, match="homography"):
        HomographyCamera(bad)


def test_all_cameras_observe_people_where_they_stand():
    people, heights = np.array([[0.5, 0.2], [1.0, -1.0]]), np.array([1.7, 1.8])
    cameras = [CAMERAS["projection"], Camera.look_at((4, 3, 2.5), (0, 0, 0.5), 480, SIZE), homography()]
    found = [boxes_of(camera, people, heights) for camera in cameras[:2]]
    feet = cameras[2].to_image(people[::-1])
    found.append(np.column_stack([feet[:, 0] - 20, feet[:, 1] - 150, feet[:, 0] + 20, feet[:, 1]]))
    embeddings = np.eye(6, dtype=np.float32)
    detections = [Detections(boxes, [0.9, 0.8], embeddings[2 * i : 2 * i + 2]) for i, boxes in enumerate(found)]
    seen = observe(cameras, detections, 0.01)
    np.testing.assert_array_equal(seen.camera, [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(seen.index, [0, 1, 0, 1, 0, 1])
    np.testing.assert_allclose(seen.ground[:4], np.vstack([people, people]), atol=0.03)
    np.testing.assert_allclose(seen.ground[4:], people[::-1], atol=1e-6)
    np.testing.assert_allclose(seen.heights[:4], np.tile(heights, 2), atol=0.05)
    assert np.isnan(seen.heights[4:]).all()
    np.testing.assert_array_equal(seen.embeddings, embeddings)
    height = found[1][:, 3] - found[1][:, 1]
    np.testing.assert_allclose(seen.covariances[2:4], (0.01 * height[:, None, None]) ** 2 * cameras[1].locate(found[1], 1.0)[1])


def test_boxes_whose_feet_are_above_the_horizon_are_dropped_and_the_others_keep_their_index():
    boxes = np.array([[300.0, -600, 340, -400], [300, 100, 340, 400]])
    seen = observe([pinhole()], [Detections(boxes, [0.5, 0.6])])
    np.testing.assert_array_equal(seen.index, [1])
    np.testing.assert_array_equal(seen.scores, [0.6])
    assert seen.embeddings is None


def test_nobody_is_observed_in_empty_images_or_without_cameras():
    nothing = Detections(np.empty((0, 4)), np.empty(0))
    for cameras in ([], [pinhole()], [pinhole(), homography()]):
        seen = observe(cameras, [nothing] * len(cameras))
        assert len(seen) == 0 and seen.ground.shape == (0, 2) and seen.covariances.shape == (0, 2, 2)


def test_lists_that_do_not_belong_together_are_refused():
    one = Detections([[0, 0, 10, 400]], [1.0])
    with pytest.raises(ValueError, match="one entry per camera: 1, not 0"):
        observe([pinhole()], [])
    with pytest.raises(ValueError, match="embeddings"):
        observe([pinhole(), pinhole()], [one, one.with_embeddings([[1.0, 0.0]])])
