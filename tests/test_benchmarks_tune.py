"""The search for thresholds: what it writes, how it resumes, and what it refuses."""

import sys
from pathlib import Path

import pytest
import yaml

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
    for trials in (2, 4):
        output = tune(folder, "--trials", str(trials))
        storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(output / "trials.log")))
        (summary,) = optuna.get_all_study_summaries(storage)
        tried = optuna.load_study(study_name=summary.study_name, storage=storage).trials
        assert len(tried) == trials
        assert tried[0].params == trackers.thresholds("sort")


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
