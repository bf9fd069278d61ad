"""Tables across data sets: two sets are trained on and evaluated both ways."""

import json
import shutil
from dataclasses import replace

import pytest
from small_table import TINY, run_tiny

from benchmarks.reid import tables as reid_tables
from benchmarks.reid.data import read_directions
from benchmarks.reid.seeds import both_ways
from benchmarks.reid.steps import compare_steps
from benchmarks.reid.table import TO_DUKE, TO_MARKET, Row
from reid.common.errors import InputError
from reid.data.folders import TRAIN

CROSS = replace(
    TINY,
    recipe="tiny",
    rows=(
        Row("start", paper={TO_DUKE: {"mAP": 10.0}, TO_MARKET: {"mAP": 20.0}}),
        Row("+ smoothing", ("label_smoothing=0.1",), paper={TO_DUKE: {"mAP": 11.0}, TO_MARKET: {"mAP": 19.0}}),
    ),
    cross=True,
    clustering=False,
)


@pytest.fixture
def crossing(tiny, market, tmp_path, monkeypatch):
    """The table `tiny` across data sets, and a second one; losses are not drawn, which takes seconds."""
    monkeypatch.setattr("reid.evaluation.curves.draw_losses", lambda *_: None)
    monkeypatch.setitem(reid_tables.TABLES, "tiny", CROSS)
    shutil.copytree(market, tmp_path / "elsewhere")
    for path in (tmp_path / "elsewhere" / TRAIN).glob("0004*"):
        path.unlink()  # three people
    return str(tmp_path / "elsewhere")


def test_two_data_sets_are_trained_on_each_and_the_other_evaluated(crossing, market, tmp_path, capsys):
    run_tiny(market, tmp_path / "out", "--data", str(market), crossing)
    assert "ours on people to elsewhere and elsewhere to people" in capsys.readouterr().out.replace("\n", " ")
    summary = json.loads((tmp_path / "out/tiny/summary.json").read_text())
    row = summary["rows"][0]
    assert list(row["scores"]) == ["people to elsewhere", "elsewhere to people"]
    told = {name: (of_one["data"], of_one["identities"]) for name, of_one in row["directions"].items()}
    assert told == {"people to elsewhere": (["people"], 4), "elsewhere to people": (["elsewhere"], 3)}
    assert [(step["on"], step["paper"]) for step in summary["steps"] if step["measure"] == "mAP"] == [
        (name, {TO_DUKE: 1.0, TO_MARKET: -1.0}) for name in row["scores"]
    ]
    folders = tmp_path / "out/tiny/seed_1"
    assert sorted(path.name for path in folders.iterdir()) == ["elsewhere_to_people", "people_to_elsewhere"]
    assert (folders / "elsewhere_to_people/start/last.safetensors").exists()

    # Again, one way: only this is trained anew.
    run_tiny(market, tmp_path / "out", "--validate", crossing)
    (row, _) = json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"]
    assert list(row["scores"]) == ["elsewhere"] and "directions" not in row


def test_one_way_is_one_direction_and_none_is_refused(crossing, market):
    assert [data.direction for data in read_directions(CROSS, [str(market)], [crossing])] == ["people to elsewhere"]
    for sources in ([str(market)], [str(market), crossing, crossing]):
        with pytest.raises(InputError, match="--validate: tiny needs another data set to evaluate on, or two sets in --data"):
            read_directions(CROSS, sources)


def test_two_data_sets_of_one_name_are_refused(crossing, market, tmp_path):
    shutil.copytree(market, tmp_path / "more/people")
    with pytest.raises(InputError, match="--data: both sets are called people; rename one"):
        read_directions(CROSS, [str(market), str(tmp_path / "more/people")])


def test_a_table_within_a_data_set_trains_on_two_sets_together(crossing, market):
    (data,) = read_directions(TINY, [str(market), crossing])
    assert data.names == ("people", "elsewhere") and int(data.labelled.ids.max()) == 6


def test_the_two_ways_are_one_result_that_tells_what_differs():
    one = {"row": "r", "recipe": {"seed": 1}, "data": ["a"], "scores": {"b": {"mAP": 0.1}}}
    other = {**one, "data": ["b"], "scores": {"a": {"mAP": 0.2}}}
    together = both_ways({"a to b": one, "b to a": other})
    assert together["scores"] == {"a to b": {"mAP": 0.1}, "b to a": {"mAP": 0.2}}
    assert together["directions"] == {"a to b": {"data": ["a"]}, "b to a": {"data": ["b"]}}
    assert both_ways({"a to b": one}) is one


def test_the_ratio_r_is_compared_where_it_is_printed_and_known():
    rows = Row("one", paper={"Market-1501": {"R": 0.4}}), Row("two", paper={"Market-1501": {"R": 0.3}})
    table = replace(TINY, rows=rows, measures=("mAP",))

    def of(ratio):
        return {1: {"scores": {"a": {"mAP": 0.5, "mean_cosine": 0.0, "clustering_ratio": ratio}}}}

    step = compare_steps(table, {"one": of(0.5), "two": of(0.45)})[1]
    assert (step.measure, step.ours, step.paper, step.verdict) == ("R", pytest.approx(-5), {"Market-1501": -10.0}, "agrees")
    assert [step.measure for step in compare_steps(table, {"one": of(0.5), "two": of(None)})] == ["mAP"]
