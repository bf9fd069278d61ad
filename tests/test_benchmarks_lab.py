import json
import shutil
import sys

import cv2
import numpy as np
import pytest
from visitors import CAMERAS, MeanColour, visitors

from benchmarks import lab
from benchmarks.scores.results import COLUMNS, folder_names
from mtmc.sequences.readers.folder import write_folder
from reid.common.errors import InputError


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A plain folder in which three people visit a room twice, with the images of those frames."""
    folder = tmp_path_factory.mktemp("data")
    sequence = visitors(tmp_path_factory.mktemp("people"))
    write_folder(folder, sequence)
    for camera, images in ((each.name, each.images) for each in sequence.views):
        (folder / camera).mkdir()
        for number, image in enumerate(images, 1):
            cv2.imwrite(str(folder / camera / f"{number:06d}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return folder


@pytest.fixture
def models(monkeypatch):
    monkeypatch.setattr(lab, "open_appearance", lambda name, *_: None if name == "none" else MeanColour())


def run(output, *arguments):
    lab.main([*map(str, arguments), "--output", str(output)])
    return json.loads((output / "summary.json").read_text())


def test_each_model_is_a_row_and_appearance_brings_people_back_under_their_number(data, models, tmp_path, capsys):
    summary = run(tmp_path, "--data", data, "--reid", "none,colour")
    none, colour = summary["rows"]
    assert [row["reid"] for row in summary["rows"]] == ["none", "colour"] and summary["overall"] == colour
    assert summary["overall_of"] == "colour"
    assert none["mota"] == pytest.approx(colour["mota"], abs=0.03) and none["mota"] > 0.9
    assert none["idf1"] < 0.7 and colour["idf1"] > 0.95
    assert (none["fp"], none["fn"]) == (colour["fp"], colour["fn"])
    assert none["people"] == 6 and colour["people"] == 3
    assert none["crops"] == 0 and none["fps_reid"] is None and 24 <= colour["crops"] <= 96
    for row in summary["rows"]:
        assert {key for key, _, _ in COLUMNS} < row.keys()
        assert row["cameras"].keys() == CAMERAS.keys()
        assert all(0.5 < camera["mota"] <= 1 for camera in row["cameras"].values())
    assert summary["settings"]["metric"] == "world" and summary["settings"]["radius"] == 1.0 and summary["versions"]["python"]
    printed = capsys.readouterr().out
    assert "below, in each camera's images" in printed
    assert "89.1" in printed and "96.1" in printed and "colour" in printed
    assert "on LAB, another recording; --help tells how to bring it in" in printed


def test_rows_of_cameras_are_announced_only_where_their_truth_is_known(data, models, tmp_path, capsys):
    folder = shutil.copytree(data, tmp_path / "data", ignore=shutil.ignore_patterns("gt", "*.jpg"))
    (row,) = run(tmp_path / "out", "--data", folder, "--reid", "none")["rows"]
    assert row["cameras"] == {} and "below" not in capsys.readouterr().out


def test_the_tracks_are_written_for_each_model(data, models, tmp_path):
    run(tmp_path, "--data", data, "--reid", "none,colour")
    for name in ("none", "colour"):
        assert len(np.loadtxt(tmp_path / name / "world.csv", delimiter=",", skiprows=1)) > 100
        assert sorted(path.stem for path in (tmp_path / name / "tracks").iterdir()) == sorted(CAMERAS)
    assert len(list((tmp_path / "colour" / "gallery").glob("*.jpg"))) == 3


def test_the_truth_as_detections_is_marked_an_oracle(data, models, tmp_path, capsys):
    summary = run(tmp_path, "--data", data, "--reid", "none", "--detections", "gt")
    assert summary["settings"]["oracle"] and summary["settings"]["detections"] == "gt"
    assert "oracle" in capsys.readouterr().out


def test_a_small_radius_is_a_harder_test(data, models, tmp_path):
    assert run(tmp_path, "--data", data, "--reid", "none", "--radius", 0.01)["overall"]["mota"] < 0.7


def test_people_can_be_compared_in_the_images_instead(data, models, tmp_path):
    summary = run(tmp_path, "--data", data, "--reid", "colour", "--metric", "image")
    assert summary["settings"]["metric"] == "image" and summary["settings"]["radius"] is None
    assert summary["overall"]["idf1"] > 0.9


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "DATA", "--people", "x"], "--people"),
        (["--data", "nowhere"], "nowhere"),
        (["--data", "DATA", "--persons", 3], "--persons"),
        (["--persons", 0], "holds 1 to"),
        (["--detections", "fairmot"], "fairmot"),
        (["--people", "nowhere", "--reid", "none"], "nowhere: no such folder"),
    ],
)
def test_mistakes_are_told(data, models, tmp_path, arguments, said):
    with pytest.raises(InputError, match=said):
        run(tmp_path, *[data if argument == "DATA" else argument for argument in arguments])


def test_help_tells_how_to_bring_in_the_recording_of_the_paper(capsys):
    with pytest.raises(SystemExit):
        lab.main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(each in told for each in ("Task-Decomposition", "cameras.yaml", "frameRate=15", "det/NAME.txt", "gt.txt"))


def test_the_laboratory_of_cmc_is_followed_on_the_ground(real_data, models, tmp_path):
    summary = run(tmp_path, "--data", real_data / "mtmc/CMC1", "--reid", "none")
    assert summary["overall"]["mota"] > 0.97 and summary["settings"]["detections"] == "fairmot"
    with pytest.raises(InputError, match="no images"):
        run(tmp_path, "--data", real_data / "mtmc/CMC1", "--reid", "colour")


def test_what_is_not_measured_in_metres_has_no_radius(real_data, models, tmp_path):
    with pytest.raises(InputError, match="world"):
        run(tmp_path, "--data", real_data / "mtmc/EPFL-Laboratory", "--reid", "none", "--metric", "world")


def test_models_that_share_a_files_name_have_a_folder_each():
    assert folder_names(["none", "a/last.safetensors", "mine.onnx"]) == {
        "none": "none",
        "a/last.safetensors": "last",
        "mine.onnx": "mine",
    }
    assert folder_names(["w1/last.safetensors", "../w2/last.safetensors", "my.people:A", "my.people:B"]) == {
        "w1/last.safetensors": "w1-last",
        "../w2/last.safetensors": "w2-last",
        "my.people:A": "my.people-A",
        "my.people:B": "my.people-B",
    }


def test_a_model_of_ones_own_needs_no_engine(data, monkeypatch, tmp_path):
    own = MeanColour()
    monkeypatch.delattr(MeanColour, "engine")
    monkeypatch.setattr(lab, "open_appearance", lambda *_: own)
    summary = run(tmp_path, "--data", data, "--reid", "my.people:Colours")
    assert summary["settings"]["reid"]["my.people:Colours"]["engine"] is None
    assert (tmp_path / "my.people-Colours" / "world.csv").is_file()


@pytest.fixture
def meeting_room(monkeypatch):
    """A meeting of two people that takes four seconds."""
    monkeypatch.setattr(sys.modules["mtmc.simulation.room"], "MEETING", 4.0)  # the package's `room` is its function
    return ["--persons", 2, "--seed", 1]


def test_embeddings_that_detections_carry_are_a_row_of_their_own(meeting_room, tmp_path):
    rows = run(tmp_path, *meeting_room, "--reid", "none,detections")["rows"]
    assert [row["reid"] for row in rows] == ["none", "detections"]
    assert all(row["people"] == 2 and row["crops"] == 0 and row["idf1"] > 0.9 for row in rows)


def test_detections_without_embeddings_have_no_row(real_data, tmp_path):
    with pytest.raises(InputError, match="fasterrcnn detections of cam1 carry no embeddings"):
        run(tmp_path, "--data", real_data / "mtmc/CMC1", "--detections", "fasterrcnn", "--reid", "detections")
