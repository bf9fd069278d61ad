import json
import subprocess
import sys

import numpy as np
import pytest
from passers import passers
from visitors import MeanColour

from benchmarks import rooms
from benchmarks.scores.results import COLUMNS
from reid.common.errors import InputError
from reid.weights.thresholds import Thresholds

LINKED = [(linking, travel) for linking in ("online", "offline") for travel in ("none", "learned", "given")]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The output and the summary of a run on two small places, without appearance and with the colours' model, and how many
    crops that was asked for."""
    recording, output, model = passers(tmp_path_factory.mktemp("people")), tmp_path_factory.mktemp("output"), MeanColour()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "rooms", lambda seed, people, persons: recording)
        patch.setattr(rooms, "open_appearance", lambda name, *_: None if name == "none" else model)
        rooms.main(["--reid", "none,colour", "--output", str(output)])
    return output, json.loads((output / "summary.json").read_text()), model.asked


def test_each_model_has_a_row_for_each_way_of_linking(ran):
    _, summary, asked = ran
    none, *linked = summary["rows"]
    assert (none["reid"], none["linking"], none["travel"]) == ("none", "none", "none")
    assert [(row["linking"], row["travel"]) for row in linked] == LINKED
    assert summary["overall"] == linked[-1]
    assert summary["overall_of"] == {"reid": "colour", "linking": "offline", "travel": "given"}
    assert summary["versions"]["python"]
    for row in summary["rows"]:
        assert {key for key, _, _ in COLUMNS} < row.keys() and row["true_people"] == 3
        assert row["mota"] > 0.8 and (row["fp"], row["fn"]) == (none["fp"], none["fn"])
    # All rows of a model are linked from the same views.
    assert {row["crops"] for row in linked} == {asked} and none["crops"] == 0 and none["fps_reid"] is None


def test_linking_finds_the_people_whom_unlinked_tracks_split(ran):
    _, summary, _ = ran
    none, *linked = summary["rows"]
    assert none["idf1"] < 0.4 and none["people"] == 12
    limit = summary["settings"]["perfect_links"]
    for row in linked:
        assert row["people"] == 3
        assert row["idf1"] == pytest.approx(limit["idf1"]) and row["mota"] == pytest.approx(limit["mota"])
        assert row["id_switches"] < none["id_switches"]


def test_the_tracks_of_each_row_are_written(ran):
    output, _, _ = ran
    folders = [output / "none", *(output / "colour" / f"{linking}-{travel}" for linking, travel in LINKED)]
    for folder in folders:
        assert len(np.loadtxt(folder / "world.csv", delimiter=",", skiprows=1)) > 100
        assert sorted(path.stem for path in (folder / "tracks").iterdir()) == ["east", "west"]
    assert [path.name for path in output.rglob(".*")] == [".results"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--people", "nowhere"], "nowhere: no such folder"),
        (["--persons", "0"], "--persons 0"),
        (["--seed", "-1"], "--seed -1"),
        (["--reid", "vague"], "no threshold for linking across cameras"),
    ],
)
def test_mistakes_are_told(tmp_path, monkeypatch, arguments, said):
    monkeypatch.setattr(rooms, "open_appearance", lambda name, *_: None if name == "none" else MeanColour(Thresholds()))
    with pytest.raises(InputError, match=said):
        rooms.main([*(() if "--reid" in arguments else ("--reid", "none")), *arguments, "--output", str(tmp_path)])


def test_a_mistake_on_the_command_line_is_one_sentence_and_exit_code_2(tmp_path):
    command = [sys.executable, "-m", "benchmarks.rooms", "--reid", "none", "--persons", "0", "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("error: --persons 0") and done.stderr.count("\n") == 1


def test_the_rooms_themselves_are_followed_without_appearance(tmp_path, capsys):
    rooms.main(["--reid", "none", "--persons", "2", "--output", str(tmp_path)])
    (row,) = json.loads((tmp_path / "summary.json").read_text())["rows"]
    assert row["mota"] > 0.8 and row["people"] > 2 == row["true_people"]
    printed = capsys.readouterr().out
    assert "each track a person" in printed and "perfect links" in printed
