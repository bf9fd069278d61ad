"""What the README shows: its Python runs as it stands, and its command lines are understood."""

import importlib
import re
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import walking_image
from visitors import MeanColour, visitors

import mtmc
import reid
from mtmc.commands import COMMANDS
from mtmc.sequences.readers.folder import write_folder
from reid.common.command_line import dispatch
from reid.weights.thresholds import Thresholds

README = Path(__file__).parents[1] / "README.md"
FRAMES = 30  # of the room: its three people stand in their places


class Colours(MeanColour):
    """What `reid.load` gives in place of a network: it embeds crops, or the boxes of a frame."""

    def __call__(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        return self.embed([frame[top:bottom, left:right] for left, top, right, bottom in boxes.round().astype(int)])


@pytest.fixture
def networks(monkeypatch) -> list[str]:
    """The names of the networks that were loaded; each is a `Colours`."""
    names: list[str] = []

    def load(name: str) -> Colours:
        names.append(name)
        return Colours(Thresholds(image=0.05, set=0.05, link=0.05))

    monkeypatch.setattr(reid, "load", load)
    return names


def command_lines() -> list[list[str]]:
    """The words of each line `python -m PACKAGE COMMAND ...` for mtmc and reid, behind `python -m`, without comments."""
    text = README.read_text(encoding="utf-8").replace("\\\n", " ")
    return [shlex.split(line, comments=True)[2:] for line in re.findall(r"^python -m (?:mtmc|reid) .*$", text, re.MULTILINE)]


@pytest.mark.parametrize("words", command_lines(), ids=lambda words: " ".join(words[:2]))
def test_a_command_line_is_understood(words, monkeypatch):
    package, command, *_ = words
    given = []
    monkeypatch.setattr(importlib.import_module(f"{package}.commands.{command}"), "run", given.append)
    commands = importlib.import_module(f"{package}.commands").COMMANDS
    dispatch(package, commands, README.name, words[1:])
    assert [options.command for options in given] == [command]


def test_every_command_of_mtmc_is_shown():
    assert {command for package, command, *_ in command_lines() if package == "mtmc"} == set(COMMANDS)


def run_block_with(text: str) -> None:
    """Run the one block of Python in the README that has `text` in it."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (block,) = (each for each in blocks if text in each)
    exec(compile(block, f"{README.name}, {text}", "exec"), {})


def test_the_readme_has_three_blocks_of_python_which_are_tested_here():
    assert README.read_text(encoding="utf-8").count("```python") == 3


def test_one_camera_is_tracked(networks, make_sequence, tmp_path, monkeypatch, capsys):
    detections = make_sequence() / "det" / "det.txt"
    monkeypatch.chdir(tmp_path)
    detections.rename("walk.txt")
    images = [walking_image(frame) for frame in range(12)]
    height, width = images[0].shape[:2]
    video = cv2.VideoWriter("walk.mp4", cv2.VideoWriter_fourcc(*"mp4v"), 10, (width, height))
    for image in images:
        video.write(image)
    video.release()
    run_block_with("open_sequence(")
    lines = [line for line in capsys.readouterr().out.splitlines() if re.match(r"\d+ \[", line)]
    assert networks == ["robust"] and len(lines) == 12
    assert lines[0].startswith("0 [] ") and lines[-1].startswith("11 [1 2] ")


def test_boxes_of_ones_own_detector_become_a_track(capsys):
    run_block_with("trackers.build(")
    out = capsys.readouterr().out
    assert out.splitlines()[:2] == ["[] []", "[] []"]
    assert out.count("[1] [[") == 3


def test_people_of_several_cameras_are_followed(networks, tmp_path, monkeypatch, capsys):
    (tmp_path / "people").mkdir()
    recording = visitors(tmp_path / "people")
    monkeypatch.chdir(tmp_path)
    write_folder(Path("room"), recording)
    info = Path("room/seqinfo.ini")
    info.write_text(info.read_text().replace(f"seqLength={recording.length}", f"seqLength={FRAMES}"))
    for text in [*Path("room/det").iterdir(), *Path("room/gt").iterdir(), Path("room/gt.txt")]:
        kept = [line for line in text.read_text().splitlines(True) if int(line.split(",")[0]) <= FRAMES]
        text.write_text("".join(kept))
    for view in recording.views:
        (Path("room") / view.name).mkdir()
        for number, image in zip(range(1, FRAMES + 1), view.images, strict=False):
            cv2.imwrite(f"room/{view.name}/{number:06d}.png", image)
    asked = iter([found for frame in range(FRAMES) for found in recording.at(frame)])
    monkeypatch.setattr(mtmc, "open_detector", lambda name: lambda image: next(asked))
    run_block_with("follow_people(")
    moments = re.findall(r"^(\d+\.\d+) \[([\d ]*)\]", capsys.readouterr().out, re.MULTILINE)
    assert networks == ["robust"] and len(moments) == FRAMES
    assert [float(time) for time, _ in moments] == pytest.approx([frame / 10 for frame in range(FRAMES)])
    assert sorted(moments[-1][1].split()) == ["1", "2", "3"]
