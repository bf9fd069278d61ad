"""`python -m reid check`: how well a network tells apart the people of a video of one's own, without labels."""

import csv
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from reid.__main__ import main
from reid.common import errors
from reid.weights.thresholds import Thresholds


@pytest.fixture
def weights(small_weights, tmp_path):
    replace(small_weights, thresholds=Thresholds(0.3)).write(tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    errors.run(main)


@pytest.fixture
def street(tmp_path):
    """A video, in MOTChallenge's layout, of five people who each walk on a line of their own; pictures of noise, detected."""
    random, folder = np.random.default_rng(0), tmp_path / "street"
    looks = random.integers(0, 256, (5, 32, 16, 3), np.uint8)
    rows = []
    (folder / "img1").mkdir(parents=True)
    (folder / "det").mkdir()
    for frame in range(1, 13):
        image = np.full((240, 120, 3), 128, np.uint8)
        for person, look in enumerate(looks):
            left, top = 2 * frame, 4 + 46 * person
            image[top : top + 32, left : left + 16] = look
            rows.append(f"{frame},-1,{left},{top},16,32,0.9")
        cv2.imwrite(str(folder / "img1" / f"{frame:06d}.png"), image)
    (folder / "det" / "det.txt").write_text("\n".join(rows))
    (folder / "seqinfo.ini").write_text("[Sequence]\nframeRate=4\nseqLength=12\nimWidth=120\nimHeight=240\n")
    return folder


def test_check_tells_people_apart_who_never_change_and_offers_a_distance(monkeypatch, weights, street, tmp_path, capsys):
    words = "check", weights, "--video", street, "--detections", "det.txt", "--device", "cpu", "--centre", "camera"
    call(monkeypatch, *words, "--output", tmp_path / "new" / "pairs.csv")
    printed = capsys.readouterr().out
    assert "40 pairs of one person a second apart, from 5 stretches of tracks" in printed
    assert "120 pairs of two people at once" in printed
    assert "separates people well here: the equal error rate is 0.0%" in printed
    assert "well here with the camera's mean subtracted" in printed
    assert printed.count("shipped") == 2  # row and verdict: a threshold of plain distances does not apply to centred ones
    rows = list(csv.DictReader((tmp_path / "new" / "pairs.csv").open()))
    assert len(rows) == 160
    assert [rows[0][name] for name in ("pair", "frame", "row", "other_frame", "other_row")] == ["genuine", "1", "1", "5", "21"]
    genuine, impostor = ([float(row["distance"]) for row in rows if row["pair"] == kind] for kind in ("genuine", "impostor"))
    assert max(genuine) < 1e-3 < min(impostor)


@pytest.mark.parametrize(
    ("shipped", "sentence"),
    [(1.5, "shipped threshold is too large, with 100.0% false matches"), (None, "A threshold of ")],
)
def test_check_says_what_is_wrong_with_the_distance_that_a_network_comes_with(
    monkeypatch, small_weights, street, tmp_path, capsys, shipped, sentence
):
    replace(small_weights, thresholds=Thresholds(shipped)).write(tmp_path / "other.safetensors")
    call(monkeypatch, "check", tmp_path / "other.safetensors", "--video", street, "--detections", "det.txt", "--device", "cpu")
    assert sentence in capsys.readouterr().out


def test_check_refuses_a_video_with_too_few_pairs(monkeypatch, weights, street, capsys):
    lines = (street / "det" / "det.txt").read_text().splitlines()
    (street / "det" / "one.txt").write_text("\n".join(lines[::5]))
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "check", weights, "--video", street, "--detections", "one.txt", "--device", "cpu")
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert "only 8 pairs of one person a second apart and 0 of two people at once, but 20 of each are needed" in told
