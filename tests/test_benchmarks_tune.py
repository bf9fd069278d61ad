"""The search for thresholds: what it writes, how it resumes, and what it refuses."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

import benchmarks.tune
import trackers
from benchmarks.tune import main
from mtmc.single.tracker_config import build_tracker, read_tracker_config
from reid.common.errors import InputError

optuna = pytest.importorskip("optuna")


def tune(folder: Path, *arguments: str) -> Path:
    """Search on the sequence `folder`; return the folder of the results."""
    output = folder.parents[1] / "out"
    words = ["--data", folder.parent, "--sequences", folder.name, "--reid", "none", "--tracker", "sort", "--output", output]
    main([str(word) for word in (*words, *arguments)])
    return output


def trials(output: Path) -> list[list]:
    """The trials of each search in the folder `output`."""
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(output / "trials.log")))
    names = optuna.get_all_study_names(storage)
    return [optuna.load_study(study_name=name, storage=storage).trials for name in names]


def test_a_search_writes_a_configuration_that_builds_and_says_where_it_comes_from(make_sequence, capsys):
    output = tune(make_sequence("walk"), "--trials", "3", "--metric", "idf1")
    file = output / "sort_tuned.yaml"
    comment = file.read_text().splitlines()[0]
    assert "sort tuned on walk (det.txt, --reid none): idf1" in comment
    assert yaml.safe_load(file.read_text()).keys() == {"tracker", *trackers.thresholds("sort")}
    build_tracker(read_tracker_config(None, file))
    assert "idf1 1.0000 in trial 1, 1.0000 before" in capsys.readouterr().out


def test_the_first_trial_are_the_present_thresholds_and_a_second_run_goes_on(make_sequence):
    folder = make_sequence("walk")
    for number in (2, 4):
        output = tune(folder, "--trials", str(number))
        (tried,) = trials(output)
        assert len(tried) == number
        assert tried[0].params == trackers.thresholds("sort")


def test_an_interrupted_search_goes_on_with_the_present_thresholds_first(make_sequence, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    folder = make_sequence("walk")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("benchmarks.tune._counts", interrupted)
        tune(folder, "--trials", "3")
    (tried,) = trials(tune(folder, "--trials", "3"))
    done = [trial for trial in tried if trial.value is not None]
    assert len(done) == 3 and done[0].params == trackers.thresholds("sort")
    assert "in 3 trials" in (folder.parents[1] / "out" / "sort_tuned.yaml").read_text()
    assert "in trial 1, " in capsys.readouterr().out


def test_a_resumed_search_tries_other_thresholds(make_sequence):
    folder = make_sequence("walk")
    for number in ("3", "5"):
        output = tune(folder, "--trials", number)
    (tried,) = trials(output)
    assert len({tuple(trial.params.values()) for trial in tried}) == 5


def test_a_search_for_something_else_does_not_go_on_from_other_trials(make_sequence):
    folder = make_sequence("walk")
    for others in ((), ("--keys", "min_iou"), ("--min-score", "0.2"), ("--metric", "mota")):
        output = tune(folder, "--trials", "2", *others)
    assert [len(each) for each in trials(output)] == [2] * 4


def test_a_network_keeps_its_threshold_where_another_is_searched(make_sequence, monkeypatch):
    class Network:
        thresholds = SimpleNamespace(image=0.4)

        def __call__(self, frame, boxes):
            return np.ones((len(boxes), 3))

    monkeypatch.setattr("benchmarks.tune.open_appearance", lambda *_: Network())
    built = []
    build = benchmarks.tune.build_tracker
    monkeypatch.setattr("benchmarks.tune.build_tracker", lambda *told: built.append(build(*told)) or built[-1])
    output = tune(
        make_sequence("walk", images=True), "--trials", "2", "--tracker", "deepsort", "--keys", "max_age", "--memory", "5"
    )
    assert {(record["thresholds"]["max_appearance_distance"], record["thresholds"]["memory"]) for _, record in built} == {
        (0.4, 5)
    }
    content = yaml.safe_load((output / "deepsort_tuned.yaml").read_text())
    assert "max_appearance_distance" not in content and content["memory"] == 5 and content["n_init"] == 3


def test_only_the_keys_named_are_searched(make_sequence):
    content = yaml.safe_load((tune(make_sequence("walk"), "--trials", "4", "--keys", "min_iou") / "sort_tuned.yaml").read_text())
    assert content.keys() <= {"tracker", "min_iou", "max_age", "min_hits"} and "min_iou" in content
    assert (content.get("max_age", 1), content.get("min_hits", 3)) == (1, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keys", "min_you"], "min_you: not a threshold of sort; choose from max_age, min_hits, min_iou"),
        (["--trials", "0"], "--trials 0: must be at least 1"),
        (["--sequences", "run"], "run: not a sequence"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(make_sequence, arguments, message):
    with pytest.raises(InputError, match=message):
        tune(make_sequence("walk"), *arguments)


def test_a_sequence_without_truth_is_refused(make_sequence):
    folder = make_sequence("walk")
    (folder / "gt" / "gt.txt").unlink()
    with pytest.raises(InputError, match="walk: no ground truth"):
        tune(folder)


def test_without_optuna_a_line_says_what_to_install(make_sequence, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"the search needs Optuna: pip install -e '\.\[tune\]'"):
        tune(make_sequence("walk"))
