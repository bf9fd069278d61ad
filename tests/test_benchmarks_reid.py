"""The tables: the papers' figures, runs on a tiny data set, what is done again and what is not, and drawn losses."""

import json
import shutil
from dataclasses import fields, replace

import cv2
import pytest
from small_table import TINY, SmallNeck, run_tiny

import configs
from benchmarks.reid import __main__ as reid
from benchmarks.reid.data import read_data
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.report import CLUSTERING, print_table, title
from benchmarks.reid.runs import slug
from benchmarks.reid.seeds import over_seeds
from benchmarks.reid.steps import compare_steps
from benchmarks.reid.table import DUKE, MARKET, Row
from benchmarks.reid.tables import TABLES, find_table
from reid.common.errors import InputError
from reid.data.folders import QUERY, TRAIN
from reid.evaluation.curves import draw_losses, read_losses
from reid.models import choices
from reid.training.recipe import Recipe


def test_a_table_trains_its_rows_and_shows_ours_beside_the_paper_s(tiny, market, tmp_path, capsys):
    run_tiny(market, tmp_path / "out")
    printed = capsys.readouterr().out
    assert "REDUCED: epochs 1 for 120" in printed
    summary = json.loads((tmp_path / "out/tiny/summary.json").read_text())
    assert {"table", "title", "rows", "steps", "versions"} == summary.keys()
    assert "ours on people" in summary["title"]
    first, second = summary["rows"]
    assert {"row", "recipe", "networks", "data", "identities", "seeds", "scores", "spread"} <= first.keys()
    assert {"rank-1", "mAP", "mINP", "clustering_ratio", "norm_mean"} <= first["scores"]["people"].keys()
    assert set(first["spread"]["people"].values()) == {None}  # of a single seed
    assert second["recipe"]["label_smoothing"] == 0.1
    assert second["paper"][MARKET] == {"rank-1": 51.0, "mAP": 39.0}
    assert [step["measure"] for step in summary["steps"]] == ["rank-1", "mAP"]
    lines = (tmp_path / "out/tiny/summary.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("row,ours people rank-1,ours people mAP")
    assert lines[0].endswith(f"{DUKE} rank-1,{DUKE} mAP")
    assert cv2.imread(str(tmp_path / "out/tiny/losses.png")) is not None

    # Again: nothing is trained, as nothing could be without the recipe's images.
    for path in (market / TRAIN).iterdir():
        path.write_bytes(b"")
    run_tiny(market, tmp_path / "out")
    assert json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"] == summary["rows"]


def test_all_data_are_trained_on_together_and_each_set_to_validate_on_is_measured(tiny, market, tmp_path, capsys):
    (market / TRAIN).rename(tmp_path / TRAIN)
    shutil.copytree(tmp_path / TRAIN, tmp_path / "more" / TRAIN)
    shutil.copytree(market, tmp_path / "elsewhere")
    sources = ["--data", str(tmp_path), str(tmp_path / "more"), "--validate", str(market), str(tmp_path / "elsewhere")]
    reid.main(["--table", "tiny", *sources, "--epochs", "1", "--output", str(tmp_path / "out")])
    assert f"ours on {tmp_path.name}, more to people, elsewhere" in capsys.readouterr().out.replace("\n", " ")
    result = json.loads((tmp_path / "out/tiny/seed_1/start/result.json").read_text())
    assert (result["data"], result["identities"]) == ([tmp_path.name, "more"], 8)
    assert list(result["scores"]) == ["people", "elsewhere"]
    assert result["scores"]["people"] == result["scores"]["elsewhere"]
    steps = json.loads((tmp_path / "out/tiny/summary.json").read_text())["steps"]
    assert [(step["on"], step["measure"]) for step in steps][1:3] == [("people", "mAP"), ("elsewhere", "rank-1")]


def test_a_row_whose_run_is_finished_is_only_measured(tiny, market, tmp_path, monkeypatch):
    run_tiny(market, tmp_path / "out")
    result = tmp_path / "out/tiny/seed_1/start/result.json"
    result.unlink()
    monkeypatch.setattr("reid.training.learner.Learner.step", None)
    run_tiny(market, tmp_path / "out")
    assert list(json.loads(result.read_text())["scores"]) == ["people"]
    shutil.copytree(market, tmp_path / "elsewhere")
    run_tiny(market, tmp_path / "out", "--validate", str(market), str(tmp_path / "elsewhere"))
    assert list(json.loads(result.read_text())["scores"]) == ["people", "elsewhere"]


def test_over_seeds_rows_have_a_mean_and_a_spread(tiny, market, tmp_path, monkeypatch):
    run_tiny(market, tmp_path / "out", "--seeds", "1", "3")
    each = [json.loads((tmp_path / f"out/tiny/seed_{seed}/start/result.json").read_text()) for seed in (1, 3)]
    assert [result["recipe"]["seed"] for result in each] == [1, 3]
    first, second = (result["scores"]["people"]["mean_cosine"] for result in each)
    assert first != second
    row = json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"][0]
    assert row["seeds"] == [1, 3]
    assert row["scores"]["people"]["mean_cosine"] == pytest.approx((first + second) / 2)
    assert row["spread"]["people"]["mean_cosine"] == pytest.approx(abs(first - second) / 2**0.5)
    assert (tmp_path / "out/tiny/summary.csv").read_text().startswith("row,ours people rank-1,ours people rank-1 spread,")

    monkeypatch.setattr("reid.training.learner.Learner.step", None)
    run_tiny(market, tmp_path / "out", "--seeds", "3")  # trained already
    assert json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"][0]["seeds"] == [3]


def test_a_measure_that_one_seed_lacks_has_no_mean(tiny):
    lacking = {**RESULT, "scores": {"people": {"mAP": 0.4, "clustering_ratio": None}}}
    other = {**RESULT, "scores": {"people": {"mAP": 0.6, "clustering_ratio": 2.0}}}
    together = over_seeds([lacking, other])
    assert together["scores"]["people"] == {"mAP": pytest.approx(0.5), "clustering_ratio": None}
    assert together["spread"]["people"] == {"mAP": pytest.approx(0.02**0.5), "clustering_ratio": None}


def test_rows_that_start_from_a_file_are_trained_and_measured(tiny, market, tmp_path):
    run_tiny(market, tmp_path / "first")
    start = tmp_path / "first/tiny/seed_1/start/last.safetensors"
    for _ in range(2):  # the second time they are read
        arguments = f"start={start}", "--table", "tiny", "--data", str(market), "--epochs", "1", "--output", str(tmp_path / "out")
        reid.main([*arguments])
    rows = json.loads((tmp_path / "out/tiny/summary.json").read_text())["rows"]
    assert [row["recipe"]["start"] for row in rows] == [str(start)] * 2


def test_results_of_another_recipe_are_not_taken_for_ours(tiny, market, tmp_path):
    run_tiny(market, tmp_path / "out")
    with pytest.raises(InputError, match="another recipe"):
        reid.main(["--table", "tiny", "--data", str(market), "--epochs", "2", "--output", str(tmp_path / "out")])


def test_a_whole_run_does_not_call_itself_reduced(market):
    data = read_data(TINY, [str(market)])
    assert "REDUCED" not in title(TINY, [data], Reduction())


def test_a_small_run_says_what_is_smaller(market):
    table = find_table("bag_of_tricks")
    changes = "backbone_weights=people/backbone.safetensors", "learning_rate=0.00035"
    heading = title(table, [read_data(table, [str(market)])], Reduction(6, True, changes))
    told = (
        "model bnneck_resnet18 for bnneck_resnet50, height 64 for 256, width 32 for 128, backbone weights backbone.safetensors "
        "for imagenet, epochs 6 for 120, schedule cycles for steps, triplet soft for hard, triplet margin None for 0.3, "
        "padding 3 for 10, precision bf16 for float32"
    )
    assert heading.endswith(f"; REDUCED: {told}")


def test_changes_reach_every_row_below_its_own(tiny, market, tmp_path):
    changes = "label_smoothing=0.3", "learning_rate=0.001"
    reid.main([*changes, "--table", "tiny", "--data", str(market), "--epochs", "1", "--output", str(tmp_path)])
    rows = json.loads((tmp_path / "tiny/summary.json").read_text())["rows"]
    assert [row["recipe"]["label_smoothing"] for row in rows] == [0.3, 0.1]
    assert {row["recipe"]["learning_rate"] for row in rows} == {0.001}


def test_few_epochs_fall_along_one_cosine_in_small_tables_of_luo_et_al():
    table = TABLES["bag_of_tricks"]
    recipe = row_recipe(table, table.rows[0], Reduction(15, small=True))
    assert (recipe.schedule, recipe.epochs, recipe.cycle_epochs) == ("cycles", 15, 15)


def test_tables_across_data_sets_need_another_to_measure_on(market):
    with pytest.raises(InputError, match="--validate: cross_domain needs another data set"):
        read_data(find_table("cross_domain"), [str(market)])


def test_fewer_epochs_shrink_all_that_counts_in_epochs():
    table = find_table("bag_of_tricks")
    recipe = row_recipe(table, table.rows[1], Reduction(epochs=12))
    assert (recipe.epochs, recipe.warmup_epochs, recipe.step_epochs) == (12, 1.0, (4.0, 7.0))


@pytest.mark.parametrize("name", list(TABLES))
def test_each_row_is_one_stage(name):
    assert not any(row_recipe(TABLES[name], row, Reduction()).stages for row in TABLES[name].trained)


@pytest.mark.parametrize("name", list(TABLES))
def test_the_recipes_of_a_table_name_networks_and_options_that_exist(name):
    for row in TABLES[name].rows:
        for small in (False, True):
            recipe = row_recipe(TABLES[name], row, Reduction(small=small))
            assert all(value in choices(recipe.model)[option] for option, value in recipe.options.items())


@pytest.mark.parametrize("name", list(TABLES))
def test_rows_have_names_of_their_own_steps_from_rows_and_one_recipe_a_run(name):
    table = TABLES[name]
    assert len({slug(row.name) for row in table.rows}) == len(table.rows)
    assert any(not table.steps_from(row) for row in table.rows)
    runs = {}
    for row in table.rows:
        assert all(over in table.rows for over in table.steps_from(row))
        assert runs.setdefault(row.run or row.name, row_recipe(table, row, Reduction())) == row_recipe(table, row, Reduction())


@pytest.mark.parametrize("name", ["bag_of_tricks", "cross_domain"])
def test_a_row_of_an_ablation_differs_from_the_one_it_steps_from_by_one_thing(name):
    table = TABLES[name]
    for row in table.rows:
        for over in table.steps_from(row):
            one, other = (row_recipe(table, each, Reduction()) for each in (row, over))
            changed = [field.name for field in fields(Recipe) if getattr(one, field.name) != getattr(other, field.name)]
            assert len(changed) == 1


def test_the_tricks_all_together_are_the_recipe_bag_of_tricks():
    from reid.training.recipe import read_recipe

    table = TABLES["bag_of_tricks"]
    assert row_recipe(table, table.rows[-1], Reduction()) == read_recipe(configs.path("reid", "bag_of_tricks"))


RESULT = {"recipe": {"backbone_weights": "none", "seed": 1}, "started_from": "none"}


def result(mean_cosine=0.9, **more):
    """What a row came to by one seed, on one data set."""
    scores = {"rank-1": 0.5, "mAP": 0.4, "mINP": 0.1, "mean_cosine": mean_cosine, **dict.fromkeys(CLUSTERING, 1.0)}
    return over_seeds([{**RESULT, "scores": {"people": scores}, **more}])


def verdicts(table, *figures, mean_cosine=0.5):
    """Of the steps of `table`, whose rows have these ranks and precisions; the first one's features have this mean cosine."""
    scores = {row.name: {"rank-1": r, "mAP": p, "mean_cosine": 0.5} for row, (r, p) in zip(table.rows, figures, strict=True)}
    scores[table.rows[0].name]["mean_cosine"] = mean_cosine
    runs = {name: {1: {"scores": {"people": of_row}}} for name, of_row in scores.items()}
    return [step.verdict for step in compare_steps(table, runs)]


def test_a_step_agrees_disagrees_is_mixed_or_unknown():
    assert verdicts(TINY, (0.5, 0.4), (0.6, 0.5)) == ["agrees", "mixed"]
    assert verdicts(TINY, (0.5, 0.4), (0.4, 0.5)) == ["disagrees", "mixed"]
    said = replace(TINY, rows=(*TINY.rows, Row("unprinted")))
    assert verdicts(said, (0.5, 0.4), (0.4, 0.3), (0.4, 0.4)) == ["disagrees", "mixed", "unknown", "unknown"]


def test_a_step_is_that_of_the_seeds_which_both_rows_have():
    def of(*mean_aps):
        return {seed: {"scores": {"a": {"rank-1": 0.5, "mAP": each, "mean_cosine": 0}}} for seed, each in enumerate(mean_aps, 1)}

    step = compare_steps(TINY, {"start": of(0.4, 0.2, 0.9), "+ smoothing": of(0.5, 0.4)})[1]
    assert (step.measure, step.ours, step.spread) == ("mAP", pytest.approx(15), pytest.approx(50**0.5))
    alone = compare_steps(TINY, {"start": of(0.4, 0.2), "+ smoothing": of(0.5)})[1]
    assert (alone.ours, alone.spread) == (pytest.approx(10), None)


def test_a_step_from_collapsed_features_has_no_direction_and_the_table_says_so(market, capsys):
    assert verdicts(TINY, (0.5, 0.4), (0.6, 0.5), mean_cosine=0.999) == ["collapsed", "collapsed"]
    print_table(TINY, {"start": result(0.999), "+ smoothing": result()}, "title")
    assert capsys.readouterr().out.splitlines()[-1].endswith("chance: start")


def test_a_table_of_many_columns_cuts_no_word(capsys):
    columns = [f"set{number}" for number in range(8)]
    scores = {name: result()["scores"]["people"] for name in columns}
    print_table(TINY, {row.name: over_seeds([{**RESULT, "scores": scores}] * 2) for row in TINY.rows}, "title")
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert all(word in printed for word in ("DukeMTMC-reID", "deviation", "50.0 ± 0.0"))


def test_a_table_says_which_rows_went_without_imagenet_s_weights(market, capsys):
    wanted = {"recipe": {"backbone_weights": "imagenet", "seed": 1}}
    print_table(TINY, {"start": result(**wanted, started_from="imagenet"), "+ smoothing": result(**wanted)}, "title")
    assert capsys.readouterr().out.splitlines()[-1].endswith("could not be downloaded: + smoothing")


def test_a_row_whose_imagenet_weights_cannot_be_fetched_is_measured_all_the_same(tiny, market, tmp_path, monkeypatch):
    monkeypatch.setattr(SmallNeck, "load_backbone", lambda self, source: False, raising=False)
    arguments = "backbone_weights=imagenet", "--table", "tiny", "--data", str(market), "--epochs", "1", "--output", str(tmp_path)
    reid.main(list(arguments))
    rows = json.loads((tmp_path / "tiny/summary.json").read_text())["rows"]
    assert [row["started_from"] for row in rows] == ["none", "none"]


@pytest.mark.parametrize("place", [f"people/{TRAIN}", "photographs/day0"], ids=["with a label", "without"])
def test_an_image_that_is_trained_on_and_measured_on_is_refused(market, photographs, tmp_path, place):
    shutil.copy(market / QUERY / "0001_c1s1_000001_00.png", tmp_path / place / "0001_c1s1_000009_00.png")
    with pytest.raises(InputError, match=r"0001_c1s1_000009_00.png: in the training data and, as .*/query/0001_c1"):
        read_data(TINY, [str(market)], unlabelled=[str(photographs)])


def test_a_device_that_is_not_there_is_told_before_any_data_is_read():
    with pytest.raises(InputError, match="device cuda:99 is missing"):
        reid.main(["--table", "bag_of_tricks", "--data", "nowhere", "--device", "cuda:99"])


def test_an_unknown_table_is_told_with_those_that_exist():
    with pytest.raises(InputError, match=r"unknown table magic.*bag_of_tricks"):
        reid.main(["--table", "magic", "--data", "nowhere"])


def test_losses_are_drawn_for_each_run(tmp_path):
    (tmp_path / "a.csv").write_text("epoch,identity_loss,triplet_loss\n1,5.0,1.0\n2,4.0,0.5\n")
    (tmp_path / "b.csv").write_text("epoch,identity_loss,triplet_loss,center_loss\n1,5.0,1.0,9\n2,4.0,0.5,8\n")
    draw_losses({"a": tmp_path / "a.csv", "b": tmp_path / "b.csv"}, tmp_path / "losses.png")
    assert cv2.imread(str(tmp_path / "losses.png")).shape[1] > 3 * 400
    assert read_losses(tmp_path / "b.csv")["center_loss"].tolist() == [9, 8]


def test_losses_are_read_by_step_too(tmp_path):
    (tmp_path / "steps.csv").write_text("step,identity_loss\n1,5.0\n2,4.0\n")
    assert read_losses(tmp_path / "steps.csv", "step")["identity_loss"].tolist() == [5, 4]
    with pytest.raises(InputError, match="must start with a line like epoch,identity_loss"):
        read_losses(tmp_path / "steps.csv")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must start with a line"),
        ("epoch,a\n1,x\n", "line 2: every column must be a number"),
        ("epoch,a\n1,2\n2\n", "line 3: must have 2 columns, separated by commas, but has 1"),
    ],
    ids=["empty", "word", "short line"],
)
def test_a_broken_table_of_losses_is_told_with_its_line(tmp_path, text, sentence):
    (tmp_path / "losses.csv").write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_losses(tmp_path / "losses.csv")
