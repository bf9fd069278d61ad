import numpy as np
import pytest

from mtmc.__main__ import main
from mtmc.calibration import (
    Camera,
    CameraEntry,
    HomographyCamera,
    Points,
    fit_camera,
    load_cameras,
    read_camera_file,
    save_cameras,
)
from mtmc.calibration.plausibility import check_camera
from mtmc.calibration.points_file import read_points
from reid.common.errors import InputError

SIZE = (1280, 720)
GROUND = np.array([[0.0, 0, 0], [2, 0, 0], [0, 2, 0], [2, 2, 0], [1, -1, 0], [-1, 1, 0]])
ABOVE = np.array([[0.0, 0, 1.5], [2, 0, 1], [0, 2, 1.8], [2, 2, 0.7], [1, -1, 1.2], [-1, 1, 0.9]])


def camera(distortion=(0.0, 0.0, 0.0, 0.0), size=SIZE):
    return Camera.look_at((-4, -3, 2.8), (0.5, 0.5, 0.5), 700, size, distortion)


def seen(points, by=None, noise=0.0):
    pixels = (by or camera()).project(points) + np.random.default_rng(0).normal(0, noise, (len(points), 2))
    return Points(pixels, points, np.arange(2, len(points) + 2))


def test_four_ground_points_give_the_homography_they_were_made_with():
    fit = fit_camera(seen(GROUND[:4]), SIZE)
    np.testing.assert_allclose(fit.camera.to_ground(camera().project(GROUND)), GROUND[:, :2], atol=1e-6)
    assert fit.root_mean_square < 1e-4 and fit.camera.metric
    assert not fit_camera(seen(GROUND), unit="feet").camera.metric


def test_six_points_in_space_give_focal_length_and_place():
    fit = fit_camera(seen(np.vstack([GROUND[:3], ABOVE[:3]])), SIZE)
    np.testing.assert_allclose(fit.camera.position, camera().position, atol=0.02)
    assert fit.camera.matrix[0, 0] == pytest.approx(700, rel=0.01)
    assert np.isnan(fit.ground_errors).tolist() == [False] * 3 + [True] * 3


def test_more_points_give_the_lens_too():
    bent = camera((-0.1, 0.0, 0.0, 0.0))
    fit = fit_camera(seen(np.vstack([GROUND, ABOVE]), bent), SIZE)
    assert fit.root_mean_square < 0.02 and fit.camera.distortion[0] == pytest.approx(-0.1, abs=0.01)


def test_a_known_lens_needs_only_ground_points_to_be_placed():
    bent = camera((-0.2, 0.05, 0.001, -0.001))
    unplaced = Camera(bent.matrix, bent.distortion, np.eye(4), SIZE)
    fit = fit_camera(seen(GROUND, bent), known=unplaced)
    np.testing.assert_allclose(fit.camera.world_to_camera, bent.world_to_camera, atol=1e-5)
    np.testing.assert_array_equal(fit.camera.matrix, bent.matrix)


def test_clicks_off_by_a_pixel_are_reported_as_off_by_about_a_pixel():
    points = np.vstack([GROUND, ABOVE])
    fit = fit_camera(seen(points, noise=1.0), SIZE)
    assert 0.4 < fit.root_mean_square < 1.6
    np.testing.assert_allclose(fit.camera.position, camera().position, atol=0.3)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        pytest.param((720, 1280), "outside the image of 720x1280 pixels, first in line .*width and height swapped", id="swapped"),
        pytest.param((640, 360), "outside the image of 640x360 pixels, .*measured in an image of another size", id="halved"),
    ],
)
@pytest.mark.parametrize("points", [GROUND, np.vstack([GROUND, ABOVE])], ids=["homography", "full camera"])
def test_points_outside_the_image_are_refused(size, message, points):
    with pytest.raises(ValueError, match=message):
        fit_camera(seen(points), size)
    with pytest.raises(ValueError, match=message):
        fit_camera(seen(points), known=Camera(camera().matrix, np.zeros(4), np.eye(4), size))


def in_line(points):
    return np.column_stack([np.arange(len(points)), np.arange(len(points)), np.zeros(len(points))]) * 0.3


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (seen(GROUND[:3]), "at least 4"),
        (seen(np.vstack([GROUND[:2], ABOVE[:3]])), "at least 6"),
        (seen(in_line(GROUND)), "on one line"),
        (seen(np.column_stack([GROUND[:, :2], np.full(6, 1.0)])), "in one plane"),
        (Points(seen(GROUND).pixels, GROUND * 1000, np.arange(6)), "millimetres"),
        (Points(seen(GROUND).pixels, GROUND * [[1], [1], [1], [1000], [1], [1]], np.arange(6)), "mixed"),
        (Points(seen(GROUND).pixels[::-1], GROUND, np.arange(6)), "reprojection error|behind"),
        (Points(seen(GROUND).pixels + 200 * (np.arange(12).reshape(6, 2) == 7), GROUND, np.arange(2, 8)), "worst in line|behind"),
        (Points(seen(ABOVE).pixels, ABOVE * [1, 1, -1], np.arange(6)), "reprojection error|behind|below|outside"),
    ],
    ids=["few", "few in space", "line", "plane", "millimetres", "mixed units", "shuffled", "one wrong", "z downwards"],
)
def test_points_that_make_no_camera_are_told_in_words(points, message):
    with pytest.raises(ValueError, match=message):
        fit_camera(points, SIZE)


def moved(position=None, rotation=None):
    right = camera()
    motion = right.world_to_camera.copy()
    motion[:3, :3] = motion[:3, :3] if rotation is None else rotation @ motion[:3, :3]
    motion[:3, 3] = -motion[:3, :3] @ (right.position if position is None else np.asarray(position, dtype=float))
    return Camera(right.matrix, right.distortion, motion, SIZE)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (moved(1000 * camera().position), "in millimetres"),
        (moved(100 * camera().position), "in centimetres"),
        (moved(camera().position * [1, 1, -1]), "below the ground"),
        (moved(camera().position / 1000), "another unit"),
        (moved(rotation=np.array([[1.0, 0, 0], [0, 0.5, 0.75**0.5], [0, -(0.75**0.5), 0.5]])), "behind the camera"),
        (moved(rotation=2 * np.eye(3)), "rotation"),
        (moved(rotation=np.diag([-1.0, 1, 1])), "rotation"),
    ],
    ids=["millimetres", "centimetres", "z down", "kilometres", "looks at the sky", "scaled", "mirrored"],
)
def test_a_calibration_that_cannot_be_true_is_refused_when_it_is_read(tmp_path, wrong, message):
    check_camera(camera())
    save_cameras(tmp_path / "cameras.yaml", {"west": camera(), "east": wrong})
    with pytest.raises(InputError, match=f"camera east: .*{message}"):
        load_cameras(tmp_path / "cameras.yaml")


def test_an_overhead_camera_of_unknown_image_size_sees_the_ground_whichever_way_it_is_turned():
    for turn in (np.eye(3), np.diag([-1.0, -1, 1])):
        motion = np.eye(4)
        motion[:3, :3] = turn @ np.diag([1.0, -1, -1])
        motion[:3, 3] = [0.02, 0.01, 3.0]
        above = Camera(camera().matrix, np.zeros(4), motion, SIZE)
        fit = fit_camera(seen(GROUND, above))
        np.testing.assert_allclose(fit.camera.to_ground(above.to_image(GROUND[:, :2])), GROUND[:, :2], atol=1e-6)


def test_a_file_of_cameras_keeps_homographies_videos_offsets_and_reach(tmp_path):
    bare = camera()
    far = Camera(bare.matrix, bare.distortion, bare.world_to_camera, SIZE, reach=12.0)
    top = HomographyCamera(fit_camera(seen(GROUND)).camera.image_to_ground, None, "feet")
    entries = {
        "a": CameraEntry(far, str(tmp_path / "videos" / "a.mp4"), 0.25),
        "b": CameraEntry(top, "rtsp://camera/stream"),
    }
    save_cameras(tmp_path / "cameras.yaml", entries)
    text = (tmp_path / "cameras.yaml").read_text()
    assert "video: videos/a.mp4" in text and "# " in text
    read = read_camera_file(tmp_path / "cameras.yaml")
    assert [(entry.video, entry.time_offset) for entry in read.values()] == [(e.video, e.time_offset) for e in entries.values()]
    assert read["a"].camera.reach == 12 and read["b"].camera.unit == "feet" and read["b"].camera.image_size is None
    np.testing.assert_array_equal(read["b"].camera.image_to_ground, top.image_to_ground)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}", "missing unit"),
        ("a: {homography: 3, unit: m}", "shape"),
        ("a: {b: 1}", "missing width"),
    ],
    ids=["no unit", "no matrix", "nothing"],
)
def test_a_camera_that_lacks_something_is_told_by_name(tmp_path, text, message):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError, match=f"camera a.*{message}"):
        load_cameras(tmp_path / "c.yaml")


def test_a_key_that_nobody_reads_is_told(tmp_path):
    save_cameras(tmp_path / "c.yaml", {"a": camera()})
    (tmp_path / "c.yaml").write_text((tmp_path / "c.yaml").read_text() + "  focal: 3\n")
    with pytest.raises(InputError, match="unknown key focal; choose from width"):
        load_cameras(tmp_path / "c.yaml")


# The command


def write_points(path, cameras, header="camera,u,v,x,y,z"):
    rows = [
        (name, *pixel, *point) for name, part in cameras.items() for pixel, point in zip(part.pixels, part.points, strict=True)
    ]
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


def test_the_command_calibrates_two_cameras_and_adds_a_third(tmp_path, capsys):
    other = Camera.look_at((4, 4, 3), (0.5, 0.5, 0.5), 600, SIZE)
    both = np.vstack([GROUND, ABOVE])
    output = str(tmp_path / "cameras.yaml")
    file = write_points(tmp_path / "two.csv", {"west": seen(both), "east": seen(both, other)})
    main(["calibrate", "--points", file, "--width", "1280", "--height", "720", "--output", output])
    printed = capsys.readouterr().out
    assert "west: a camera 2.80 m above (-4.00, -3.00), focal length 700 px" in printed and "2 cameras" in printed
    rows = np.column_stack([seen(GROUND[:4]).pixels, GROUND[:4, :2]])
    np.savetxt(tmp_path / "north.csv", rows, delimiter=",", header="u,v,x,y", comments="")
    main(["calibrate", "--points", str(tmp_path / "north.csv"), "--output", output])
    assert "four points always fit" in capsys.readouterr().out
    cameras = load_cameras(output)
    assert list(cameras) == ["west", "east", "north"] and not cameras["north"].has_height
    np.testing.assert_allclose(cameras["east"].position, (4, 4, 3), atol=0.02)


def test_the_command_keeps_a_known_lens(tmp_path):
    bent = camera((-0.2, 0.05, 0.001, -0.001))
    save_cameras(tmp_path / "known.yaml", {"west": bent})
    file = write_points(tmp_path / "points.csv", {"west": seen(GROUND, bent)})
    output = str(tmp_path / "out.yaml")
    main(["calibrate", "--points", file, "--known", str(tmp_path / "known.yaml"), "--output", output])
    np.testing.assert_allclose(load_cameras(output)["west"].world_to_camera, bent.world_to_camera, atol=1e-5)


def test_a_wrong_calibration_is_told_and_not_written(tmp_path):
    right, wrong = seen(GROUND), Points(seen(GROUND).pixels[::-1], GROUND, np.arange(6))
    file = write_points(tmp_path / "points.csv", {"west": right, "east": wrong})
    with pytest.raises(InputError, match=r"points\.csv: camera east: the point in line 9"):
        main(["calibrate", "--points", file, "--output", str(tmp_path / "cameras.yaml")])
    assert not (tmp_path / "cameras.yaml").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("u,v,x\n1,2,3\n", "missing column y"),
        ("u,v,x,y,w\n1,2,3,4,5\n", "unknown column w"),
        ("u,v,x,y\n1,2,3,four\n", "line 2"),
        ("u,v,x,y\n1,2,3,4\n1,2,3\n", "line 3: the row ends before y"),
        ("u,v,x,y\n1,2,3,nan\n", "finite"),
        ("u,v,x,y\n", "no points"),
    ],
    ids=["column missing", "column strange", "no number", "short line", "nan", "empty"],
)
def test_a_bad_points_file_is_told_by_line(tmp_path, text, message):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_points(tmp_path / "p.csv")


def test_half_an_image_size_is_refused(tmp_path):
    with pytest.raises(InputError, match="must be given together"):
        main(["calibrate", "--points", "x.csv", "--width", "10", "--output", str(tmp_path / "c.yaml")])
