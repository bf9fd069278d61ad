import configparser

import cv2
import numpy as np
import pytest

from mtmc.calibration import Camera, load_cameras
from mtmc.simulation import Place, SimulatedDetector, demo, figure_scene, populate, write_sequence
from reid.common.errors import InputError

PLACE = Place(extent=(-6, -6, 6, 6), height=4, floor=(150, 150, 150), wall=(180, 180, 180), sky=(220, 210, 200))
VIEW = Camera.look_at((0, -5, 2.6), (0, 0, 0.8), 130.0, (160, 120))
FRAMES = 12


@pytest.fixture(scope="module")
def scene():
    return figure_scene(populate(0, 5, 2, 4, (-2, -2, 2, 2), [(-4.5, 0), (4.5, 0)]), PLACE, {"hall": VIEW})


@pytest.fixture(scope="module")
def sequence(scene, tmp_path_factory):
    target = tmp_path_factory.mktemp("scene") / "demo-hall"
    write_sequence(target, scene, "hall", FRAMES, 10, SimulatedDetector())
    return target


def test_the_folder_is_a_motchallenge_sequence(sequence):
    info = configparser.ConfigParser()
    info.read(sequence / "seqinfo.ini")
    section = info["Sequence"]
    assert section["name"] == "demo-hall"
    assert (section["imDir"], section["imExt"]) == ("img1", ".jpg")
    assert [int(section[key]) for key in ("frameRate", "seqLength", "imWidth", "imHeight")] == [10, FRAMES, 160, 120]
    images = sorted((sequence / "img1").iterdir())
    assert [path.name for path in images] == [f"{frame:06d}.jpg" for frame in range(1, FRAMES + 1)]
    assert cv2.imread(str(images[0])).shape == (120, 160, 3)


def test_the_ground_truth_is_the_scenes_truth(sequence, scene):
    rows = np.loadtxt(sequence / "gt/gt.txt", delimiter=",")
    ground = np.loadtxt(sequence / "gt/ground.txt", delimiter=",")
    assert rows.shape[1] == 9 and (rows[:, 7] == 1).all()
    np.testing.assert_array_equal(rows[:, 6], rows[:, 8] >= 0.1)
    for frame in (1, FRAMES):
        truth, own = scene.observe("hall", (frame - 1) / 10), rows[rows[:, 0] == frame]
        np.testing.assert_array_equal(own[:, 1], truth.ids)
        np.testing.assert_allclose(own[:, 2:4] + own[:, 4:6], truth.boxes[:, 2:], atol=0.02)
        np.testing.assert_allclose(own[:, 8], truth.visibility, atol=6e-4)
        np.testing.assert_allclose(ground[ground[:, 0] == frame][:, 2:], truth.ground, atol=6e-4)


def test_the_detections_parse_and_lie_near_the_people(sequence):
    rows = np.loadtxt(sequence / "det/det.txt", delimiter=",", ndmin=2)
    assert rows.shape[1] == 10 and (rows[:, 1] == -1).all()
    assert set(rows[:, 0]) <= set(range(1, FRAMES + 1))
    assert ((rows[:, 6] > 0) & (rows[:, 6] < 1)).all() and (rows[:, 4:6] > 0).all()


def test_the_camera_comes_along(sequence):
    loaded = load_cameras(sequence / "cameras.yaml")
    np.testing.assert_array_equal(loaded["hall"].world_to_camera, VIEW.world_to_camera)


def test_writing_again_gives_the_same_bytes(sequence, scene, tmp_path):
    write_sequence(tmp_path / "demo-hall", scene, "hall", FRAMES, 10, SimulatedDetector())
    for name in ("det/det.txt", "gt/gt.txt", "seqinfo.ini", "img1/000005.jpg"):
        assert (tmp_path / "demo-hall" / name).read_bytes() == (sequence / name).read_bytes()


def test_a_folder_of_somebody_elses_is_not_replaced(scene, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data.txt").write_text("mine")
    with pytest.raises(InputError, match="precious"):
        write_sequence(tmp_path / "precious", scene, "hall", 1, 10, SimulatedDetector())
    assert (tmp_path / "precious" / "data.txt").read_text() == "mine"


def test_an_interrupted_rendering_leaves_nothing_behind(tmp_path, scene, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(scene), "render", stop)
    with pytest.raises(KeyboardInterrupt):
        write_sequence(tmp_path / "half", scene, "hall", 3, 10, SimulatedDetector())
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_rendered_once_and_again_only_when_the_program_changed(tmp_path, scene, monkeypatch):
    monkeypatch.setattr(demo, "LENGTH", 2)
    monkeypatch.setattr(demo, "DEMOS", {"demo-a": (lambda seed: scene, 0), "demo-b": (lambda seed: scene, 1)})
    folders = demo.demo_sequences(tmp_path)
    assert [folder.name for folder in folders] == ["demo-a", "demo-b"]
    image = folders[0] / "img1/000001.jpg"
    first = image.stat().st_mtime_ns
    assert demo.demo_sequences(tmp_path) == folders
    assert image.stat().st_mtime_ns == first
    monkeypatch.setattr(demo, "_version", lambda: "newer")
    demo.demo_sequences(tmp_path)
    assert image.stat().st_mtime_ns != first


def test_the_demos_show_a_crowd_that_hides_itself_and_comes_back():
    for build, seed in demo.DEMOS.values():
        built = build(seed)
        (name,) = built.cameras
        truths = [built.observe(name, seconds) for seconds in np.arange(0, demo.LENGTH / demo.FRAME_RATE, 1.0)]
        assert np.mean([len(truth.ids) for truth in truths]) > 7
        seen = np.concatenate([truth.visibility for truth in truths])
        assert 0.1 < (seen < 0.7).mean() < 0.5
        returned = {number for truth in truths for number, visit in zip(truth.ids, truth.visits, strict=True) if visit > 0}
        assert len(returned) >= 5
