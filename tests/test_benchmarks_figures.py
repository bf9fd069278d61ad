"""The figures of the papers: what their files hold, which runs they go on with, and each mistake that is told."""

import csv
import json
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from small_table import TINY

from benchmarks.reid import __main__ as reid
from benchmarks.reid import tables as reid_tables
from benchmarks.reid.figures import FIGURES, averaging, features_2d, losses, norms, parameters
from benchmarks.reid.runs import find_run
from benchmarks.reid.table import MARKET, Row
from benchmarks.reid.tables import find_table
from reid.common.errors import InputError
from reid.data.folders import GALLERY
from reid.models import complexity


def draw(name, output, *more):
    """Draw a figure; returns its folder."""
    reid.main(["--figure", name, "--output", str(output), *map(str, more)])
    assert cv2.imread(str(output / name / f"{name}.png")) is not None
    return output / name


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def tables(tiny, monkeypatch):
    """The tables `necks` and `swag` have networks that train in a moment."""
    necks = tuple(Row(name) for name in ("Neck3", "BNNeck3", "BNNeck"))
    cycles = ("schedule=cycles", "cycle_epochs=40", "average=gaussian", "average_epochs=120")
    swag = Row("converged", ("average=none",)), Row("SWAG", feature="sampled", after="converged")
    for table in (replace(TINY, name="necks", rows=necks), replace(TINY, name="swag", rows=swag, changes=cycles)):
        monkeypatch.setitem(reid_tables.TABLES, table.name, replace(table, recipe="tiny"))


@pytest.fixture
def undrawn(monkeypatch):
    """Nothing is drawn, which takes seconds."""
    for module in (averaging, losses, norms, parameters):
        monkeypatch.setattr(module, "plot", lambda *_: None)


def test_the_tables_have_the_runs_that_figures_go_on_from():
    necks, swag = find_table("necks"), find_table("swag")
    assert [find_run(necks, run).changes for run in losses.NECKS] == [("options.neck=neck3",), ("options.neck=bnneck3",), ()]
    assert averaging.averaged(swag).name == "setup 2 + SWAG"
    assert averaging.averaged(swag).after == "setup 2"


# What can be asked for.


def test_an_unknown_figure_is_told_with_those_that_exist():
    with pytest.raises(InputError, match=r"unknown figure magic; choose from losses, features_2d, .*averaging"):
        reid.main(["--figure", "magic"])


def test_a_table_and_a_figure_exclude_each_other(capsys):
    for arguments in (["--table", "necks", "--figure", "norms"], []):
        with pytest.raises(SystemExit):
            reid.main(arguments)
    assert "--figure" in capsys.readouterr().err


def test_the_help_says_what_each_figure_needs(capsys):
    with pytest.raises(SystemExit):
        reid.main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(f"{name}: {figure.needs}"[:40] in told for name, figure in FIGURES.items())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--figure", "losses"], "--data: the figure losses needs a data set"),
        (["--figure", "losses", "--data", "a", "--epochs", "3"], "--epochs: of no use to the figure losses"),
        (["seed=2", "--figure", "features_2d"], "seed=2: of no use to the figure features_2d"),
        (["--figure", "features_2d", "--data", "a", "b"], "takes one folder"),
        (["--figure", "norms"], "measures one network on one data set"),
        (["--figure", "norms", "--data", "a", "--networks", "hacnn", "--epochs", "2"], "a finished network takes no changes"),
        (["--figure", "parameters", "--networks", "hacnn"], "--data: the figure parameters measures"),
        (["--figure", "averaging"], "--data: swag needs a data set"),
        (["--figure", "averaging", "--data", "a", "--validate", "b", "c"], "takes one data set to evaluate on"),
        (["--figure", "averaging", "--data", "a", "seed=2"], "seed=2: not a data source"),
        (["--table", "necks", "--networks", "hacnn"], "--networks: a table trains its own"),
    ],
)
def test_what_a_figure_lacks_or_cannot_use_is_told(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        reid.main(arguments)


@pytest.mark.parametrize("name", FIGURES)
def test_without_matplotlib_each_figure_says_so_before_it_trains(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"plots need matplotlib, which is not installed: pip install 'mtmc\[plots\]'"):
        reid.main(["--figure", name])


# Losses by iteration.


def test_losses_are_those_of_each_step_of_three_necks_on_each_data_set(tables, market, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(losses, "STEPS", 3)
    (market.parent / "more").symlink_to(market)
    folder = draw("losses", tmp_path / "out", "--data", market, market.parent / "more")
    rows = read_csv(folder / "losses.csv")
    expected = [
        (data, neck, str(step)) for data in ("people", "more") for neck in ("Neck3", "BNNeck3", "BNNeck") for step in (1, 2, 3)
    ]
    assert [(row["data"], row["neck"], row["step"]) for row in rows] == expected
    for line, row in zip(read_csv(folder / "people/neck3/steps.csv"), rows, strict=False):
        assert all(float(row[loss]) == float(line[loss]) for loss in losses.LOSSES)
    assert "in print: the triplet loss first rises" in capsys.readouterr().out

    monkeypatch.setattr("reid.training.learner.Learner.step", None)  # again: nothing is trained
    monkeypatch.setattr(losses, "plot", lambda *_: None)
    draw("losses", tmp_path / "out", "--data", market, market.parent / "more")
    assert read_csv(folder / "losses.csv") == rows


def test_a_run_without_a_loss_that_the_figure_shows_is_told(tmp_path):
    (tmp_path / "steps.csv").write_text("step,identity_loss,triplet_loss\n1,5.5,0.75\n2,5.25,1\n")
    assert losses.read_steps(tmp_path / "steps.csv")["triplet_loss"].tolist() == [0.75, 1]
    (tmp_path / "steps.csv").write_text("step,identity_loss\n1,5.5\n")
    with pytest.raises(InputError, match=r"steps\.csv: has no triplet_loss"):
        losses.read_steps(tmp_path / "steps.csv")


def test_the_course_of_a_loss_is_that_of_its_running_mean(monkeypatch):
    monkeypatch.setattr(losses, "WINDOW", 2)
    assert losses.running_mean(np.array([1.0, 3, 5, 1])).tolist() == [2, 4, 3]
    assert losses.running_mean(np.array([1.0])).tolist() == [1]
    assert losses.course(np.array([1.0, 3, 5, 1])) == "2.000 at first, at most 4.000 by iteration 3, 3.000 at last"


# Features of digits.


def test_features_of_digits_have_eight_panels_each_with_its_ratio_and_what_the_paper_says(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(features_2d, "RENDERED", 12)
    folder = draw("features_2d", tmp_path, "--epochs", "1")
    assert "stand-in for MNIST" in capsys.readouterr().out
    found = json.loads((folder / "features_2d.json").read_text())["panels"]
    assert list(found) == list(features_2d.PANELS) and len(found) == 8
    assert all(panel["clustering_ratio"] > 0 and panel["in_print"] for panel in found.values())
    points = read_csv(folder / "features_2d.csv")
    counts = {name: sum(point["panel"] == name for point in points) for name in found}
    assert set(counts.values()) == {120}


def test_the_panels_of_bnneck_show_one_network_s_features_the_second_normalised(tmp_path, monkeypatch):
    monkeypatch.setattr(features_2d, "RENDERED", 12)
    monkeypatch.setattr(features_2d, "plot", lambda *_: None)
    reid.main(["--figure", "features_2d", "--epochs", "1", "--output", str(tmp_path)])
    points = read_csv(tmp_path / "features_2d/features_2d.csv")
    f_t, f_i = (
        np.array([(float(point["x"]), float(point["y"])) for point in points if point["panel"].endswith(feature)])
        for feature in ("f_t", "f_i")
    )
    factors = (f_i - f_i[0])[1:] / (f_t - f_t[0])[1:]
    np.testing.assert_allclose(factors, np.broadcast_to(np.median(factors, axis=0), factors.shape), rtol=0.02)


def test_features_in_the_plane_are_drawn_with_a_colour_a_class(tmp_path):
    points = np.array([[-1.0, -1], [1, 1]]).repeat(50, 0) + np.random.default_rng(0).normal(0, 0.1, (100, 2))
    features_2d.plot({"panel": points}, np.repeat([0, 1], 50), tmp_path / "plane.png")
    picture = cv2.imread(str(tmp_path / "plane.png")).reshape(-1, 3)
    blue, orange = (180, 119, 31), (14, 127, 255)
    assert all((picture == colour).all(1).sum() > 50 for colour in (blue, orange))


# Norms.


def test_norms_are_those_of_the_table_s_run_without_distractors(tables, market, tmp_path, capsys):
    someone = next((market / GALLERY).iterdir())
    (market / GALLERY / "0000_c1s1_000001_00.png").write_bytes(someone.read_bytes())
    folder = draw("norms", tmp_path / "out", "--data", market, "--epochs", "1")
    assert "in print mean 18.620, deviation 1.820, C.V. 0.098, maximum 48.700" in capsys.readouterr().out
    found = json.loads((folder / "norms.json").read_text())
    assert found["ours"].keys() == found["paper"].keys() == {"f_t", "f_i"}
    bins = read_csv(folder / "norms.csv")
    assert sum(int(each["images"]) for each in bins if each["feature"] == "f_t") == 16

    reid.main(["--table", "necks", "--data", str(market), "--epochs", "1", "--output", str(tmp_path / "out")])
    rows = {row["row"]: row for row in json.loads((tmp_path / "out/necks/summary.json").read_text())["rows"]}
    ours = {key: found["ours"]["f_t"][key] for key in ("norm_mean", "norm_deviation", "norm_variation")}
    assert ours == pytest.approx({key: rows["BNNeck"]["scores"]["people"][key] for key in ours})


def test_norms_are_measured_on_a_weights_file_too(tables, market, tmp_path, undrawn, monkeypatch):
    reid.main(["--figure", "norms", "--data", str(market), "--epochs", "1", "--output", str(tmp_path / "a")])
    monkeypatch.setattr("reid.training.learner.Learner.step", None)
    file = tmp_path / "a/necks/seed_1/bnneck/last.safetensors"
    reid.main(["--figure", "norms", "--data", str(market), "--networks", str(file), "--output", str(tmp_path / "b")])
    one, other = (json.loads((tmp_path / each / "norms/norms.json").read_text())["ours"] for each in "ab")
    assert one == other


def test_a_network_without_bnneck_has_no_such_norms(market, tmp_path):
    with pytest.raises(InputError, match="f_t is a feature of networks with BNNeck"):
        reid.main(["--figure", "norms", "--data", str(market), "--networks", "hacnn", "--output", str(tmp_path)])


def test_measures_of_norms():
    assert norms.measure_norms(np.array([1.0, 3])) == {
        "norm_mean": 2,
        "norm_deviation": 1,
        "norm_variation": 0.5,
        "norm_maximum": 3,
    }
    assert norms.measure_norms(np.zeros(2))["norm_variation"] is None


# Parameters.


def test_printed_and_counted_parameters_stand_beside_each_other(tmp_path):
    rows = read_csv(draw("parameters", tmp_path) / "parameters.csv")
    assert [row["kind"] for row in rows] == ["printed"] * 4 + ["counted"] * 4
    for printed, counted in zip(rows[:4], rows[4:], strict=True):
        assert {printed["data"], counted["data"]} == {MARKET}
        assert all(printed[key] == counted[key] for key in ("network", "rank-1", "mAP"))
        assert int(counted["parameters"]) == pytest.approx(int(printed["parameters"]), rel=0.2)


def test_given_networks_are_measured_on_the_data(small_weights, market, tmp_path, undrawn):
    small_weights.write(tmp_path / "mine.safetensors")
    arguments = ["--data", str(market), "--networks", str(tmp_path / "mine.safetensors")]
    reid.main(["--figure", "parameters", *arguments, "--output", str(tmp_path)])
    ours = read_csv(tmp_path / "parameters/parameters.csv")[-1]
    assert (ours["network"], ours["kind"], ours["data"]) == ("mine", "measured", "people")
    assert int(ours["parameters"]) == complexity.count(small_weights.network()).parameters
    assert 0 < float(ours["mAP"]) <= 100


def test_without_names_the_shipped_networks_that_embed_are_measured():
    assert {"hacnn", "robust"} <= set(parameters.shipped())
    assert "parser_light" not in parameters.shipped()


# Averaging.


def test_swag_and_sgd_are_shown_by_epoch_over_seeds(tables, market, tmp_path, capsys):
    folder = draw("averaging", tmp_path / "out", "--data", market, "--epochs", "6", "--seeds", "1", "2")
    rows = read_csv(folder / "averaging.csv")
    assert {row["data"] for row in rows} == {"people"} and {row["seeds"] for row in rows} == {"2"}
    epochs = {name: [int(row["epoch"]) for row in rows if row["weights"] == name] for name in ("SGD", "SWAG")}
    assert set(epochs["SGD"]) >= {1, 2, 3, 4, 5}
    assert set(epochs["SWAG"]) >= {2, 3, 4, 5, 6}  # from the end of the first cycle of two epochs on
    assert all(0 < float(row["mAP"]) <= 100 and float(row["mAP spread"]) >= 0 for row in rows)
    assert "in print: SWAG is steadier than SGD" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out/swag/seed_2").iterdir()} == {"converged", "averaging"}
    assert not (tmp_path / "out/swag/seed_2/converged/validation.csv").exists()  # the table's own run


def test_a_run_s_validation_is_read_by_the_weights_of_each_line(tmp_path):
    text = "epoch,set,rank-1,mAP,weights\n1,a,0.5,0.25,present\n2,a,0.6,0.5,present\n2,a,0.7,0.6,averaged\n3,a,0.8,0.7,final\n"
    (tmp_path / "validation.csv").write_text(text)
    curves = averaging.read_validation(tmp_path / "validation.csv")
    assert curves == {"SGD": {1: (50, 25), 2: (60, 50)}, "SWAG": {2: (70, 60), 3: (80, 70)}}
    (tmp_path / "validation.csv").write_text(text + "4,a,high,0.7,present\n")
    with pytest.raises(InputError, match=r"validation\.csv, line 6: must have the columns"):
        averaging.read_validation(tmp_path / "validation.csv")
    with pytest.raises(InputError, match="no such file"):
        averaging.read_validation(tmp_path / "absent.csv")


def test_means_are_over_the_seeds_that_have_an_epoch():
    means = averaging.over_seeds([{"SGD": {1: (50, 20), 2: (60, 30)}}, {"SGD": {1: (52, 24)}, "SWAG": {1: (60, 30)}}])
    assert means["SGD"].epochs.tolist() == [1, 2] and means["SGD"].seeds.tolist() == [2, 1]
    assert means["SGD"].scores.tolist() == [[51, 22], [60, 30]]
    np.testing.assert_allclose(means["SGD"].spread, [[2**0.5, 8**0.5], [np.nan, np.nan]])
    assert (
        averaging.told(means["SGD"], 2)
        == "rank-1 60.0 at last, 9.00 from epoch to epoch; mAP 30.0 at last, 8.00 from epoch to epoch"
    )
