"""Rows that build on the networks of others: joined, started from another, ranked again; and those of other methods."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from small_table import TINY, SmallNeck, published, run_tiny
from torch.nn import functional

from benchmarks.reid import tables as reid_tables
from benchmarks.reid.data import read_data
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.rows import run_row
from benchmarks.reid.runs import Runs
from benchmarks.reid.table import MARKET, Row
from reid.common.errors import InputError
from reid.data.folders import TRAIN
from reid.evaluation import evaluate_ranking
from reid.evaluation.aligned import aligned_distances
from reid.training.state_file import read_state

ROWS = (
    Row("somebody else", paper={MARKET: {"rank-1": 60.25}}, printed=True),
    Row("one", paper=published(50.0, 40.0, 30.0, 20.0)),
    Row("two", ("label_smoothing=0.1",), paper={MARKET: {"rank-1": 51.0}}),
    Row("both", join=("one", "two"), paper={MARKET: {"rank-1": 52.0}}),
    Row("both, hidden too", join=("both", "hidden"), over="both"),
    Row("both, re-ranked", join=("one", "two"), rerank=True, over="both"),
    Row("one-ft", ("learning_rate=0.0001",), start="one", over="one"),
)
JOINED = replace(
    TINY,
    recipe="tiny",
    rows=ROWS,
    parts=(Row("hidden", ("label_smoothing=0.2",)),),
    measures=("rank-1", "mAP", "rank-5"),
    clustering=False,
)


@pytest.fixture
def joined(tiny, monkeypatch):
    """The table `tiny` with rows that build on others; its losses are not drawn, which takes seconds."""
    monkeypatch.setattr("reid.evaluation.curves.draw_losses", lambda *_: None)
    monkeypatch.setitem(reid_tables.TABLES, "tiny", JOINED)


def runs_of(market, output, *more):
    return Runs(JOINED, read_data(JOINED, [str(market), *more], [str(market)]), Reduction(1), output / "tiny/seed_1", "cpu")


def test_a_table_measures_what_its_rows_build_of_others_and_shows_other_methods_beside(joined, market, tmp_path, capsys):
    run_tiny(market, tmp_path / "out")
    assert "row 1 of 6: one" in capsys.readouterr().out
    rows = {row["row"]: row for row in json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"]}
    assert list(rows) == [row.name for row in ROWS]
    assert rows["somebody else"] == {"row": "somebody else", "paper": {MARKET: {"rank-1": 60.25}}}
    assert list(rows["both, hidden too"]["joined"]) == ["both", "hidden"]
    assert rows["one-ft"]["start"]["recipe"] == rows["one"]["recipe"]
    lines = {row["row"]: row for row in csv.DictReader((tmp_path / "out/tiny/summary.csv").open())}
    assert (lines["somebody else"]["ours people rank-1"], lines["somebody else"][f"{MARKET} rank-1"]) == ("", "60.25")
    assert (lines["two"][f"{MARKET} mAP"], lines["both"]["ours people rank-5"]) == ("", "100")

    # Again: nothing is trained.
    for path in (market / TRAIN).iterdir():
        path.write_bytes(b"")
    run_tiny(market, tmp_path / "out")
    assert {row["row"]: row for row in json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"]} == rows


def test_joined_rows_have_the_features_of_their_parts_side_by_side(joined, market, tmp_path):
    runs = runs_of(market, tmp_path)
    query, gallery = runs.data.measured[0].query, runs.data.measured[0].gallery
    runs.train(JOINED.find("both, hidden too"))
    one, two, hidden, both, nested = (
        runs.features(JOINED.find(name), query.paths) for name in ("one", "two", "hidden", "both", "both, hidden too")
    )
    assert not np.allclose(one, two)
    assert both == pytest.approx(np.hstack([one, two]) / 2**0.5, abs=1e-6)
    assert nested == pytest.approx(np.hstack([one / 2, two / 2, hidden / 2**0.5]), abs=1e-6)
    assert np.linalg.norm(nested, axis=1) == pytest.approx(1, abs=1e-6)
    assert len(runs.features(JOINED.find("both"), gallery.paths)) == len(gallery)


def test_a_row_is_ranked_by_k_reciprocal_neighbours_if_it_says_so(joined, market, tmp_path, monkeypatch):
    runs = runs_of(market, tmp_path)
    monkeypatch.setattr("benchmarks.reid.rows.rerank", lambda asked, known: asked @ known.T)  # the farthest first
    plain, again = (run_row(runs, JOINED.find(name))["scores"]["people"] for name in ("both", "both, re-ranked"))
    assert again["mAP"] < plain["mAP"]


def test_an_aligned_row_is_ranked_by_its_stripes_too(joined, market, tmp_path, monkeypatch):
    runs, row = runs_of(market, tmp_path), Row("aligned", run="one", distance="aligned")
    with pytest.raises(InputError, match="aligned distances need a network with stripes"):
        run_row(runs, row)

    def with_stripes(network, images):
        stripes = network.features(images)[0].unflatten(1, (2, 4))
        return functional.normalize(stripes.flatten(1)), functional.normalize(stripes, dim=2)

    monkeypatch.setattr(SmallNeck, "with_stripes", with_stripes, raising=False)
    query, gallery = runs.data.measured[0].query, runs.data.measured[0].gallery
    (asked, asked_stripes), (known, known_stripes) = (runs.stripes(row, each.paths) for each in (query, gallery))
    distances = aligned_distances(asked, known, asked_stripes, known_stripes)
    expected = evaluate_ranking(distances, query.ids, gallery.ids, query.cameras, gallery.cameras)
    assert run_row(runs, row)["scores"]["people"]["mAP"] == pytest.approx(expected.mean_ap)


def test_a_row_that_starts_from_another_goes_on_from_its_network_on_the_first_data_set(joined, market, tmp_path):
    shutil.copytree(market / TRAIN, tmp_path / "more" / TRAIN)
    runs, row = runs_of(market, tmp_path / "out", str(tmp_path / "more")), JOINED.find("one-ft")
    runs.train(row)
    before, after = runs.weights(JOINED.find("one")), runs.weights(row)
    assert (before.training["start"], after.training["start"]) == ("none", "last.safetensors")
    assert (before.training["data"], after.training["data"]) == (["people", "more"], ["people"])
    assert (before.training["identities"], after.training["identities"]) == (8, 4)
    kernels = [each.tensors["body.0.weight"].astype(float) for each in (before, after)]
    assert 0 < np.abs(kernels[1] - kernels[0]).max() < 0.01  # a few small steps, not new parameters


def test_a_row_after_another_goes_on_from_its_run_with_its_classifiers(joined, market, tmp_path):
    row = Row("cycles", ("schedule=cycles", "cycle_epochs=60", "average=weights", "average_epochs=120"), after="two")
    table = replace(JOINED, rows=(*JOINED.rows, row))
    runs = Runs(table, read_data(table, [str(market)]), Reduction(2), tmp_path / "tiny/seed_1", "cpu")
    runs.train(row)
    before, after = (read_state(runs.folder / name / "checkpoint.pt", "cpu", "") for name in ("two", "cycles"))
    assert before["network"].keys() == after["network"].keys()
    moved = after["network"]["classifiers.0.weight"] - before["network"]["classifiers.0.weight"]
    assert 0 < moved.abs().max() < 0.1  # a few small steps, not new parameters
    assert runs.settings(row)["after"]["recipe"] == runs.settings(table.find("two"))["recipe"]
    assert runs.weights(row).training["identities"] == runs.weights(table.find("two")).training["identities"]


def test_fine_tuned_rows_take_no_initial_weights_beside_their_start():
    row = Row("one-ft", start="one")
    recipe = row_recipe(replace(JOINED, recipe="standard_baseline"), row, Reduction(changes=("backbone_weights=file.pth",)))
    assert (recipe.start, recipe.backbone_weights) == ("none", "none")


def test_tables_that_share_their_runs_train_a_network_once(joined, market, tmp_path, monkeypatch):
    data, row = read_data(JOINED, [str(market)]), JOINED.find("one")
    tables = [replace(JOINED, name=name, runs="shared") for name in ("first", "second")]
    first, second = (Runs(table, data, Reduction(1), tmp_path / f"out/{table.name}/seed_1", "cpu") for table in tables)
    first.train(row)
    assert (tmp_path / "out/shared/seed_1/one/last.safetensors").exists()
    monkeypatch.setattr("reid.training.learner.Learner.step", None)
    second.train(row)
    assert second.weights(row).hash == first.weights(row).hash


def test_a_small_run_reads_small_recipes_and_keeps_the_sizes_that_they_name():
    table = replace(JOINED, recipe="robust", size=None, small_recipes={"robust": "hacnn"}, small_sides=(0.5, 0.25))
    small = Reduction(small=True)
    assert row_recipe(table, Row("r"), Reduction()).model == "robust"
    recipe = row_recipe(table, Row("r"), small)
    assert (recipe.model, recipe.height) == ("hacnn", row_recipe(replace(table, recipe="hacnn"), Row("r"), Reduction()).height)
    recipe = row_recipe(table, Row("r", size=(246, 82)), small)
    assert (recipe.height, recipe.width) == (120, 24)
    recipe = row_recipe(table, Row("r", size=(246, 82)), Reduction())
    assert (recipe.height, recipe.width) == (246, 82)


def test_the_step_of_a_measure_that_is_printed_for_one_row_only_has_no_figures(joined):
    from benchmarks.reid.steps import compare_steps

    scores = {"rank-1": 0.5, "mAP": 0.4, "rank-5": 0.6, "mean_cosine": 0.5}
    runs = {row.name: {1: {"scores": {"people": scores}}} for row in JOINED.measured}
    steps = {(step.row, step.measure): step for step in compare_steps(JOINED, runs)}
    assert steps["two", "rank-1"].paper == {MARKET: 1.0}
    assert (steps["two", "mAP"].paper, steps["two", "mAP"].verdict) == ({}, "unknown")
    assert ("one", "mAP") not in steps or steps["one", "mAP"].over != "somebody else"
