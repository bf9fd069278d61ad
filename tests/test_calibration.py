import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmc.calibration import Camera, HomographyCamera, load_cameras, save_cameras
from mtmc.calibration.opencv_file import read_opencv_camera
from mtmc.calibration.plausibility import check_camera
from reid.common.errors import InputError

SIZE = (640, 480)


def corner_camera(distortion=(-0.2, 0.05, 0.001, -0.001)):
    return Camera.look_at((-3, -3, 2.8), (0.5, 0.2, 0.5), 520, SIZE, distortion)


def test_the_target_of_look_at_is_seen_in_the_middle_and_up_is_up():
    camera = Camera.look_at((0, -5, 3), (0, 0, 1), 500, SIZE)
    middle, right, above = camera.project(np.array([[0, 0, 1], [1, 0, 1], [0, 0, 2]]))
    np.testing.assert_allclose(middle, [319.5, 239.5], atol=1e-9)
    assert right[0] > middle[0] and right[1] == pytest.approx(middle[1])
    assert above[1] < middle[1] and above[0] == pytest.approx(middle[0])
    np.testing.assert_allclose(camera.position, [0, -5, 3], atol=1e-12)


def test_a_known_point_lands_where_the_pinhole_equation_says():
    camera = Camera(np.diag([100.0, 100.0, 1.0]), np.zeros(4), np.eye(4), SIZE)
    np.testing.assert_allclose(camera.project(np.array([[1.0, 2.0, 4.0]])), [[25.0, 50.0]])


@settings(deadline=None)
@given(st.floats(0, 639), st.floats(0, 479), st.floats(-0.28, 0.2), st.floats(-0.003, 0.003))
def test_pixels_return_from_the_ground_unchanged(x, y, k1, p1):
    camera = Camera.look_at((-3, -3, 2.8), (0.5, 0.2, 0), 520, SIZE, (k1, 0.03, p1, -p1))
    ground = camera.to_ground(np.array([[x, y]]))
    if np.isfinite(ground).all():
        np.testing.assert_allclose(camera.project(np.append(ground, [[0.0]], axis=1)), [[x, y]], atol=1e-6)
    else:
        assert y < 240, "only pixels near or above the horizon have no ground"


@pytest.mark.parametrize("pixel", [(0, 479), (639, 479)])
def test_a_corner_that_no_ray_reaches_through_the_lens_has_no_ground(pixel):
    whole, turned = (Camera.look_at((-3, -3, 2.8), (0.5, 0.2, 0), 520, SIZE, (k1, 0.03, 0, 0)) for k1 in (-0.28, -0.32))
    assert np.isfinite(whole.to_ground(np.array([pixel]))).all()
    # The radial function of this lens ends at .73 of the focal length; the corner is at .77.
    assert np.isnan(turned.to_ground(np.array([pixel]))).all() and np.isfinite(turned.to_ground(np.array([(320, 479)]))).all()


@settings(deadline=None)
@given(st.floats(-2, 2), st.floats(-2, 2))
def test_two_cameras_agree_on_a_ground_position(x, y):
    point = np.array([[x, y, 0.0]])
    for camera in (corner_camera(), Camera.look_at((4, 3, 2.5), (0, 0, 0.5), 480, SIZE, (0.05, -0.01, 0, 0, 0.002))):
        pixels = camera.project(point)
        if np.isfinite(pixels).all():
            np.testing.assert_allclose(camera.to_ground(pixels), [[x, y]], atol=1e-6)


def test_points_behind_the_camera_and_rays_above_the_horizon_are_nan():
    camera = Camera.look_at((0, -5, 2), (0, 0, 2), 500, SIZE)
    assert np.isnan(camera.project(np.array([[0.0, -7.0, 1.0]]))).all()
    assert np.isnan(camera.to_ground(np.array([[320.0, 100.0]]))).all()
    assert np.isfinite(camera.to_ground(np.array([[320.0, 400.0]]))).all()


def test_a_point_far_outside_the_view_does_not_fold_back_into_the_image():
    camera = Camera.look_at((0, 0, 2), (0, 5, 2), 500, SIZE, (-0.3, 0.0, 0.0, 0.0))
    assert np.isnan(camera.project(np.array([[9.0, 5.0, 2.0]]))).all()
    assert np.isfinite(camera.project(np.array([[2.0, 5.0, 2.0]]))).all()


def test_no_points_give_no_pixels():
    assert corner_camera().project(np.zeros((0, 3))).shape == (0, 2)
    assert corner_camera().to_ground(np.zeros((0, 2))).shape == (0, 2)


def test_cameras_survive_their_yaml(tmp_path):
    cameras = {"west": corner_camera(), "east": Camera.look_at((3, 3, 3), (0, 0, 0), 500, SIZE)}
    save_cameras(tmp_path / "cameras.yaml", cameras)
    loaded = load_cameras(tmp_path / "cameras.yaml")
    assert list(loaded) == ["west", "east"]
    for name, camera in cameras.items():
        assert loaded[name].image_size == camera.image_size
        for field in ("matrix", "distortion", "world_to_camera"):
            np.testing.assert_array_equal(getattr(loaded[name], field), getattr(camera, field))


@pytest.mark.parametrize(
    "text",
    ["", "a: [1", "cam0: {width: 3}", "cam0: {width: 3, height: 2, K: [[1]], distortion: [0, 0, 0, 0], world_to_camera: [[1]]}"],
    ids=["empty", "not yaml", "keys missing", "wrong shapes"],
)
def test_a_bad_camera_file_is_told_by_name(tmp_path, text):
    path = tmp_path / "cameras.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"cameras\.yaml"):
        load_cameras(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {width: 3}", r"camera a: missing height, K, distortion, world_to_camera; a camera needs .*, or homography and unit"),
        ("a: {homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}", "camera a: missing unit; a camera needs"),
        ("a: [1, 2]", r"camera a: must be a mapping with width, .*, or homography and unit$"),
        ("a:", r"camera a: must be a mapping with"),
    ],
    ids=["pinhole", "ground", "list", "nothing"],
)
def test_both_ways_of_calibrating_a_camera_are_told(tmp_path, text, message):
    (tmp_path / "cameras.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        load_cameras(tmp_path / "cameras.yaml")


def write_opencv(path, **arrays):
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    for key, array in arrays.items():
        storage.write(key, array)
    storage.release()


@pytest.mark.parametrize("suffix", ["xml", "yml"])
def test_a_camera_of_opencvs_files_is_read_in_metres(tmp_path, suffix):
    true, inner, outer = corner_camera(), tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    rotation = cv2.Rodrigues(true.world_to_camera[:3, :3])[0]
    write_opencv(inner, camera_matrix=true.matrix, distortion_coefficients=np.array(true.distortion))
    write_opencv(outer, rvec=rotation, tvec=true.world_to_camera[:3, 3] * 100)
    camera = read_opencv_camera(inner, outer, SIZE, unit=0.01)
    assert camera.image_size == SIZE
    for field in ("matrix", "distortion", "world_to_camera"):
        np.testing.assert_allclose(getattr(camera, field), getattr(true, field), atol=1e-9)


def test_a_bad_file_of_opencv_is_told_by_name(tmp_path):
    inner, outer = tmp_path / "in.xml", tmp_path / "out.xml"
    with pytest.raises(InputError, match=r"out\.xml: no such file"):
        read_opencv_camera(inner, outer, SIZE)
    write_opencv(outer, rvec=np.zeros(2), tvec=np.zeros(3))
    inner.write_text("not XML")
    with pytest.raises(InputError, match=r"in\.xml: not an OpenCV file with camera_matrix and distortion_coefficients"):
        read_opencv_camera(inner, outer, SIZE)
    write_opencv(inner, camera_matrix=np.eye(3), distortion_coefficients=np.zeros(5))
    with pytest.raises(InputError, match=r"out\.xml: rvec and tvec must have three numbers each"):
        read_opencv_camera(inner, outer, SIZE)


@pytest.mark.parametrize(
    "matrix",
    [np.diag([0.0, 500, 1]), np.diag([500.0, 500, 0]), [[500, 0, 0], [0, 500, 0], [0.1, 0, 1]], np.diag([1e-300, 500, 1])],
    ids=["no focal length", "last row of zeros", "another last row", "nearly no focal length"],
)
def test_a_matrix_that_is_no_camera_is_refused(matrix):
    with pytest.raises(ValueError, match="focal lengths that are not 0, and 0 0 1 as its last row"):
        Camera(matrix, np.zeros(4), np.eye(4), SIZE)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.xml", '<?xml version="1.0"?><opencv_storage>' + "<a>" * 30 + "</a>" * 30 + "</opencv_storage>"),
        ("a.yml", "%YAML:1.0\n---\nrvec: " + "[" * 30 + "]" * 30 + "\n"),
    ],
)
def test_a_file_of_opencv_without_bottom_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r"a\.\w+: nested in more than 20 levels"):
        read_opencv_camera(tmp_path / name, tmp_path / name, SIZE)


def test_a_homography_to_ground_beyond_any_numbers_is_refused():
    camera = HomographyCamera(np.diag([1e160, 1e160, 1.0]), SIZE, "paces")
    with pytest.raises(ValueError, match=r"see the ground beyond 1e\+09 paces"):
        check_camera(camera)


@pytest.mark.parametrize("size", [SIZE, None])
@pytest.mark.parametrize("far", [1e14, 1e18, 1e150])
def test_a_homography_whose_ground_does_not_lead_back_to_the_pixels_is_refused(far, size):
    near = np.array([[0.01, 0.002, -3], [0.001, -0.01, 3], [0, 0.001, 0.1]])
    check_camera(HomographyCamera(near, size, "m"))
    with pytest.raises(ValueError, match=r"singular|a number is damaged"):
        check_camera(HomographyCamera(np.add(near, [[0, 0, far], [0, 0, 0], [0, 0, 0]]), size, "m"))


@pytest.mark.parametrize("bad", [np.full((3, 3), np.nan), np.eye(2)], ids=["nan", "shape"])
def test_a_camera_refuses_a_matrix_it_cannot_use(bad):
    with pytest.raises(ValueError, match="matrix"):
        Camera(bad, np.zeros(4), np.eye(4), SIZE)


def test_looking_straight_down_is_refused():
    with pytest.raises(ValueError, match="straight"):
        Camera.look_at((0, 0, 3), (0, 0, 0), 500, SIZE)
