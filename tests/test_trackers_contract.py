"""What holds for every tracker, whatever its algorithm."""

import ast
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import configs
import trackers.registry
from trackers import Detections, Tracker
from trackers.motion import AREA_ASPECT
from trackers.ranges import Choice, Frames, Switch

NAMES = trackers.available()
FOLDER = configs.FOLDER / "trackers"
scenes = st.builds(
    lambda seed, people, embedded: _scene(seed, people, embedded), st.integers(0, 10**6), st.integers(0, 12), st.booleans()
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(scene=scenes)
def test_ids_are_positive_and_occur_once_a_frame(name, scene):
    seen = set()
    for detections, tracks in zip(scene, _run(_build(name), scene), strict=True):
        ids = tracks.ids.tolist()
        assert ids == sorted(set(ids))
        assert all(number >= 1 for number in ids)
        matched = tracks.detection_index[tracks.detection_index >= 0].tolist()
        assert len(matched) == len(set(matched))
        assert all(row < len(detections) for row in matched)
        assert tracks.detection_index.min(initial=0) >= -1
        assert tracks.boxes.shape == (len(ids), 4)
        assert tracks.scores.shape == (len(ids),)
        assert (tracks.boxes[:, 2:] > tracks.boxes[:, :2]).all()
        seen.update(ids)
    assert seen == set(range(1, len(seen) + 1))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(scene=scenes, seed=st.integers(0, 10**6))
def test_the_order_of_the_detections_does_not_matter(name, scene, seed):
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(detections)) for detections in scene]
    shuffled = [detections.select(order) for detections, order in zip(scene, orders, strict=True)]
    results = zip(_run(_build(name), scene), _run(_build(name), shuffled), orders, strict=True)
    for straight, mixed, order in results:
        np.testing.assert_array_equal(straight.ids, mixed.ids)
        np.testing.assert_array_equal(straight.boxes, mixed.boxes)
        np.testing.assert_array_equal(straight.detection_index, np.append(order, -1)[mixed.detection_index])


@pytest.mark.parametrize("name", NAMES)
def test_reset_starts_again_and_instances_share_nothing(name):
    scene = _scene(1, 8, True)
    tracker, other = _build(name), _build(name)
    first = _run(tracker, scene)
    tracker.reset()
    alternating = []
    for detections in scene:
        alternating.append(tracker.update(detections))
        other.update(_scene(2, 5, True)[0])
    assert max(tracks.ids.max(initial=0) for tracks in first) > 0
    for one, again in zip(first, alternating, strict=True):
        for field in ("ids", "boxes", "scores", "detection_index"):
            np.testing.assert_array_equal(getattr(one, field), getattr(again, field))


@pytest.mark.parametrize("name", NAMES)
def test_frames_without_detections_work_at_any_time(name):
    tracker = _build(name)
    nobody = Detections(np.zeros((0, 4)), np.zeros(0))
    nobody_embedded = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 16)))
    assert len(tracker.update(nobody)) == 0
    for detections in _scene(3, 6, True):
        tracker.update(detections)
        tracker.update(nobody_embedded)
    for _ in range(40):
        last = tracker.update(nobody)
    assert len(last) == 0
    assert len(tracker.tracks) == 0


@pytest.mark.parametrize("name", NAMES)
def test_an_appearance_model_plugs_in_and_gives_what_ready_embeddings_give(name):
    scene = _scene(4, 6, True)
    frames = [np.full((4, 4, 3), number, dtype=np.uint8) for number in range(len(scene))]
    calls = []

    def appearance(frame, boxes):
        calls.append(len(boxes))
        return scene[frame[0, 0, 0]].embeddings

    tracker = _build(name, appearance=appearance)
    plugged = [tracker.update(Detections(one.boxes, one.scores), frame) for one, frame in zip(scene, frames, strict=True)]
    assert bool(calls) == tracker.uses_appearance
    for one, other in zip(plugged, _run(_build(name), scene), strict=True):
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(one.boxes, other.boxes)


@pytest.mark.parametrize("name", NAMES)
def test_an_appearance_model_is_not_asked_about_nobody(name):
    def appearance(frame, boxes):
        assert len(boxes)
        return np.eye(len(boxes), 4)

    tracker, frame = _build(name, appearance=appearance), np.zeros((4, 4, 3), np.uint8)
    nobody, two = Detections([], []), Detections([[0, 0, 20, 50], [60, 0, 80, 50]], [1, 1])
    shown = [tracker.update(found, frame).ids.tolist() for found in (nobody, two, two, two, two, nobody, two)]
    assert shown[0] == [] and shown[4] == [1, 2]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nothing", [[], np.zeros(0), np.zeros((0, 7)), np.zeros((0, 0))])
def test_embeddings_of_nobody_may_have_any_shape_without_numbers(name, nothing):
    tracker, people, nobody = _build(name), Detections([[0, 0, 20, 50]], [1], [[0, 1]]), Detections([], [], nothing)
    shown = [tracker.update(found).ids.tolist() for found in (nobody, *[people] * 4, nobody, *[people] * 4)]
    assert shown[4] == shown[-1] == [1]


@pytest.mark.parametrize("name", [name for name in NAMES if trackers.build(name).uses_appearance])
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.eye(3, 4), "2 boxes need embeddings"),
        (np.eye(1, 4), "2 boxes need embeddings"),
        ([], "2 boxes need embeddings"),
        (None, "must be an array of numbers, not None"),
        (np.full((2, 4), np.nan), "embeddings must be finite: row 0 is not"),
    ],
)
def test_embeddings_that_are_not_a_row_for_each_detection_are_refused(name, answer, message):
    tracker = _build(name, appearance=lambda frame, boxes: answer)
    with pytest.raises(ValueError, match=message):
        tracker.update(Detections([[0, 0, 20, 50], [60, 0, 80, 50]], [1, 1]), np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize("name", NAMES)
def test_the_config_of_a_tracker_holds_its_defaults(name):
    config = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert config.pop("tracker") == name
    assert config == trackers.thresholds(name)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_builds_a_tracker(path):
    config = yaml.safe_load(path.read_text())
    assert next(iter(config)) == "tracker"
    trackers.build(config.pop("tracker"), **config)


def test_the_constants_of_the_paper_differ_from_the_public_variant_where_the_issue_says():
    paper = yaml.safe_load((FOLDER / "motdt_paper.yaml").read_text())
    changed = {key: value for key, value in paper.items() if trackers.thresholds("motdt").get(key, "motdt") != value}
    assert changed == {
        "max_candidate_iou": 0.3,
        "prediction_weight": 1.0,
        "max_appearance_distance": 0.64,
        "max_iou_distance": 0.7,
        "shown_age": 4,
    }


@pytest.mark.parametrize(
    ("name", "thresholds", "message"),
    [
        ("sorted", {}, "unknown tracker sorted; choose from .*deepsort, motdt, .*sort"),
        ("sort", {"max_agee": 3}, "sort: unknown threshold max_agee; choose from max_age, min_hits, min_iou"),
        ("sort", {"max_age": "3"}, "max_age of sort must be a whole number at least 0, not '3'"),
        ("sort", {"max_age": 2.5}, "max_age of sort must be a whole number at least 0, not 2.5"),
        ("sort", {"min_iou": float("nan")}, "min_iou of sort must be a number from 0 to 1, not nan"),
        ("deepsort", {"n_init": True}, "n_init of deepsort must be a whole number at least 0, not True"),
        ("deepsort", {"max_age": -3}, "max_age of deepsort must be a whole number at least 0, not -3"),
        ("deepsort", {"max_iou_distance": 70}, "max_iou_distance of deepsort must be a number from 0 to 1, not 70"),
        ("motdt", {"max_appearance_distance": 2.5}, "max_appearance_distance of motdt must be a number from 0 to 2, not 2.5"),
        ("sort", {"max_age": 10**400}, "max_age of sort must be a whole number at least 0, not 1000"),
        ("sort", {"max_age": float("inf")}, "max_age of sort must be a whole number at least 0, not inf"),
        ("motdt", {"min_candidate_score": "low"}, "min_candidate_score of motdt must be a number, not 'low'"),
    ],
)
def test_a_mistake_in_a_configuration_is_told_in_a_sentence(name, thresholds, message):
    with pytest.raises(ValueError, match=message):
        trackers.build(name, **thresholds)


class _Optioned(Tracker):
    """Whatever it is told to be."""

    def __init__(
        self, kind: Annotated[str, Choice("none", "flow")] = "flow", byte: Annotated[bool, Switch()] = False, gap: Frames = 3
    ):
        super().__init__(AREA_ASPECT)
        self.options = (kind, byte, gap)

    def _associate(self, detections, frame):
        return np.zeros(0, dtype=bool)


def test_words_and_switches_are_thresholds_like_numbers(monkeypatch):
    monkeypatch.setattr(trackers.registry, "_TRACKERS", {"own": _Optioned})
    assert trackers.thresholds("own") == {"kind": "flow", "byte": False, "gap": 3}
    assert trackers.build("own", kind="none", byte=True).options == ("none", True, 3)
    for key, value, message in (
        ("kind", "ecc", "kind of own must be one of none, flow, not 'ecc'"),
        ("kind", False, "kind of own must be one of none, flow, not False"),
        ("byte", 1, "byte of own must be true or false, not 1"),
        ("byte", "yes", "byte of own must be true or false, not 'yes'"),
        ("gap", True, "gap of own must be a whole number at least 0, not True"),
    ):
        with pytest.raises(ValueError, match=message):
            trackers.build("own", **{key: value})


def test_a_cosine_threshold_is_converted_to_the_metric_of_the_tracker():
    assert trackers.appearance_threshold("deepsort", 0.32) == 0.32
    assert trackers.appearance_threshold("motdt", 0.32) == pytest.approx(0.8)
    with pytest.raises(ValueError, match="uses no appearance"):
        trackers.appearance_threshold("sort", 0.32)


@pytest.mark.parametrize(
    ("boxes", "scores", "embeddings", "message"),
    [
        pytest.param([[0, 0, 1]], [1], None, r"\(N, 4\)", id="three columns"),
        pytest.param([[0, 0, 1, 1]], [1, 1], None, "1 boxes need scores", id="too many scores"),
        pytest.param([[0, 0, 1, 1], [0, 0, 1, np.nan]], [1, 1], None, "boxes must be finite: row 1", id="not a number"),
        pytest.param([[0, 0, 1, 1]], [np.inf], None, "scores must be finite", id="infinite score"),
        pytest.param([[0, 0, 1, 1], [5, 5, 3, 9]], [1, 1], None, "box 1 has no area", id="negative width"),
        pytest.param([[5, 5, 9, 5]], [1], None, "box 0 has no area", id="no height"),
        pytest.param([[0, 0, 1, 1]], [1], [[1, 0], [0, 1]], "1 boxes need embeddings", id="too many embeddings"),
        pytest.param([[0, 0, 1, 1]], [1], [[0, 0]], "embedding 0 is all zeros", id="no direction"),
        pytest.param([["a", 0, 1, 1]], [1], None, "must be an array of numbers", id="text"),
    ],
)
def test_detections_that_cannot_be_are_refused(boxes, scores, embeddings, message):
    with pytest.raises(ValueError, match=message):
        Detections(boxes, scores, embeddings)


def test_embeddings_become_unit_rows():
    detections = Detections([[0, 0, 1, 1], [0, 0, 2, 2]], [1, 1], [[3, 4], [0, 0.1]])
    np.testing.assert_allclose(detections.embeddings, [[0.6, 0.8], [0, 1]], rtol=1e-6)
    assert detections.embeddings.dtype == np.float32


def test_the_package_imports_neither_networks_nor_what_stands_above_it():
    standard = {"abc", "collections", "dataclasses", "inspect", "math", "numbers", "typing"}
    allowed = standard | {"numpy", "scipy", "lap", "cv2", "trackers"}
    for path in Path(trackers.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            else:
                continue
            assert {name.split(".")[0] for name in names} <= allowed, path.name


def _build(name, **rest):
    """The tracker with its defaults, except that no camera moves: it is told by pictures, which most of these scenes lack."""
    still = {"camera_motion": "none"} if "camera_motion" in trackers.thresholds(name) else {}
    return trackers.build(name, **still, **rest)


def _run(tracker, scene):
    return [tracker.update(detections) for detections in scene]


def _scene(seed: int, people: int, embedded: bool, frames: int = 15) -> list[Detections]:
    """People walking at random among misses and clutter; every frame has its own number of detections."""
    random = np.random.default_rng(seed)
    centre, step = random.uniform(100, 500, (people, 2)), random.normal(0, 4, (people, 2))
    size = np.array([0.4, 1.0]) * random.uniform(60, 160, (people, 1))
    look = random.normal(size=(people, 16))
    scene = []
    for _ in range(frames):
        centre = centre + step
        seen = random.random(people) > 0.2
        strays = random.poisson(1)
        middle = np.concatenate([centre[seen] + random.normal(0, 2, (seen.sum(), 2)), random.uniform(100, 500, (strays, 2))])
        half = np.concatenate([size[seen], random.uniform(30, 90, (strays, 2))]) / 2
        embeddings = np.concatenate([look[seen] + random.normal(0, 0.2, (seen.sum(), 16)), random.normal(size=(strays, 16))])
        boxes = np.concatenate([middle - half, middle + half], axis=1)
        scene.append(Detections(boxes, random.uniform(0.3, 1, len(boxes)), embeddings if embedded else None))
    return scene
