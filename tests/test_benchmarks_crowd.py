"""The crowd on which association is timed, and the command that times it."""

import json
import re
import sys

import cv2
import numpy as np
import pytest

import trackers
from benchmarks.speed import __main__ as speed
from benchmarks.speed.association import compare, draw, read_peers
from benchmarks.speed.crowd import crowd
from reid.common.errors import InputError


def test_the_crowd_is_the_same_every_time_and_another_with_another_seed():
    first, again, other = crowd(20, 10, 16), crowd(20, 10, 16), crowd(20, 10, 16, seed=1)
    for one, two in zip(first, again, strict=True):
        for ours, theirs in zip(one, two, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert len(first[0][0]) != len(other[0][0]) or not np.array_equal(first[0][0], other[0][0])


def test_the_crowd_has_boxes_scores_and_unit_embeddings_of_about_as_many_people():
    frames = crowd(50, 30, 16)
    assert len(frames) == 50
    for boxes, scores, embeddings in frames:
        assert boxes.shape == (len(scores), 4)
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        assert ((scores >= 0) & (scores <= 1)).all()
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-5)
    assert 24 < np.mean([len(scores) for _, scores, _ in frames]) < 31


def test_a_share_of_the_scores_is_low_and_all_else_stays():
    crowds = crowd(50, 30, 16), crowd(50, 30, 16, low_share=1 / 3)
    for (boxes, scores, _), (same, lowered, _) in zip(*crowds, strict=True):
        np.testing.assert_array_equal(boxes, same)
        low = lowered < 0.6
        np.testing.assert_array_equal(lowered[~low], scores[~low])
        np.testing.assert_allclose(lowered[low], scores[low] - 0.5, rtol=1e-6)
    share = np.mean(np.concatenate([lowered for _, lowered, _ in crowds[1]]) <= 0.5)
    assert 0.3 < share < 0.37


def test_the_speed_command_writes_a_row_for_each_tracker_and_crowd(tmp_path, monkeypatch, capsys):
    scene = tmp_path / "scene.py"
    scene.write_text("from benchmarks.speed.crowd import crowd as ours\n\ncrowd = lambda people, dim: ours(60, people, dim)\n")
    arguments = ["association", "--people", "3", "6", "--dim", "8", "16", "--crowd", str(scene), "--output", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["speed", *arguments])
    speed.main()
    rows = json.loads((tmp_path / "association.json").read_text())["rows"]
    work = {(row["tracker"], row["people"], row["dim"]) for row in rows}
    assert len(work) == len(rows) == sum(4 if trackers.build(name).uses_appearance else 2 for name in trackers.available())
    assert {("sort", 3, None), ("deepsort", 6, 8), ("motdt", 6, 16)} <= work
    assert all(row["fps"] > 0 and row["ms"] > 0 for row in rows)
    assert all(row["cost"] == 1 for row in rows if row["people"] == 3)
    assert "motdt" in capsys.readouterr().out


@pytest.mark.parametrize("text", [None, "people = 3\n"])
def test_a_crowd_that_cannot_be_read_is_told(text, tmp_path, monkeypatch):
    scene = tmp_path / "scene.py"
    if text is not None:
        scene.write_text(text)
    monkeypatch.setattr(sys, "argv", ["speed", "association", "--crowd", str(scene)])
    with pytest.raises(speed.InputError, match=r"crowd\(people=, dim=\)"):
        speed.main()


def test_our_rows_stand_beside_the_fastest_peer_of_the_same_algorithm(tmp_path):
    path = tmp_path / "peers.jsonl"
    lines = [("one sort", 40, 100.0), ("one sort", 40, 120.0), ("two sort", 40, 90), ("one sfsort", 40, 300.0)]
    entries = [{"name": name, "people": people, "fps": fps} for name, people, fps in lines]
    entries.append({"name": "two ocsort", "error": "ImportError('lap')"})
    path.write_text("\n\n".join(json.dumps(entry) for entry in entries))
    rows = [{"tracker": name, "people": people, "dim": None, "fps": 240.0} for name, people in [("sort", 40), ("sort", 10)]]
    left, failed = compare(rows, read_peers(path))
    assert [(row["peer"], row["peer fps"], row["ratio"]) for row in rows] == [("one sort", 120.0, 2.0), (None, None, None)]
    assert "one sfsort (40 people)" in left and "1 figures" in left
    assert "two ocsort gave no figures: ImportError('lap')" in failed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"name": "a sort", "people": 40, "fps": 9}\n{"name": "a sort"', "line 2: must be a JSON object"),
        ("[1, 2]", "line 1: must be a JSON object"),
        ('{"people": 40, "fps": 9}', 'line 1: must be a JSON object with "name"'),
        ('\n{"name": "a sort", "fps": 9}', 'line 2: "people" must be a positive whole number, not None'),
        ('{"name": "a sort", "people": 40, "fps": NaN}', 'line 1: "fps" must be a positive number, not nan'),
        ('{"name": "a sort", "people": 40, "fps": true}', 'line 1: "fps" must be a positive number, not True'),
        ("\n", "holds no figures"),
        (None, "peers.jsonl"),
    ],
)
def test_a_bad_file_of_peers_is_told_with_its_line(text, told, tmp_path):
    path = tmp_path / "peers.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=re.escape(told)):
        read_peers(path)


def test_the_plot_is_a_picture_of_ours_and_the_peers(tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "peers.jsonl"
    path.write_text('{"name": "one sort", "people": 10, "fps": 100}')
    rows = [{"tracker": "sort", "people": people, "dim": None, "fps": 900.0} for people in (10, 40)]
    draw(rows, tmp_path / "cost.png", read_peers(path))
    assert cv2.imread(str(tmp_path / "cost.png")).std() > 10


def test_a_plot_without_matplotlib_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"mtmc\[plots\]"):
        draw([], tmp_path / "cost.png")


@pytest.mark.parametrize("arguments", [["--low-share", "1.5"], ["--low-share", "0.3", "--crowd", "scene.py"]])
def test_a_share_beyond_one_or_of_another_crowd_is_refused(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["speed", "association", *arguments])
    with pytest.raises((SystemExit, InputError)) as error:
        speed.main()
    assert "low-share" in f"{error.value} {capsys.readouterr().err}"
