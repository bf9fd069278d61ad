"""Benchmarks by name: folders in the layout of each, its rules, and what it asks for; KITTI scores as in its official kit."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import FRAMES, walking_image
from kitti_files import LENGTH, found_rows, label, write_kitti

import trackers
from benchmarks.layouts import BENCHMARKS, find_sequences
from benchmarks.mot16 import main
from benchmarks.scores.clearmot import score
from mtmc.sequences.mot_text import TrackFile
from mtmc.sequences.readers.kitti import read_kitti
from reid.common.errors import InputError


def run_on(benchmark: str, data: Path, *arguments: str) -> dict:
    """Run the benchmark on `data` with boxes alone; what it wrote to summary.json."""
    output = data.parent / "out"
    common = ["--benchmark", benchmark, "--data", str(data), "--output", str(output), "--reid", "none", "--tracker", "sort"]
    main([*common, *arguments])
    return json.loads((output / "summary.json").read_text())


def red(image: np.ndarray) -> trackers.Detections:
    """A detector of the person in red."""
    rows, columns = np.nonzero((image[..., 2] > 180) & (image[..., 0] < 80))
    return trackers.Detections([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], [0.9])


@pytest.mark.parametrize("columns", ["1,-1,-1,-1", "1,1,1"])
def test_mot15_has_no_classes(make_sequence, tmp_path, columns):
    path = make_sequence("train/Venice-2") / "gt" / "gt.txt"
    path.write_text(path.read_text().replace(",1,1,1\n", f",{columns}\n"))
    summary = run_on("mot15", tmp_path / "data")
    assert [row["sequence"] for row in summary["rows"]] == ["Venice-2"] and summary["overall"]["hota"] > 0.9
    assert summary["settings"]["benchmark"] == "mot15" and "sums" not in summary


def test_mot17_sums_the_sequences_of_each_detector(make_sequence, tmp_path, capsys):
    for name in ("MOT17-02-DPM", "MOT17-02-SDP", "MOT17-04-DPM", "MOT17-04-SDP"):
        path = make_sequence(f"train/{name}") / "det" / "det.txt"
        if name.endswith("DPM"):
            path.write_text("".join(path.read_text().splitlines(keepends=True)[:FRAMES]))
    summary = run_on("mot17", tmp_path / "data")
    sums = {row["sequence"]: row["fn"] for row in summary["sums"]}
    assert list(sums) == ["OVERALL", "OVERALL DPM", "OVERALL SDP"]
    assert sums["OVERALL"] == sums["OVERALL DPM"] > sums["OVERALL SDP"] == 0
    assert summary["overall"]["fn"] == sums["OVERALL"] and len(summary["rows"]) == 4 and "overall_of" not in summary
    assert "OVERALL DPM" in capsys.readouterr().out


def test_mot20_has_its_distractors_whatever_the_folders_are_called(make_sequence, tmp_path):
    make_sequence("train/square")
    classes = {name: run_on(name, tmp_path / "data")["settings"]["distractor_classes"] for name in ("mot20", "mot17")}
    assert classes == {"mot20": {"square": [2, 6, 7, 8, 12]}, "mot17": {"square": [2, 7, 8, 12]}}


def test_dancetrack_has_images_of_eight_digits_and_no_detections(make_sequence, tmp_path, monkeypatch):
    for split in ("train", "val"):
        folder = make_sequence(f"{split}/dancetrack0004")
        (folder / "det" / "det.txt").unlink()
        (folder / "det").rmdir()
    (folder / "img1").mkdir()
    for frame in range(FRAMES):
        cv2.imwrite(str(folder / "img1" / f"{frame + 1:08d}.png"), walking_image(frame))
    with pytest.raises(InputError, match="dancetrack comes without detections: give --detector FILE, or --detections FILE"):
        run_on("dancetrack", tmp_path / "data")
    monkeypatch.setattr("benchmarks.mot16.open_detector", lambda name, score: red)
    summary = run_on("dancetrack", tmp_path / "data", "--detector", "own:red")
    assert (summary["overall"]["fn"], summary["overall"]["fp"], summary["overall"]["idf1"]) == (FRAMES, 0, pytest.approx(2 / 3))
    assert (summary["settings"]["detector"], summary["settings"]["detections"]) == ("own:red", None)


def test_kitti_is_tracked_by_the_detections_named(tmp_path, capsys):
    write_kitti(tmp_path / "data" / "training")
    (tmp_path / "data" / "training" / "label_02" / "0009.txt").write_text(label(0, 1, "Car", 0, 0, [0, 0, 9, 9]))
    summary = run_on("kitti", tmp_path / "data", "--detections", "mine")
    assert [row["sequence"] for row in summary["rows"]] == ["0003"] and summary["overall"]["recall"] > 0.3
    assert summary["settings"]["scored_boxes"] == {"0003": 3 * LENGTH}
    assert "skipped, without det_02/mine/NAME.txt: 0009" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"no sequence .label_02/NAME\.txt or image_02/NAME/. in it"):
        find_sequences(BENCHMARKS["kitti"], tmp_path / "data" / "training" / "label_02", None)


def test_download_is_for_mot16(tmp_path):
    with pytest.raises(InputError, match=r"--download gets MOT16 only: unpack mot20 to data.MOT20 yourself"):
        run_on("mot20", tmp_path, "--download")


@pytest.mark.parametrize("seed", range(3))
def test_kitti_scores_as_in_its_kit(tmp_path, seed):
    pytest.importorskip("trackeval", reason="trackeval is not installed: pip install -e '.[test]'")
    from test_benchmarks_clearmot import assert_equal_to_the_kit
    from trackeval.datasets import Kitti2DBox
    from trackeval.metrics import CLEAR, HOTA, Identity

    root, found = write_kitti(tmp_path / "gt"), found_rows(seed)
    (root / "evaluate_tracking.seqmap.training").write_text(f"0003 empty 000000 {LENGTH:06d}\n")
    (tmp_path / "results" / "ours" / "data").mkdir(parents=True)
    lines = (label(frame, i, "Pedestrian", -1, -1, box.round(2), 1.0) for frame, i, box in found)
    (tmp_path / "results" / "ours" / "data" / "0003.txt").write_text("".join(lines))
    folders = {"GT_FOLDER": str(root), "TRACKERS_FOLDER": str(tmp_path / "results"), "TRACKERS_TO_EVAL": ["ours"]}
    kit = Kitti2DBox(folders | {"CLASSES_TO_EVAL": ["pedestrian"], "SPLIT_TO_EVAL": "training", "PRINT_CONFIG": False})
    frames = kit.get_preprocessed_seq_data(kit.get_raw_seq_data("ours", "0003"), "pedestrian")
    families = CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False}), HOTA()
    theirs = {key: value for family in families for key, value in family.eval_sequence(frames).items()}
    numbers, ids, boxes = zip(*found, strict=True)
    tracks = TrackFile(np.array(numbers), np.array(ids), np.array(boxes).round(2))
    counts = score(read_kitti(root, "0003").ground_truth, tracks, LENGTH, rules=BENCHMARKS["kitti"].rules)
    assert 0 < counts.fp < len(found) - 3 * LENGTH
    assert_equal_to_the_kit(counts, theirs)
