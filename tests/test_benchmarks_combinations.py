"""Several trackers and networks in one table, detections made once for all of them, and tracks finished offline."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import FRAMES

import trackers
from benchmarks import mot16
from benchmarks.mot16 import main
from mtmc.sequences.mot_text import read_tracks
from reid.common.errors import InputError
from reid.footage.detection_text import read_detections


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def networks(monkeypatch) -> list[str]:
    """Two networks, `red` and `blue`, see colours; returns the names of those that ran, frame by frame."""
    ran: list[str] = []

    class Network:
        engine, dimension, thresholds = "paper", 3, None

        def __init__(self, name: str):
            self.name, self.weights_hash = name, name * 2

        def __call__(self, frame, boxes):
            ran.append(self.name)
            middle = ((boxes[:, :2] + boxes[:, 2:]) / 2).astype(int)
            colours = frame[middle[:, 1], middle[:, 0]].astype(np.float32)
            return colours / np.linalg.norm(colours, axis=1, keepdims=True)

    monkeypatch.setattr(mot16, "open_appearance", lambda name, *_: None if name == "none" else Network(name))
    return ran


def run_on(folder: Path, *arguments: str) -> dict:
    """Run the benchmark on the sequences beside `folder`; what it wrote to summary.json."""
    output = folder.parents[1] / "out"
    main(["--data", str(folder.parent), "--output", str(output), *arguments])
    return json.loads((output / "summary.json").read_text())


def keys_of(rows: list[dict], *keys: str) -> list[tuple]:
    return [tuple(row.get(key) for key in keys) for row in rows]


def test_each_tracker_has_a_row_with_each_network_and_once_without_appearance(make_sequence, networks, tmp_path, capsys):
    make_sequence("a", images=True)
    summary = run_on(make_sequence("b", images=True), "--tracker", "sort,motdt", "--reid", "none,red,blue")
    runs = [("sort", "none"), ("motdt", "none"), ("motdt", "red"), ("motdt", "blue")]
    assert keys_of(summary["rows"], "tracker", "reid", "sequence") == [(*run, name) for run in runs for name in "ab"]
    assert keys_of(summary["sums"], "tracker", "reid", "sequence") == [(*run, "OVERALL") for run in runs]
    assert summary["overall_of"] == {"tracker": "motdt", "reid": "blue"} and summary["overall"] == summary["sums"][-1]
    assert keys_of(summary["settings"]["runs"], "tracker", "reid", "reid_weights") == [
        (*run, None if run[1] == "none" else run[1] * 2) for run in runs
    ]
    assert summary["settings"]["runs"][0]["thresholds"] == trackers.thresholds("sort")
    printed = capsys.readouterr().out
    assert "without appearance, so that they run once, as with --reid none: sort\n" in printed
    assert printed.count("motdt, blue") > 1 and "  b" in printed
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.txt")}
    assert files == {f"{tracker}-{reid}/tracks/{name}.txt" for tracker, reid in runs for name in "ab"}


def test_a_row_among_others_is_that_of_a_run_by_itself(make_sequence, networks):
    folder = make_sequence(images=True)
    among = run_on(folder, "--tracker", "motdt,deepsort", "--reid", "none,red")["rows"]
    alone = run_on(folder, "--tracker", "deepsort", "--reid", "red")
    assert {"tracker", "reid"}.isdisjoint(alone["rows"][0]) and not {"sums", "overall_of"} & alone.keys()
    scores = [key for key in alone["rows"][0] if not key.startswith("fps")]
    assert {key: among[-1][key] for key in scores} == {key: alone["rows"][0][key] for key in scores}


def test_a_network_sees_each_sequence_once_for_all_trackers(make_sequence, networks):
    summary = run_on(make_sequence(images=True), "--tracker", "motdt,deepsort", "--reid", "red")
    assert networks == ["red"] * FRAMES
    assert [run["reid_cached"] for run in summary["settings"]["runs"]] == [{"walk": False}, {"walk": True}]


def test_all_means_every_tracker_with_its_own_defaults(make_sequence):
    summary = run_on(make_sequence(images=True), "--tracker", "all", "--reid", "none")
    assert keys_of(summary["rows"], "tracker", "reid") == [(name, "none") for name in trackers.available()]


def test_a_configuration_is_for_one_tracker(make_sequence, tmp_path):
    (tmp_path / "mine.yaml").write_text("max_age: 3\n")
    own = ["--config", str(tmp_path / "mine.yaml"), "--reid", "none", "--tracker"]
    with pytest.raises(InputError, match=r"mine\.yaml: has the thresholds of one tracker, not of sort, deepsort; choose one"):
        run_on(make_sequence(), *own, "sort,deepsort")
    assert run_on(tmp_path / "data" / "walk", *own, "sort")["settings"]["thresholds"]["max_age"] == 3


def test_an_unknown_name_among_several_ends_before_anything_runs(make_sequence, tmp_path):
    with pytest.raises(InputError, match="unknown tracker motdd"):
        run_on(make_sequence(), "--reid", "none", "--tracker", "sort,motdd")
    assert not (tmp_path / "out").exists()


def test_rows_of_finished_runs_stay_when_a_later_one_fails(make_sequence, tmp_path, monkeypatch):
    def failing(frame, boxes):
        return np.zeros((2, 2))

    monkeypatch.setattr(mot16, "open_appearance", lambda name, *_: None if name == "none" else failing)
    with pytest.raises(InputError, match="embedding 0 is all zeros"):
        run_on(make_sequence(images=True), "--tracker", "sort,motdt", "--reid", "none,own")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert keys_of(summary["rows"], "tracker", "reid") == [("sort", "none"), ("motdt", "none")]
    assert summary["overall_of"] == {"tracker": "motdt", "reid": "none"}


def test_a_detector_looks_once_and_its_boxes_serve_every_row(make_sequence, tmp_path, monkeypatch):
    looked = []

    def detector(image: np.ndarray) -> trackers.Detections:
        looked.append(image)
        rows, columns = np.nonzero((image[..., 2] > 180) & (image[..., 0] < 80))
        return trackers.Detections([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], [0.05])

    asked = []
    monkeypatch.setattr(mot16, "open_detector", lambda *told: asked.append(told) or detector)
    folder = make_sequence(images=True)
    summary = run_on(
        folder, "--detector", "mine.onnx", "--min-score", "0.05", "--reid", "none", "--tracker", "sort,deepsort,motdt"
    )
    assert len(looked) == FRAMES and asked == [("mine.onnx", 0.05)]
    assert summary["rows"][0]["recall"] == 0.5 and len(summary["rows"]) == 3
    assert (summary["settings"]["detector"], summary["settings"]["min_score"]) == ("mine.onnx", 0.05)
    kept = read_detections(tmp_path / "out" / "det" / "walk.txt")
    assert len(kept.frames) == FRAMES and kept.scores.tolist() == [0.05] * FRAMES
    with pytest.raises(SystemExit):
        run_on(folder, "--detector", "mine.onnx", "--detections", "det.txt")


def test_a_detector_that_fails_names_the_sequence_and_frame(make_sequence, monkeypatch):
    monkeypatch.setattr(mot16, "open_detector", lambda *_: lambda image: None)
    with pytest.raises(InputError, match=r"walk, frame 1: the detector must give trackers\.Detections"):
        run_on(make_sequence(images=True), "--detector", "own:nothing", "--reid", "none")


def test_a_detector_needs_images(make_sequence, monkeypatch):
    monkeypatch.setattr(mot16, "open_detector", lambda *_: None)
    with pytest.raises(InputError, match="walk: neither img1/ nor a video; add one, or leave out what needs it: --detector x"):
        run_on(make_sequence(), "--detector", "x", "--reid", "none")


def test_offline_rows_stand_apart_and_fill_what_was_missed(make_sequence, tmp_path, capsys):
    folder = make_sequence()
    path = folder / "det" / "det.txt"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith(("6,", "7,"))))
    summary = run_on(folder, "--reid", "none", "--tracker", "deepsort", "--offline")
    online, offline = summary["rows"]
    assert (online["mode"], offline["mode"]) == ("online", "offline") and "tracker" not in online
    assert offline["fn"] < online["fn"] and offline["recall"] > online["recall"]
    assert summary["overall_of"] == {"mode": "online"} and summary["overall"]["fn"] == online["fn"]
    assert keys_of(summary["sums"], "mode") == [("online",), ("offline",)]
    found, finished = (read_tracks(tmp_path / "out" / "tracks" / f"walk{end}.txt") for end in ("", ".offline"))
    assert 0 < len(found.ids) < len(finished.ids)
    printed = capsys.readouterr().out
    assert printed.index("Online: ") < printed.index("Offline: the same tracks")


def test_each_change_of_a_threshold_has_a_row_beside_the_tracker_as_it_is(make_sequence, tmp_path):
    summary = run_on(make_sequence("a"), "--tracker", "sort", "--reid", "none", "--change", "min_hits=1", "--change", "max_age=5")
    changes = ["none", "min_hits=1", "max_age=5"]
    assert keys_of(summary["rows"], "tracker", "reid", "change") == [("sort", "none", change) for change in changes]
    assert [run["thresholds"]["min_hits"] for run in summary["settings"]["runs"]] == [3, 1, 3]
    assert (tmp_path / "out" / "sort-none-max_age-5" / "tracks" / "a.txt").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("max_age", "--change max_age: must be threshold=value, such as max_age=60"),
        ("max_age=", "--change max_age=: must be threshold=value"),
        ("max_rage=1", "max_rage: not a threshold of sort"),
        ("max_age=old", "max_age of sort must be a whole number at least 0, not 'old'"),
    ],
)
def test_a_change_that_is_none_is_refused(make_sequence, change, message):
    with pytest.raises(InputError, match=message):
        run_on(make_sequence("a"), "--tracker", "sort", "--reid", "none", "--change", change)
