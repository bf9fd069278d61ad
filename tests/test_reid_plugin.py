"""What a user's own package adds by name: a tracker, a detector, an appearance model."""

import sys

import numpy as np
import pytest
from visitors import MeanColour

import mtmc.__main__
import trackers.registry
from mtmc.detection.opening import open_detector
from mtmc.sequences.mot_text import read_tracks
from mtmc.single.appearance import open_appearance, require_embedder
from mtmc.single.tracker_config import available_trackers, build_tracker, read_tracker_config
from reid.common.errors import InputError
from reid.common.plugin import find_plugin, is_plugin
from reid.weights.thresholds import Thresholds

MODULE = '''
import numpy as np
from trackers import Detections, Tracker, Tracks, register
from trackers.ranges import Overlap

class ByRow(Tracker):
    """Whoever stands in the same row of the detections is one person."""

    def __init__(self, max_iou: Overlap = 0.5):
        self.max_iou = max_iou

    def reset(self):
        pass

    def update(self, detections, frame=None):
        rows = np.arange(len(detections))
        return Tracks(rows + 1, detections.boxes, detections.scores, rows)

    def _associate(self, detections, frame):
        raise AssertionError("update does all")

@register("registered_by_row")
class Registered(ByRow):
    pass

def find(image):
    return Detections(np.array([[1.0, 2, 21, 50], [60, 2, 80, 50]]), np.array([0.9, 0.2]))

class Looks:
    def __call__(self, frame, boxes):
        return np.ones((len(boxes), 2), np.float32) / np.sqrt(2)

number = 3
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A user's module in the current directory."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "own_people.py").write_text(MODULE)
    (tmp_path / "here" / "own_broken.py").write_text("import nothing_of_this_name\n")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(trackers.registry, "_TRACKERS", dict(trackers.registry._TRACKERS))
    yield "own_people"
    for name in ("own_people", "own_broken"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["a:B", "a.b_c:d", "own_people:Looks"])
def test_a_module_and_an_attribute_are_a_plugin(name):
    assert is_plugin(name)


@pytest.mark.parametrize(
    "name", ["robust", "a.onnx", "C:\\a\\b.onnx", "/a/b.xml", "a:b.c", "a:", ":b", "rtsp://camera:8", "a b:c"]
)
def test_names_files_and_addresses_are_none(name):
    assert not is_plugin(name)


def test_a_tracker_of_ones_own_tracks_and_has_thresholds_like_any_other(own, make_sequence, tmp_path, capsys):
    folder = make_sequence()
    (tmp_path / "own.yaml").write_text("max_iou: 0.7\n")
    _, record = build_tracker(read_tracker_config(f"{own}:ByRow", tmp_path / "own.yaml"))
    assert record["thresholds"] == {"max_iou": 0.7}
    (tmp_path / "all.yaml").write_text(f"tracker: {own}:ByRow\nmax_iou: 0.6\n")
    assert build_tracker(read_tracker_config(None, tmp_path / "all.yaml"))[1]["thresholds"] == {"max_iou": 0.6}
    command = ["track", str(folder), "--detections", "det.txt", "--reid", "none", "--tracker", f"{own}:ByRow"]
    mtmc.__main__.main([*command, "--output", str(tmp_path / "out")])
    assert set(read_tracks(tmp_path / "out" / "tracks" / "walk.txt").ids) == {1, 2}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("    pass", "must define _associate, as its base class asks"),
        (
            "    def __init__(self, speed): pass\n    _associate = None",
            "missing a required argument: 'speed'; give each argument",
        ),
    ],
)
def test_a_tracker_that_cannot_be_built_is_told(own, tmp_path, body, told):
    (tmp_path / "here" / "own_broken.py").write_text(f"from trackers import Tracker\nclass Half(Tracker):\n{body}\n")
    with pytest.raises(InputError, match=f"^own_broken:Half: {told}"):
        read_tracker_config("own_broken:Half")


def test_a_registered_tracker_needs_no_yaml(own):
    find_plugin(f"{own}:number")
    assert "registered_by_row" in available_trackers() and "registered_by_row" in trackers.available()
    assert build_tracker(read_tracker_config("registered_by_row"))[1]["thresholds"] == {"max_iou": 0.5}


def test_a_detector_of_ones_own_finds_people_from_a_score_on(own):
    image = np.zeros((60, 90, 3), np.uint8)
    assert len(open_detector(f"{own}:find")(image)) == 2
    assert len(open_detector(f"{own}:find", 0.5)(image)) == 1


def test_an_appearance_model_of_ones_own_is_opened_for_one_camera_and_told_what_several_need(own):
    model = open_appearance(f"{own}:Looks")
    assert model(np.zeros((60, 90, 3), np.uint8), np.zeros((3, 4))).shape == (3, 2)
    with pytest.raises(InputError, match="name, dimension, thresholds, weights_hash, embed, like"):
        require_embedder(model)
    with pytest.raises(InputError, match="leave them out"):
        open_appearance(f"{own}:Looks", engine="pytorch")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("name", None, "its name must be a text, .* not None"),
        ("dimension", "3", "its dimension must be a whole number from 1, .* not '3'"),
        ("dimension", 0, "its dimension must be a whole number from 1, .* not 0"),
        ("thresholds", None, "its thresholds must be an object with image, set and link"),
        ("thresholds", Thresholds(set="near"), "its thresholds must be .* each a distance in 0..2 or None"),
        ("thresholds", Thresholds(link=float("nan")), "its thresholds must be .* each a distance in 0..2 or None"),
        ("weights_hash", 7, "its weights_hash must be a text, .* not 7"),
        ("embed", "me", "its embed must be a function of images, .* not 'me'"),
    ],
)
def test_a_model_of_ones_own_for_several_cameras_has_attributes_of_the_right_kind(name, value, told):
    model = MeanColour()
    require_embedder(model)
    setattr(model, name, value)
    with pytest.raises(InputError, match=told):
        require_embedder(model)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda own: read_tracker_config(f"{own}:find"), "not a class derived from trackers.Tracker"),
        (lambda own: read_tracker_config("nobody_has_this:Tracker"), "no module nobody_has_this in the current directory"),
        (lambda own: read_tracker_config(f"{own}.deeper:Tracker"), "no module own_people.deeper"),
        (lambda own: open_detector(f"{own}:Looksy"), "own_people has no Looksy; choose from ByRow, Registered, find, Looks$"),
        (lambda own: open_detector(f"{own}:number"), "not callable; a detector must map an image"),
        (lambda own: open_appearance(f"{own}:number"), "not callable; an appearance model must map"),
        (lambda own: read_tracker_config("motdd"), "unknown tracker motdd; choose from "),
    ],
)
def test_what_is_not_there_or_is_no_such_thing_is_told(own, ask, told):
    with pytest.raises(InputError, match=told):
        ask(own)


@pytest.mark.parametrize("opening", [open_detector, open_appearance])
def test_a_class_that_needs_arguments_is_told(own, tmp_path, opening):
    (tmp_path / "here" / "own_broken.py").write_text("class Needy:\n    def __init__(self, file):\n        pass\n")
    with pytest.raises(InputError, match=r"^own_broken:Needy: missing a required argument: 'file'; give each argument"):
        opening("own_broken:Needy")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("import nothing_of_this_name\n", "importing own_broken fails: ModuleNotFoundError: No module named"),
        ("def find(:\n", "importing own_broken fails: .*SyntaxError"),
        ("class Find:\n    def __init__(self):\n        open('weights.bin')\n", "Find fails: FileNotFoundError: .*weights.bin"),
    ],
)
def test_an_error_within_the_users_module_is_one_sentence_with_the_traceback_as_a_note(own, tmp_path, body, told):
    (tmp_path / "here" / "own_broken.py").write_text(body)
    with pytest.raises(InputError, match=f"^own_broken:Find: {told}") as error:
        open_detector("own_broken:Find")
    assert "\n" not in str(error.value)
    assert "own_broken.py" in "".join(error.value.__notes__)
