"""Tracker configurations: by name or from a file of one's own, and whose appearance threshold counts."""

import math
from types import SimpleNamespace

import pytest

from mtmc.single.tracker_config import appearance_line, available_trackers, build_tracker, read_tracker_config, slow_line
from reid.common.errors import InputError
from reid.weights.thresholds import Thresholds

FITTED = SimpleNamespace(thresholds=Thresholds(0.32))
UNFITTED = SimpleNamespace(thresholds=Thresholds())


@pytest.mark.parametrize("name", available_trackers())
def test_every_shipped_configuration_builds(name):
    tracker, record = build_tracker(read_tracker_config(name))
    assert tracker.update and record["algorithm"] in name


def test_the_paper_and_the_public_variant_of_motdt_are_two_configurations_of_one_tracker():
    records = [build_tracker(read_tracker_config(name))[1] for name in ("motdt", "motdt_paper")]
    assert [record["algorithm"] for record in records] == ["motdt", "motdt"]
    assert [record["thresholds"]["max_appearance_distance"] for record in records] == [0.8, 0.64]


def test_the_threshold_fitted_to_a_model_replaces_the_shipped_one_in_the_trackers_metric():
    _, motdt = build_tracker(read_tracker_config("motdt"), FITTED)
    _, deepsort = build_tracker(read_tracker_config("deepsort"), FITTED)
    assert motdt["thresholds"]["max_appearance_distance"] == pytest.approx(math.sqrt(0.64))
    assert deepsort["thresholds"]["max_appearance_distance"] == 0.32
    assert motdt["appearance_threshold_from"] == deepsort["appearance_threshold_from"] == "model"


def test_a_model_without_a_fitted_threshold_leaves_the_shipped_one():
    _, record = build_tracker(read_tracker_config("deepsort"), UNFITTED)
    assert (record["thresholds"]["max_appearance_distance"], record["appearance_threshold_from"]) == (0.2, "configuration")


def test_a_threshold_in_a_file_of_ones_own_is_never_replaced(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("tracker: deepsort\nmax_appearance_distance: 0.11\n")
    config = read_tracker_config(None, path)
    _, record = build_tracker(config, FITTED)
    assert (config.name, record["algorithm"]) == ("mine", "deepsort")
    assert (record["thresholds"]["max_appearance_distance"], record["appearance_threshold_from"]) == (0.11, "configuration")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("deepsort", "appearance threshold: cosine distance 0.320, from the model"),
        ("motdt", "appearance threshold: euclidean distance 0.800, cosine 0.320, from the model"),
        ("deepocsort", "deepocsort takes no appearance threshold from the model"),
        ("sort", "sort uses no appearance: --reid has no effect"),
    ],
)
def test_a_line_tells_what_a_models_threshold_became(name, line):
    assert appearance_line(*build_tracker(read_tracker_config(name), FITTED)) == line


def test_a_file_without_a_tracker_means_the_one_that_was_named(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("max_age: 7\n")
    _, record = build_tracker(read_tracker_config("motdt", path), FITTED)
    assert (record["algorithm"], record["thresholds"]["max_age"], record["appearance_threshold_from"]) == ("motdt", 7, "model")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("tracker: deepsort\nmax_agee: 3\n", "max_agee", id="unknown threshold"),
        pytest.param("tracker: deepsrt\n", "deepsrt", id="unknown tracker"),
        pytest.param("max_age: [1, 2]\n", "flat list", id="nested"),
        pytest.param("- 3\n", "flat list", id="no mapping"),
        pytest.param("a: b: c\n", "not YAML", id="no YAML"),
        pytest.param("tracker: deepsort\n2: 3\n", "2: not a threshold of deepsort", id="a number as a threshold"),
        pytest.param("tracker: deepsort\nmax_age: old\n", "max_age", id="no number"),
        pytest.param("appearance: 5\n", "appearance: not a threshold of steady; choose from min_high_score", id="a model"),
        pytest.param("scoring: 5\n", "scoring: not a threshold of steady", id="a callable"),
        pytest.param("name: mine\n", "name: not a threshold of steady", id="the builder's own argument"),
        pytest.param("self: 1\n", "self: not a threshold of steady", id="the object itself"),
        pytest.param("5: 3\n", "5: not a threshold of steady", id="a number for a key"),
        pytest.param("tracker: 5\n", "unknown tracker 5", id="a number for a tracker"),
        pytest.param("tracker: 2020-01-01\n", "holds a date, 2020-01-01", id="a date for a tracker"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        build_tracker(read_tracker_config(None, path))


def test_a_file_for_another_tracker_than_the_one_named_is_a_contradiction(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("tracker: deepsort\n")
    with pytest.raises(InputError, match="leave one of them out"):
        read_tracker_config("motdt_paper", path)
    assert read_tracker_config("deepsort", path).algorithm == "deepsort"


def test_a_missing_file_and_an_unknown_name_are_explained(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_tracker_config("motdt", tmp_path / "none.yaml")
    with pytest.raises(InputError, match=r"choose from .*motdt"):
        read_tracker_config("modt")


@pytest.mark.parametrize(("name", "rate", "told"), [("deepsort", 4.0, True), ("deepsort", 25.0, False), ("steady", 4.0, False)])
def test_a_tracker_that_counts_frames_says_so_where_there_are_few(name, rate, told):
    tracker, _ = build_tracker(read_tracker_config(name))
    line = slow_line(tracker, name, rate)
    assert line.startswith("deepsort counts frames, as its paper does, and the video has 4 a second: ") if told else line == ""
