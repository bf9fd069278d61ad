"""The tables of SPReID: the printed figures, the recipes of their rows, and which networks they share."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import configs
from benchmarks.papers import printed
from benchmarks.reid import __main__ as reid
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.runs import run_folder
from benchmarks.reid.table import CUHK03, DUKE, LIP, MARKET
from benchmarks.reid.tables import TABLES
from reid.training.recipe import read_recipe

RANKED = [f"spreid_{name}" for name in ("resolution", "backbones", "regions", "sharing", "state_of_the_art")]
FULL, SMALL = Reduction(), Reduction(small=True)


@pytest.fixture
def lip(tmp_path):
    """Photographs of red people with blue legs on grey, with their masks, in LIP's layout."""
    for part, count in (("train", 4), ("val", 2)):
        for kind in ("images", "segmentations"):
            (tmp_path / f"lip/{part}_{kind}").mkdir(parents=True)
        for number in range(count):
            image, mask = np.full((64, 32, 3), 128, np.uint8), np.zeros((64, 32), np.uint8)
            left = 4 + 3 * number + (part == "val")
            mask[8:32, left : left + 12], mask[32:60, left : left + 12] = 5, 9
            image[mask == 5], image[mask == 9] = (0, 0, 255), (255, 0, 0)
            cv2.imwrite(str(tmp_path / f"lip/{part}_images/{number}.jpg"), image)
            cv2.imwrite(str(tmp_path / f"lip/{part}_segmentations/{number}.png"), mask)
        (tmp_path / f"lip/{part}_id.txt").write_text("".join(f"{number}\n" for number in range(count)))
    return f"lip={tmp_path / 'lip'}"


def recipe_of(table, row, reduction=FULL):
    return row_recipe(TABLES[table], TABLES[table].find(row), reduction)


def test_the_sizes_of_table_2_are_those_printed():
    sizes = {row["model"]: row["input_size"] for row in printed("spreid_2").rows}
    recipes = {row.name: row_recipe(TABLES["spreid_resolution"], row, FULL) for row in TABLES["spreid_resolution"].rows}
    assert {name: f"{recipe.height}x{recipe.width}" for name, recipe in recipes.items()} == sizes


@pytest.mark.parametrize("name", RANKED)
def test_the_tables_have_figures_of_three_data_sets_in_the_paper_s_order(name):
    table = TABLES[name]
    assert list(dict.fromkeys(data_set for data_set, _ in table.columns)) == [MARKET, CUHK03, DUKE]
    assert table.measures[:2] == ("mAP", "rank-1")
    assert ((CUHK03, "mAP") in table.columns) == (name == "spreid_state_of_the_art")


def test_what_two_tables_print_of_one_network_is_alike():
    found = {}
    for name in RANKED:
        for row in TABLES[name].trained:
            for data_set, figures in row.paper.items():
                for measure, figure in figures.items():
                    key = run_folder(TABLES[name], Path("out/table/seed_1"), row), data_set, measure
                    assert found.setdefault(key, figure) == figure
    assert len(found) > 50


@pytest.mark.parametrize("reduction", [FULL, SMALL], ids=["full", "small"])
def test_a_network_that_tables_share_has_one_recipe_and_one_start(reduction):
    runs = {}
    for name in RANKED:
        table = TABLES[name]
        for row in table.trained:
            pair = row, table.find(row.start or row.name)
            folder, start = (run_folder(table, Path("out/table/seed_1"), each) for each in pair)
            found = row_recipe(table, row, reduction), start
            assert runs.setdefault(folder, found) == found
    assert len(runs) == 14  # six networks of two phases, and two of other sizes


def test_the_recipes_are_those_of_the_paper():
    first, second = (read_recipe(configs.path("reid", name)) for name in ("spreid", "spreid_finetune"))
    assert (first.iterations, first.learning_rate, first.height, first.width) == (200000, 0.01, 512, 170)
    assert (second.iterations, second.learning_rate, second.height, second.width) == (50000, 0.001, 748, 246)
    for recipe in (first, second):
        assert (recipe.images_per_batch, recipe.optimiser, recipe.weight_decay, recipe.clip_norm) == (15, "sgd", 5e-4, 2.0)
        assert (recipe.schedule, recipe.decays, recipe.decay_rate, recipe.warmup_epochs) == ("exponential", 10, 0.9, 0)
        assert (recipe.identity_weight, recipe.triplet_weight, recipe.center_weight, recipe.label_smoothing) == (1, 0, 0, 0)
        assert (recipe.random_erasing, recipe.colour_jitter) == (0, 0)


@pytest.mark.parametrize(
    ("row", "recipe", "changes"),
    [
        ("Inception-V3", "spreid_baseline", ()),
        ("SPReID w/fg", "spreid", ()),
        ("SPReID wo/fg", "spreid", ("options.regions=body",)),
        ("SPReID w/fg-ft", "spreid_finetune", ()),
        ("Inception-V3ft", "spreid_finetune", ("options.regions=none",)),
    ],
)
def test_a_row_is_trained_by_the_recipe_of_its_name(row, recipe, changes):
    table = "spreid_regions" if "ft" not in row else "spreid_state_of_the_art"
    assert recipe_of(table, row) == read_recipe(configs.path("reid", recipe), changes)


def test_the_table_of_parsers_trains_one_and_measures_it_beside_those_of_others(lip, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("reid.evaluation.curves.draw_losses", lambda *_: None)  # takes seconds
    changes = "height=64", "width=32", "backbone_weights=none", "images_per_batch=4"
    small = "--scale", "small", "--epochs", "1", "--output", str(tmp_path / "out")
    for _ in range(2):  # the second time it is read
        reid.main([*changes, "--table", "spreid_parsing", "--data", lip, *small])
    printed = capsys.readouterr().out
    assert "row 1 of 1: Ours" in printed and "steps, in per cent" not in printed
    rows = {row["row"]: row for row in json.loads((tmp_path / "out/spreid_parsing/summary.json").read_text())["rows"]}
    assert rows["Ours"]["paper"] == {LIP: {"overall acc.": 85.07, "mean acc.": 60.54, "mean IoU": 48.16}}
    assert rows["Ours"]["recipe"]["model"] == "parser_light"
    assert 0 <= rows["Ours"]["scores"]["lip"]["overall acc."] <= 1
    assert rows["Ours"]["scores"]["lip"]["shoes"] is None  # no mask has any
    assert rows["SegNet [2]"].keys() == {"row", "paper"}


def test_a_small_table_trains_light_networks_on_images_of_one_size():
    for row, regions, parser in (
        ("Inception-V3", "none", "none"),
        ("SPReID w/fg", None, "parser_light"),
        ("SPReID wo/fg", "body", "parser_light"),
    ):
        recipe = recipe_of("spreid_regions", row, SMALL)
        assert (recipe.height, recipe.width, recipe.parser_weights, recipe.iterations) == (96, 48, parser, 0)
        assert (recipe.options["backbone"], recipe.options["parser"]) == ("efficientnet_lite0", "parser_light")
        assert recipe.options.get("regions") == regions
    sizes = [recipe_of("spreid_resolution", row.name, SMALL) for row in TABLES["spreid_resolution"].rows]
    assert [(recipe.height, recipe.width) for recipe in sizes] == [(48, 24), (72, 40), (96, 48), (144, 72)]


def test_steps_of_iterations_become_epochs_where_fewer_are_asked_for():
    recipe = recipe_of("spreid_regions", "SPReID w/fg", Reduction(epochs=3))
    assert (recipe.epochs, recipe.iterations, recipe.schedule, recipe.decays) == (3, 0, "exponential", 10)


def test_every_order_of_two_rows_of_table_4_is_a_step():
    table = TABLES["spreid_regions"]
    pairs = {frozenset((row.name, over.name)) for row in table.rows for over in table.steps_from(row)}
    assert len(pairs) == 6


def test_joined_rows_of_table_6_weigh_the_networks_as_printed():
    table = TABLES["spreid_state_of_the_art"]
    star = table.find("SPReID combined-ft*")
    assert star.join == ("SPReID combined-ft", "ResNet-152ft")
    assert table.find("SPReID combined-ft").join == ("SPReID w/fg-ft", "SPReID wo/fg-ft")
    for name in ("Inception-V3ft*", "SPReID combined-ft*"):
        again = table.find(f"{name} + re-ranking")
        assert again.rerank and again.join == table.find(name).join
    assert all(row.printed == ("[" in row.name) for row in table.rows)
