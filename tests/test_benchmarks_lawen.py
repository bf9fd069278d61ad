"""The tables of Robust-ReID: the parts of each row, cycles on top of a converged run, and what one run is measured by."""

import json
from dataclasses import replace

import pytest
import torch
from small_table import TINY, run_tiny

from benchmarks.papers import printed
from benchmarks.reid import features as reid_features
from benchmarks.reid import tables as reid_tables
from benchmarks.reid.features import unaveraged_network
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.table import Row
from benchmarks.reid.tables import TABLES
from reid.models import options
from reid.training.state_file import read_state
from reid.weights.weights_file import read_weights

TICKS = {
    "bag_of_tricks": lambda recipe: bool(recipe.random_erasing and recipe.label_smoothing and recipe.warmup_epochs),
    "soft_triplet": lambda recipe: recipe.triplet == "soft" and recipe.triplet_weight > 0,
    "l2_normalization": lambda recipe: recipe.options["head"] == "unit",
    "shuffle_blocks": lambda recipe: recipe.options["blocks"] == "shuffle",
    "soft_margin": lambda recipe: recipe.triplet_margin is None and recipe.triplet_weight > 0,
    "gem": lambda recipe: recipe.options["pool"] == "gem",
    "deeper_and_wider": lambda recipe: recipe.model == "robust_2x",
}


def with_options(recipe):
    recipe.options.update({**options(recipe.model), **recipe.options})
    return recipe


def test_the_ablation_of_robust_reid_has_the_parts_that_are_ticked():
    table = TABLES["robust_ablation"]
    for row, theirs in zip(table.rows, printed("lawen_2").rows, strict=True):
        converged = table.find(row.after or row.name)
        recipe = with_options(row_recipe(table, converged, Reduction()))
        assert {tick: has(recipe) for tick, has in TICKS.items()} == {tick: theirs[tick] for tick in TICKS}
        assert (row.after is not None, row.feature == "sampled") == (theirs["swag"], theirs["swag"])


def test_the_setups_of_swag_are_those_of_the_ablation_and_share_their_runs():
    ablation, swag = TABLES["robust_ablation"], TABLES["swag"]
    figures = {row.run or row.name: row.paper for row in ablation.rows}
    assert ablation.runs == swag.runs == "robust"
    for number, (converged, cycles) in ((2, ("f", "g")), (3, ("h", "Robust-ReID"))):
        before, last, averaged = (swag.find(f"setup {number}{step}") for step in ("", " + LR scheme", " + SWAG"))
        assert (before.run, before.paper) == (converged, figures[converged])
        assert averaged.paper == figures[cycles]
        assert last.after == averaged.after == before.name
        assert (last.run, last.feature, averaged.feature) == (averaged.run, "unaveraged", "sampled")
    plain = with_options(row_recipe(swag, swag.find("setup 1"), Reduction()))
    assert (plain.model, plain.options["pool"], plain.options["blocks"], plain.options["head"]) == (
        "robust",
        "average",
        "inception",
        "unit",
    )


@pytest.mark.parametrize("small", [False, True], ids=["full", "small"])
def test_cycles_go_on_from_a_converged_run_and_shrink_with_its_epochs(small):
    table = TABLES["swag"]
    converged, cycles = (row_recipe(table, table.find(f"setup 1{step}"), Reduction(35, small)) for step in ("", " + SWAG"))
    assert (converged.schedule, converged.epochs, converged.warmup_epochs) == ("steps", 35, 1.0)
    assert converged.step_epochs == (15, 22.5)
    assert (cycles.schedule, cycles.epochs, cycles.cycle_epochs, cycles.warmup_epochs) == ("cycles", 60, 4, 0)
    assert (cycles.average, cycles.average_epochs, cycles.stages, cycles.start) == ("gaussian", 60, (), "none")
    assert (cycles.options, cycles.height, cycles.padding) == (converged.options, converged.height, converged.padding)
    assert (cycles.height, cycles.padding) == ((48, 3) if small else (160, 10))


def test_one_run_is_measured_by_its_mean_and_by_networks_drawn_from_it(tiny, market, tmp_path, monkeypatch):
    monkeypatch.setattr(reid_features, "SAMPLES", 2)
    rows = (
        Row("SWA", run="swag"),
        Row("SWAG", feature="sampled", run="swag"),
        Row("last", feature="unaveraged", run="swag"),
        Row("f_t", feature="f_t", distance="euclidean"),
    )
    table = replace(TINY, recipe="tiny", rows=rows, changes=("average=gaussian", "average_epochs=120"))
    monkeypatch.setitem(reid_tables.TABLES, "tiny", table)
    run_tiny(market, tmp_path / "out")
    folder = tmp_path / "out/tiny/seed_1"
    assert {path.name for path in folder.iterdir()} == {"swa", "swag", "last", "f_t"}
    assert not (folder / "swa/last.safetensors").exists()
    state = read_state(folder / "swag/checkpoint.pt", "cpu", "")["network"]
    averaged = read_weights(folder / "swag/last.safetensors")
    unaveraged = unaveraged_network(averaged, folder / "swag/checkpoint.pt", "cpu").state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in unaveraged.items())
    for row in json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"]:
        assert 0 < row["scores"]["people"]["mAP"] <= 1
