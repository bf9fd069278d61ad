"""Cameras apart from a folder on disk to people: the command, its function, and the benchmark say the same."""

import json
import signal
from dataclasses import replace

import cv2
import numpy as np
import pytest
from passers import passers
from views import with_images
from visitors import MeanColour

import mtmc
import mtmc.single.appearance
from benchmarks import rooms
from mtmc.__main__ import main
from mtmc.linking.cameras_apart import Linking
from mtmc.sequences import write_folder
from reid.common.errors import InputError, run
from reid.weights.thresholds import Thresholds


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return passers(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def folder(recording, tmp_path_factory):
    """The recording as a folder with pictures, as anybody's cameras would leave it."""
    place = tmp_path_factory.mktemp("rooms") / "passers"
    write_folder(place, recording)
    for view in recording.views:
        (place / view.name).mkdir()
        for number, image in enumerate(view.images, 1):
            cv2.imwrite(str(place / view.name / f"{number:06d}.png"), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return place


@pytest.fixture
def colours(monkeypatch):
    """Every network is one that sees colours."""
    model = MeanColour()
    monkeypatch.setattr(mtmc.single.appearance, "open_appearance", lambda name, *_: None if name == "none" else model)
    monkeypatch.setattr(rooms, "open_appearance", lambda name, *_: model)
    return model


def test_the_command_gives_what_the_benchmark_gives(recording, folder, colours, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rooms, "rooms", lambda *_: recording)
    rooms.main(["--reid", "colour", "--output", str(tmp_path / "benchmark")])
    for linking, options in (("offline", []), ("online", ["--online"])):
        for travel in ("learned", "none"):
            out = tmp_path / f"{linking}-{travel}"
            main(["link", str(folder), "--travel", travel, *options, "--output", str(out)])
            assert capsys.readouterr().out.endswith(f"500 frames of 2 cameras, 3 people: {out}\n")
            expected = tmp_path / "benchmark" / "colour" / f"{linking}-{travel}"
            ours, theirs = (np.loadtxt(each / "world.csv", delimiter=",", skiprows=1) for each in (out, expected))
            np.testing.assert_array_equal(ours[:, :3], theirs[:, :3])
            np.testing.assert_allclose(ours[:, 3:], theirs[:, 3:], atol=0.02)  # a detection file has two digits of a pixel


def test_the_function_takes_a_folder_or_a_recording_and_finds_three_people(recording, folder):
    found = [mtmc.link_recordings(source, MeanColour()) for source in (recording, folder)]
    for moments in found:
        assert len(moments) == 500 and len(set(np.concatenate([moment.people for moment in moments]).tolist())) == 3
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one.people, other.people)


def test_a_detector_that_finds_the_same_gives_the_same_people(recording):
    asked = iter([found for frame in range(recording.length) for found in recording.at(frame)])
    moments = mtmc.link_recordings(recording, MeanColour(), detector=lambda image: next(asked))
    for moment, expected in zip(moments, mtmc.link_recordings(recording, MeanColour()), strict=True):
        np.testing.assert_array_equal(moment.people, expected.people)


def test_ctrl_c_leaves_what_was_followed_linked_and_says_so(folder, colours, tmp_path, monkeypatch, capsys):
    def interrupted(self):
        for frame in follow(self):
            if frame == 200:
                raise KeyboardInterrupt
            yield frame

    follow = Linking.follow
    monkeypatch.setattr(Linking, "follow", interrupted)
    with pytest.raises(SystemExit) as ending:
        run(lambda: main(["link", str(folder), "--output", str(tmp_path / "out")]))
    assert ending.value.code == 130
    lines = (tmp_path / "out" / "world.partial.jsonl").read_text().splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(1, 202))
    assert "world.partial.csv" in capsys.readouterr().err


def test_ctrl_c_while_tracklets_are_linked_loses_no_frame_that_was_followed(folder, colours, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("mtmc.linking.cameras_apart.name_offline", lambda *_: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as ending:
        run(lambda: main(["link", str(folder), "--output", str(tmp_path / "out")]))
    assert ending.value.code == 130
    lines = (tmp_path / "out" / "world.partial.jsonl").read_text().splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(1, 501))
    told = capsys.readouterr().err
    assert told.startswith("interrupted: people are not linked") and told.count("\n") == 1 and "500 frames are kept" in told


def test_a_detector_that_fails_loses_no_frame_that_was_followed(folder, colours, recording, tmp_path, monkeypatch):
    asked = iter([found for frame in range(100) for found in recording.at(frame)])

    def failing(image):
        if (found := next(asked, None)) is None:
            raise RuntimeError("the detector's own")
        return found

    monkeypatch.setattr("mtmc.detection.opening.open_detector", lambda *_: failing)
    with pytest.raises(InputError, match="west, frame 101: the detector fails: RuntimeError: the detector's own"):
        main(["link", str(folder), "--detector", "mine.onnx", "--output", str(tmp_path / "out")])
    assert len((tmp_path / "out" / "world.partial.jsonl").read_text().splitlines()) == 100


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--reid", "none"], "cameras that share no view are linked by appearance"),
        (["--min-score", "0.5"], "--min-score needs a detector"),
        (["--detections", "yolo"], "unknown detections yolo"),
    ],
)
def test_mistakes_are_told(folder, colours, tmp_path, arguments, told):
    with pytest.raises(InputError, match=told):
        main(["link", str(folder), *arguments, "--output", str(tmp_path)])


def test_what_linking_needs_is_told(recording):
    with pytest.raises(InputError, match="no images of east"):
        mtmc.link_recordings(with_images(recording, "east", None), MeanColour())
    with pytest.raises(InputError, match="no threshold for linking across cameras"):
        mtmc.link_recordings(recording, MeanColour(Thresholds()))
    blind = replace(recording, views=tuple(replace(each, detections=[None] * recording.length) for each in recording.views))
    with pytest.raises(InputError, match=r"no detections; add det/NAME\.txt for each camera, or give a detector"):
        mtmc.link_recordings(blind, MeanColour())
    with pytest.raises(TypeError, match=r"detector must be one from mtmc\.open_detector"):
        mtmc.link_recordings(recording, MeanColour(), detector="yolox_s.onnx")
