"""The crowd on which association is timed, and the command that times it."""

import json
import sys

import numpy as np
import pytest

import trackers
from benchmarks.speed import __main__ as speed
from benchmarks.speed.crowd import crowd


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
