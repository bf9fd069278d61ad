"""The main job: its files and figures, its defaults, and one sentence for each mistake."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from conftest import FRAMES, SIZE

import trackers
from benchmarks import mot16
from benchmarks.layouts import BENCHMARKS, VALIDATION, find_sequences
from benchmarks.mot16 import main
from mtmc.sequences.mot_text import read_tracks
from reid.common.errors import InputError, run
from reid.weights.thresholds import Thresholds

ROW = ["sequence", "mota", "idf1", "hota", "deta", "assa", "loca", "id_switches", "fp", "fn", "recall", "precision", "mt", "ml"]
ROW += ["fps_total", "fps_reid", "fps_association"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run_on(folder, *arguments: str) -> dict:
    """Run the benchmark on the sequences beside `folder`; what it wrote to summary.json."""
    output = folder.parents[1] / "out"
    main(["--data", str(folder.parent), "--output", str(output), *arguments])
    return json.loads((output / "summary.json").read_text())


def test_the_summary_holds_what_others_rely_on(make_sequence, tmp_path, capsys):
    detections = make_sequence("half") / "det" / "det.txt"
    detections.write_text("".join(detections.read_text().splitlines(keepends=True)[:FRAMES]))
    summary = run_on(make_sequence(), "--reid", "none", "--tracker", "sort")
    assert list(summary) == ["rows", "overall", "settings", "versions"]
    assert [row["sequence"] for row in summary["rows"]] == ["half", "walk"]
    assert all(list(row) == ROW for row in [*summary["rows"], summary["overall"]])
    assert summary["overall"]["fn"] == sum(row["fn"] for row in summary["rows"])
    half, walk, overall = *summary["rows"], summary["overall"]
    assert (walk["mota"], walk["idf1"], walk["mt"], walk["fp"]) == (1, 1, 2, 0)
    assert half["mota"] == half["recall"] < 0.6 and half["precision"] == 1
    assert overall["mota"] == pytest.approx((half["mota"] + walk["mota"]) / 2)
    assert summary["rows"][0]["fps_reid"] is None and summary["rows"][0]["fps_association"] > 0
    settings = summary["settings"]
    assert settings["thresholds"] == trackers.thresholds("sort")
    assert (settings["reid"], settings["tracker"], settings["distractors"]) == ("none", "sort", "official")
    assert {"python", "numpy", "motmetrics"} <= summary["versions"].keys()
    assert set(read_tracks(tmp_path / "out" / "tracks" / "walk.txt").ids) == {1, 2}
    assert "OVERALL" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "needed_by"),
    [
        (["--reid", "none", "--video"], "--video"),
        (["--reid", "hacnn", "--tracker", "deepsort"], r"--reid hacnn \(none needs no images\)"),
    ],
)
def test_a_sequence_without_images_names_what_needs_them(make_sequence, words, needed_by):
    with pytest.raises(InputError, match=f"walk: neither img1/ nor a video; add one, or leave out what needs it: {needed_by}$"):
        run_on(make_sequence(), *words)


def test_a_sequence_without_truth_is_tracked_and_said_to_be_unscored(make_sequence, capsys):
    make_sequence("truth")
    summary = run_on(make_sequence("blind", truth=False), "--reid", "none")
    blind, truth = summary["rows"]
    assert blind["mota"] is None and blind["fps_total"] > 0
    assert summary["overall"]["mota"] == truth["mota"]
    assert "unscored, without ground truth: blind" in capsys.readouterr().out


@pytest.mark.parametrize("images", [True, False])
@pytest.mark.parametrize("tracker", trackers.available())
@pytest.mark.parametrize("content", ["", "\n \n"])
def test_nobody_detected_is_a_result(make_sequence, tmp_path, images, tracker, content):
    folder = make_sequence(images=images)
    (folder / "det" / "det.txt").write_text(content)
    still = []
    if not images and trackers.build(tracker).needs_image:
        (tmp_path / "still.yaml").write_text("camera_motion: none\n")
        still = ["--config", str(tmp_path / "still.yaml")]
    overall = run_on(folder, "--reid", "none", "--tracker", tracker, *still)["overall"]
    assert (overall["fn"], overall["fp"], overall["ml"], overall["recall"], overall["precision"]) == (2 * FRAMES, 0, 2, 0, None)


@pytest.mark.parametrize(("name", "precision", "classes"), [("MOT20-01", 1, [2, 6, 7, 8, 12]), ("MOT16-02", 0.5, [2, 7, 8, 12])])
def test_the_name_says_whose_distractors_count_and_the_screen_what_is_scored(make_sequence, capsys, name, precision, classes):
    folder = make_sequence(name)
    path = folder / "gt" / "gt.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line.replace(",1,1,1", ",0,6,1") if line.split(",")[1] == "2" else line for line in lines))
    summary = run_on(folder, "--reid", "none", "--tracker", "sort")
    assert (summary["overall"]["precision"], summary["overall"]["recall"]) == (precision, 1)
    assert summary["settings"]["distractor_classes"] == {name: classes}
    assert summary["settings"]["scored_boxes"] == {name: FRAMES}
    assert f"{name}: {FRAMES} frames, {FRAMES} of {2 * FRAMES} true boxes scored" in capsys.readouterr().out


def test_a_model_is_used_recorded_and_remembered(make_sequence, monkeypatch, capsys):
    class Model:
        name, engine, dimension, weights_hash, thresholds = "fake", "paper", 3, "0123", Thresholds(0.08)

        def __call__(self, frame, boxes):
            middle = ((boxes[:, :2] + boxes[:, 2:]) / 2).astype(int)
            colours = frame[middle[:, 1], middle[:, 0]].astype(np.float32)
            return colours / np.linalg.norm(colours, axis=1, keepdims=True)

    monkeypatch.setattr("reid.load", lambda name, engine, device: Model())
    folder = make_sequence(images=True)
    first = run_on(folder, "--reid", "fake", "--tracker", "motdt")
    assert first["rows"][0]["fps_reid"] > 0 and first["settings"]["reid_cached"] == {"walk": False}
    assert first["settings"]["reid_weights"] == "0123" and first["settings"]["reid_engine"] == "paper"
    assert first["settings"]["thresholds"]["max_appearance_distance"] == pytest.approx(0.4)
    second = run_on(folder, "--reid", "fake", "--tracker", "motdt")
    assert second["settings"]["reid_cached"] == {"walk": True}
    assert second["rows"][0]["mota"] == first["rows"][0]["mota"]
    assert "appearance threshold: euclidean distance 0.400, cosine 0.080, from the model" in capsys.readouterr().out


def test_video_is_written_on_request(make_sequence, tmp_path):
    run_on(make_sequence(images=True), "--reid", "none", "--video")
    capture = cv2.VideoCapture(str(tmp_path / "out" / "video" / "walk.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES and capture.get(cv2.CAP_PROP_FRAME_WIDTH) == SIZE[0]


def test_the_rendered_demo_is_tracked_well(demo_data, tmp_path):
    main(["--data", str(demo_data), "--output", str(tmp_path), "--reid", "none", "--tracker", "sort"])
    row = json.loads((tmp_path / "summary.json").read_text())["rows"][0]
    assert row["sequence"] == "plaza" and row["mota"] > 0.4 and row["precision"] > 0.8


def test_without_mot16_the_demo_runs_and_says_how_to_get_it(demo_data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mot16, "DEMO", demo_data)
    monkeypatch.setattr("mtmc.simulation.demo_sequences", lambda folder: [folder / "plaza"])
    main(["--reid", "none", "--tracker", "sort"])
    assert (tmp_path / "outputs" / "mot16" / "summary.json").is_file()
    assert "`python -m benchmarks.mot16 --download` gets MOT16" in capsys.readouterr().out


def test_download_fetches_to_where_the_run_looks(make_sequence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mot16, "fetch_mot16", lambda folder: make_sequence("train/MOT16-02").parents[1].rename(folder))
    main(["--download", "--data", str(tmp_path / "fetched"), "--reid", "none"])
    rows = json.loads((tmp_path / "outputs" / "mot16" / "summary.json").read_text())["rows"]
    assert [row["sequence"] for row in rows] == ["MOT16-02"]


def test_mot16_means_its_validation_set_and_prints_the_papers_figures(make_sequence, tmp_path, capsys):
    for name in [*VALIDATION, "MOT16-04"]:
        make_sequence(f"train/{name}")
    main(["--data", str(tmp_path / "data"), "--output", str(tmp_path / "out"), "--reid", "none", "--tracker", "sort"])
    rows = json.loads((tmp_path / "out" / "summary.json").read_text())["rows"]
    assert [row["sequence"] for row in rows] == list(VALIDATION)
    printed = capsys.readouterr().out
    assert "36.7" in printed and "46.1" in printed


def test_elsewhere_all_sequences_are_meant_and_the_papers_figures_are_left_out(make_sequence, capsys):
    make_sequence("MOT16-02")
    assert len(run_on(make_sequence("MOT16-05"), "--reid", "none")["rows"]) == 2
    assert "36.7" not in capsys.readouterr().out


def test_sequences_without_the_chosen_detections_are_skipped_unless_named(make_sequence, capsys):
    (make_sequence("bare") / "det" / "det.txt").unlink()
    folder = make_sequence()
    assert [row["sequence"] for row in run_on(folder, "--reid", "none")["rows"]] == ["walk"]
    assert "skipped, without det/det.txt: bare" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"bare.det.det\.txt: no such file"):
        run_on(folder, "--reid", "none", "--sequences", "walk", "bare")


def test_a_folder_that_is_a_sequence_itself_is_explained(make_sequence):
    with pytest.raises(InputError, match="give its parent and --sequences walk"):
        find_sequences(BENCHMARKS["mot16"], make_sequence(), None)


def test_rows_of_finished_sequences_stay_when_a_later_one_fails(make_sequence, tmp_path):
    make_sequence("a", images=True)
    broken = make_sequence("b", images=True)
    (broken / "img1" / "000005.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"000005\.png: frame 5"):
        run_on(broken, "--reid", "none", "--video")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [row["sequence"] for row in summary["rows"]] == ["a"]
    assert sorted(path.name for path in (tmp_path / "out" / "tracks").iterdir()) == ["a.txt", "b.partial.txt"]
    kept = cv2.VideoCapture(str(tmp_path / "out" / "video" / "b.partial.mp4"))
    assert kept.get(cv2.CAP_PROP_FRAME_COUNT) == 4


def test_a_model_that_fails_names_the_frame_and_leaves_what_is_done(make_sequence, tmp_path, monkeypatch):
    calls = []

    def failing(frame, boxes):
        calls.append(frame)
        return np.eye(2) if len(calls) < 5 else np.zeros((2, 2))

    monkeypatch.setattr(mot16, "open_appearance", lambda *_: failing)
    with pytest.raises(InputError, match=r"^walk, frame 5: the appearance model .* embedding 0 is all zeros"):
        run_on(make_sequence(images=True), "--reid", "own")
    kept = np.loadtxt(tmp_path / "out" / "tracks" / "walk.partial.txt", delimiter=",")
    assert kept[:, 0].max() == 4


def test_a_run_leaves_no_results_of_the_run_before(make_sequence, tmp_path):
    make_sequence("a")
    folder = make_sequence("b")
    run_on(folder, "--reid", "none")
    (tmp_path / "out" / "tracks" / "mine.txt").write_text("mine")
    run_on(folder, "--reid", "none", "--sequences", "b")
    assert sorted(path.name for path in (tmp_path / "out" / "tracks").iterdir()) == ["b.txt", "mine.txt"]
    with pytest.raises(InputError, match="wlak"):
        run_on(folder, "--reid", "none", "--sequences", "wlak")
    assert (tmp_path / "out" / "tracks" / "b.txt").exists() and (tmp_path / "out" / "summary.json").exists()


def replace_line(number: int, line: str):
    def spoil(folder, _arguments) -> None:
        path = folder / "det" / "det.txt"
        lines = path.read_text().splitlines()
        lines[number - 1] = line
        path.write_text("\n".join(lines))

    return spoil


def truth_of_class(kind: str):
    def spoil(folder, _arguments) -> None:
        path = folder / "gt" / "gt.txt"
        path.write_text(path.read_text().replace(",1,1,1\n", f",1,{kind},1\n"))

    return spoil


def leave_out_of_account(folder, _arguments):
    path = folder / "gt" / "gt.txt"
    path.write_text(path.read_text().replace(",1,1,1\n", ",0,-1,-1,-1\n"))


def break_image(folder, _arguments):
    (folder / "img1" / "000003.png").write_bytes(b"no image")


def break_weights(folder, arguments):
    (folder.parent / "wrong.safetensors").write_bytes(b"no weights")
    arguments[arguments.index("none")] = str(folder.parent / "wrong.safetensors")


def set_option(option: str, value: str):
    return lambda folder, arguments: arguments.extend([option, value.format(folder=folder)])


MISTAKES = {
    "missing folder": (set_option("--data", "{folder}/nowhere"), "nowhere: not a folder"),
    "missing sequence": (set_option("--sequences", "wlak"), "wlak: not a sequence folder; choose from walk"),
    "truth of class -1": (truth_of_class("-1"), "walk: gt/gt.txt has no box to score"),
    "truth of class 0": (truth_of_class("0"), "walk: gt/gt.txt has no box to score"),
    "truth of class 2": (truth_of_class("2"), "walk: gt/gt.txt has no box to score"),
    "truth that is not considered": (leave_out_of_account, "walk: gt/gt.txt has no box to score"),
    "empty truth": (lambda folder, _: (folder / "gt" / "gt.txt").write_text("\n"), r"gt.txt: empty"),
    "letters in a number": (replace_line(4, "2,-1,1O,8,20,48,0.9,-1,-1,-1"), "line 4: column 3 must be a number, not '1O'"),
    "negative width": (replace_line(4, "2,-1,10,8,-20,48,0.9,-1,-1,-1"), "line 4: the box is -20 wide"),
    "NaN": (replace_line(4, "2,-1,10,8,20,nan,0.9,-1,-1,-1"), "line 4: column 6 is not a finite number"),
    "frame beyond the sequence": (replace_line(4, "99,-1,10,8,20,48,0.9,-1,-1,-1"), "line 4: frame 99 is beyond"),
    "unreadable image": (break_image, "000003.png: frame 3 does not decode"),
    "wrong weights file": (break_weights, "wrong.safetensors"),
    "unknown tracker": (set_option("--tracker", "motdd"), "unknown tracker motdd; choose from "),
    "unknown ReID model": (set_option("--reid", "robbust"), "unknown network robbust"),
    "unwritable output": (set_option("--output", "{folder}/seqinfo.ini/out"), "not writable"),
    "missing config": (set_option("--config", "{folder}/mine.yaml"), "mine.yaml: no such file"),
}


@pytest.mark.parametrize("mistake", [None, *MISTAKES])
def test_a_mistake_costs_one_sentence_and_the_clean_run_none(make_sequence, tmp_path, capsys, mistake):
    folder = make_sequence(images=True)
    arguments = ["--data", str(folder.parent), "--output", str(tmp_path / "out"), "--reid", "none", "--video"]
    if mistake is None:
        run(lambda: main(arguments))
        assert capsys.readouterr().err == ""
        return
    spoil, sentence = MISTAKES[mistake]
    spoil(folder, arguments)
    with pytest.raises(SystemExit) as exit:
        run(lambda: main(arguments))
    error = capsys.readouterr().err
    assert exit.value.code == 2
    first, *kept = error.splitlines()
    assert first.startswith("error: ") and sentence in first
    out = tmp_path / "out"
    assert kept == (
        [f"2 frames are kept below {out}: tracks/walk.partial.txt, video/walk.partial.mp4"] * (mistake == "unreadable image")
    )


def test_the_command_line_exits_with_0_and_with_2(make_sequence, tmp_path):
    command = [sys.executable, "-m", "benchmarks.mot16", "--reid", "none", "--output", str(tmp_path / "out"), "--data"]
    clean = subprocess.run([*command, str(make_sequence().parent)], capture_output=True, text=True)
    assert (clean.returncode, clean.stderr) == (0, "") and "OVERALL" in clean.stdout
    missing = subprocess.run([*command, str(tmp_path / "nowhere")], capture_output=True, text=True)
    assert missing.returncode == 2 and missing.stderr.count("\n") == 1
