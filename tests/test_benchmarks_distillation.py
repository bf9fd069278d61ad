"""The table of distillation, and data that are trained on without labels or measured on elsewhere."""

import json
import shutil
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
import torch
from small_table import TINY, run_tiny, small_neck

from benchmarks.reid import __main__ as reid
from benchmarks.reid import tables as reid_tables
from benchmarks.reid.data import read_data
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.report import title
from benchmarks.reid.tables import TABLES, find_table
from reid.common.errors import InputError
from reid.data.camera_changes import CameraStrengths
from reid.weights.weights_file import read_weights, weights_of

TAUGHT = """base: tiny.yaml
embedding_weight: 1.0
relation_weight: 1.0
unlabelled_per_batch: 2
identity_weight: 0.5
triplet: soft
triplet_margin: null
"""


@pytest.fixture
def taught(tiny, tmp_path, monkeypatch):
    """The table of distillation with a network that trains in a moment; two networks to be its teachers."""
    (tmp_path / "configs/reid/taught.yaml").write_text(TAUGHT)
    table = replace(find_table("distillation"), recipe="taught", size=(32, 16), changes=())
    monkeypatch.setitem(reid_tables.TABLES, "distillation", table)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    teachers = []
    for seed in range(2):
        torch.manual_seed(seed)
        teachers.append(tmp_path / f"teacher{seed}.safetensors")
        weights_of("small_neck", small_neck(), {}).write(teachers[-1])
    return teachers


def run_taught(market, output, *more):
    reid.main([*more[:-1], "--table", "distillation", "--data", str(market), *more[-1], "--epochs", "1", "--output", str(output)])


def test_distillation_trains_each_row_from_what_it_names(taught, market, tmp_path, capsys):
    (tmp_path / "photographs").mkdir()
    for index in range(3):
        picture = np.random.default_rng(index).integers(0, 256, (32, 16, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"photographs/{index}.png"), picture)
    teachers = f"teacher=[{','.join(map(str, taught))}]"
    run_taught(market, tmp_path / "out", teachers, ["--unlabelled", str(tmp_path / "photographs")])
    rows = {row["row"]: row for row in json.loads((tmp_path / "out/distillation/summary.json").read_text())["rows"]}
    assert len(rows) == len(find_table("distillation").rows)
    assert list(rows["labels and teachers"]["networks"]) == [str(file) for file in taught]
    assert list(rows["one teacher"]["networks"]) == [str(taught[0])]
    assert rows["labels alone"]["networks"] == {}
    names = "labels and teachers", "no unlabelled images", "labels alone"
    assert [rows[name]["unlabelled"] for name in names] == [3, 0, 0]
    runs = tmp_path / "out/distillation/seed_1"
    losses = {run: (runs / run / "losses.csv").read_text().splitlines()[0] for run in ("labels_alone", "teachers_alone", "all")}
    assert "embedding" not in losses["labels_alone"]
    assert "identity" not in losses["teachers_alone"]
    assert "embedding_loss,relation_loss" in losses["all"]
    assert "identity_loss,triplet_loss" in losses["all"]
    assert rows["+ background: all changes"]["scores"] == rows["labels and teachers"]["scores"]  # one network, trained once
    printed = capsys.readouterr().out
    assert "verdict" not in printed
    assert "teacher0" not in printed.split("seed 1")[0]  # the title calls nothing reduced that is but given

    weights_of("small_neck", small_neck(), {}).write(taught[0])
    with pytest.raises(InputError, match="comes from another recipe or other data"):
        run_taught(market, tmp_path / "out", teachers, ["--unlabelled", str(tmp_path / "photographs")])


def test_distillation_without_images_that_have_no_labels_has_no_place_for_them(taught, market):
    table, changes = find_table("distillation"), (f"teacher=[{taught[0]}]", "unlabelled_per_batch=0")
    heading = title(table, [read_data(table, [str(market)])], Reduction(changes=changes))
    assert heading.endswith("REDUCED: unlabelled per batch 0 for 2")


def test_distillation_without_teachers_is_told_before_anything_is_trained(taught, market, tmp_path):
    with pytest.raises(InputError, match=r"distillation needs teachers; give teacher=\[A.xml,B.xml\]"):
        run_taught(market, tmp_path / "out", [])
    with pytest.raises(InputError, match=r"teacher: .*nobody.xml: no such file"):
        run_taught(market, tmp_path / "out", f"teacher=[{tmp_path / 'nobody.xml'}]", [])
    assert not (tmp_path / "out").exists()


def test_changes_among_the_data_are_told_where_they_belong(tiny, market, tmp_path):
    with pytest.raises(InputError, match=r"teacher=\[a.xml\]: not a data source; changes to the recipes go before the options"):
        run_tiny(market, tmp_path / "out", "--validate", str(market), "teacher=[a.xml]")


def test_images_without_labels_are_refused_where_nothing_is_learned_from_them(tiny, market, photographs, tmp_path):
    with pytest.raises(InputError, match="--unlabelled: tiny does not use images without labels"):
        run_tiny(market, tmp_path / "out", "--unlabelled", str(photographs))


def test_the_changes_of_images_come_back_group_by_group_until_all_are_there():
    table, given = TABLES["distillation"], Reduction(changes=("teacher=[a.xml,b.xml]",))
    recipes = {row.name: row_recipe(table, row, given) for row in table.rows}
    full, nothing = recipes["labels and teachers"], recipes["no camera changes"]
    changes = {"colour_jitter", "background", *(field.name for field in fields(CameraStrengths))}
    assert all(getattr(full, key) > 0 for key in changes)
    assert replace(full, **dict.fromkeys(changes, 0.0)) == nothing
    came = set()
    for row in (row for row in table.rows if row.name.startswith("+ ")):
        before, after = recipes[table.steps_from(row)[0].name], recipes[row.name]
        new = {key for key in changes if getattr(before, key) != getattr(after, key)}
        assert new and not new & came
        came |= new
    assert came == changes
    assert recipes["+ background: all changes"] == full
    assert recipes["one teacher"] == replace(full, teacher=("a.xml",))


def test_small_distillation_starts_from_the_shipped_network_at_its_size_and_a_user_s_start_goes_above_it():
    table = TABLES["distillation"]
    recipe = row_recipe(table, table.rows[0], Reduction(small=True))
    assert (read_weights(recipe.start).model, recipe.height, recipe.width) == (recipe.model, 80, 32)
    assert row_recipe(table, table.rows[0], Reduction(changes=("start=none",))).start == "none"


def test_a_small_table_takes_some_people_of_every_set(market, tmp_path):
    shutil.copytree(market, tmp_path / "more")
    sources = str(market), str(tmp_path / "more")
    table = replace(TINY, small_identities=4)
    whole, small = read_data(table, sources), read_data(table, sources, small=True)
    assert (len(whole.labelled), len(small.labelled)) == (16, 8)
    assert np.unique(small.labelled.ids).tolist() == [0, 1, 2, 3]
    assert {path.parents[1].name for path in small.labelled.paths} == {"people", "more"}
    assert title(table, [small], Reduction(small=True)).endswith("4 identities for 8")
    assert "identities for" not in title(table, [whole], Reduction())
