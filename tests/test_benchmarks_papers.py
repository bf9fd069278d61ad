"""What the papers print: each table has a command with its rows, columns and distances, and each recipe its settings."""

import pytest
import torch
import yaml

import configs
from benchmarks import lab, papers
from benchmarks.layouts import BENCHMARKS
from benchmarks.papers import printed
from benchmarks.reid import __main__ as reid
from benchmarks.reid.printed import MEASURES, SETS
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.surveys import SURVEYS
from benchmarks.reid.table import LIP
from benchmarks.reid.tables import TABLES
from reid.common.errors import InputError
from reid.models import build, complexity
from reid.models.harmonious import Harmonious
from reid.training.recipe import read_recipe

TABLE_OF = {
    "tmm_1": "bag_of_tricks",
    "tmm_2": "cross_domain",
    "tmm_3": "necks",
    "tmm_4": "bnneck_metrics",
    "tmm_5": "center_loss",
    "tmm_6": "baselines",
    "tmm_8": "reproduced",
    "tmm_9": "backbones",
    "tmm_ibn_cross": "ibn_cross_domain",
    "cvprw_1": "bag_of_tricks",
    "cvprw_2": "bnneck_metrics",
    "cvprw_3": "cross_domain",
    "cvprw_5": "batch_size",
    "cvprw_6": "image_size",
    "lawen_2": "robust_ablation",
    "lawen_3": "swag",
    "spreid_1": "spreid_parsing",
    "spreid_2": "spreid_resolution",
    "spreid_3": "spreid_backbones",
    "spreid_4": "spreid_regions",
    "spreid_5": "spreid_sharing",
    "spreid_6": "spreid_state_of_the_art",
}
OF_OTHER_PROGRAMS = {"lawen_1", "lawen_5", "lawen_6"}  # `python -m reid models`, benchmarks.lab and benchmarks.mot16
NOT_PRINTED = {"reproduced": ["without BNNeck (Table IV)"]}  # rows that others are compared with


def cells_of(name):
    """The figures of each row of a printed table by data set and measure; rows of several data sets by their names, merged."""
    rows = {}
    for number, row in enumerate(printed(name).rows):
        found = {}
        for column, cell in row.items():
            data_set, _, measure = column.rpartition("_") if column not in MEASURES else (row.get("dataset", LIP), "", column)
            if measure in MEASURES and cell is not None:
                found[SETS.get(data_set, data_set), MEASURES[measure]] = cell
        several = "dataset" in row
        key = tuple(cell for column, cell in row.items() if column not in (*MEASURES, "dataset", "input_size"))
        rows.setdefault(key if several else number, {}).update(found)
    return list(rows.values())


def cells_in(row):
    return {(data_set, measure): figure for data_set, figures in row.paper.items() for measure, figure in figures.items()}


def test_no_printed_table_is_without_a_command():
    surveys = [table for table, _ in SURVEYS.values()]
    assert sorted([*TABLE_OF, *surveys, *OF_OTHER_PROGRAMS]) == sorted(papers.tables())
    ours = {"distillation", "backgrounds"}
    assert TABLES.keys() == {*TABLE_OF.values(), *ours}


@pytest.mark.parametrize(("name", "table"), TABLE_OF.items())
def test_a_table_has_the_rows_and_columns_that_are_printed_and_no_other(name, table):
    rows = [row for row in TABLES[table].rows if row.name not in NOT_PRINTED.get(table, [])]
    ours, theirs = [cells_in(row) for row in rows], cells_of(name)
    if table == "spreid_state_of_the_art":  # others first, so that ours stand together
        ours, theirs = (sorted(each, key=lambda cells: sorted(cells.items())) for each in (ours, theirs))
    assert ours == theirs
    assert set(TABLES[table].columns) == {column for cells in theirs for column in cells}


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_is_printed_as_it_is_without_data(name, capsys):
    reid.main(["--table", name])
    lines = capsys.readouterr().out.replace("│", "|").splitlines()
    told = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("|")]
    assert told == [["-" if cell is None else str(cell) for cell in row.values()] for row in printed(SURVEYS[name][0]).rows]
    with pytest.raises(InputError, match=f"--data: of no use to {name}, which is only printed"):
        reid.main(["--table", name, "--data", "somewhere"])


def test_the_two_tables_of_tracking_stand_beside_ours_in_the_programs_that_track():
    assert list(lab.PUBLISHED.values()) == [{"mota": 0.961, "idf1": idf1} for idf1 in (0.891, 0.796, 0.789, 0.657, 0.571)]
    published = BENCHMARKS["mot16"].published
    assert published["Table 6: Long et al. (paper, distractor rule unknown)"] == {"mota": 0.357, "idf1": 0.453}
    assert len(published) == len(printed("lawen_6").rows)


# In TMM's Table IV alone the distances are printed.
DISTANCES = {"f (w/o BNNeck)": "f_t", "f_t": "f_t", "f_i": "f_i"}


@pytest.mark.parametrize("table", dict.fromkeys(TABLE_OF.values()))
def test_a_row_that_repeats_figures_of_table_iv_is_measured_like_it(table):
    known = {
        tuple(figures): (DISTANCES[feature], metric.lower())
        for feature, metric, *figures in (row.values() for row in printed("tmm_4").rows)
    }
    for row in TABLES[table].rows:
        figures = tuple(cell for (_, measure), cell in cells_in(row).items() if measure != "R")
        if figures in known:
            feature = "f_i" if row.feature == "test" else row.feature
            assert (feature, row.distance) == known[figures]


def measured(table):
    return [(row.feature, row.distance) for row in TABLES[table].rows if not row.printed]


def test_rows_before_bnneck_are_euclidean_and_those_after_it_cosine():
    before, after = ("f_t", "euclidean"), ("f_i", "cosine")
    assert measured("bag_of_tricks") == [before] * 5 + [after] * 2
    assert measured("cross_domain") == [before] * 5 + [after] * 3
    assert measured("necks") == [before] * 3 + [after] * 3 + [before, after]
    assert measured("center_loss") == [before] * 5 + [after] * 5
    assert set(measured("backbones")) | set(measured("ibn_cross_domain")) == {after}


def test_the_last_tables_of_cvprw_are_euclidean_on_f_i():
    assert set(measured("batch_size")) | set(measured("image_size")) == {("f_i", "euclidean")}


def test_the_baselines_of_table_vi_are_trained_by_the_printed_losses():
    rows = TABLES["baselines"].rows
    for row, losses in zip(rows, (row["loss"] for row in printed("tmm_6").rows), strict=True):
        recipe = row_recipe(TABLES["baselines"], row, Reduction())
        heads = build(recipe.model, classes=4, **recipe.options).train()(torch.zeros(2, 3, 96, 32))
        trained = {"ID": recipe.identity_weight and any(head.logits is not None for head in heads)}
        trained["Tri"] = recipe.triplet_weight and any(head.features is not None for head in heads)
        assert {loss for loss, weight in trained.items() if weight} == set(losses.split("+")), row.name


def test_the_methods_of_table_viii_are_trained_by_the_printed_losses():
    table = TABLES["reproduced"]
    rows = [row for row in table.rows if row.name not in NOT_PRINTED["reproduced"]]
    for row, theirs in zip(rows, printed("tmm_8").rows, strict=True):
        recipe = row_recipe(table, row, Reduction())
        weights = {"L_ID": recipe.identity_weight, "L_Tri": recipe.triplet_weight, "L_C": recipe.center_weight}
        if recipe.options["neck"] == "bnneck1":  # has no feature for the triplet loss
            weights["L_Tri"] = 0
        assert [loss for loss, weight in weights.items() if weight] == theirs["losses"].split(", ")
        assert row.rerank == (row.name == "k-reciprocal")


def test_rows_of_one_network_train_it_once():
    for table, count in (("necks", 7), ("bnneck_metrics", 2), ("center_loss", 5), ("reproduced", 8)):
        assert len({row.run or row.name.lower() for row in TABLES[table].trained}) == count


def test_what_is_printed_twice_is_printed_alike():
    for one, other in (("tmm_1", "cvprw_1"), ("tmm_2", "cvprw_3"), ("tmm_4", "cvprw_2")):
        assert printed(one) == printed(other)
    tricks = cells_of("tmm_1")
    assert tricks[-1] == cells_of("tmm_9")[2] == {key: cell for key, cell in cells_of("tmm_5")[6].items() if key[1] != "R"}
    assert cells_of("tmm_3")[6:] == [cells_of("tmm_4")[1], cells_of("tmm_4")[4]]
    assert cells_of("tmm_8")[:3] == [cells_of("tmm_3")[3], *tricks[-2:]]


def test_per_cents_are_per_cents_and_ranks_in_order():
    for name in papers.tables():
        for cells in cells_of(name) if name != "lawen_1" else ():
            assert all(0 < cell < 100 for cell in cells.values())
            for data_set in {each for each, _ in cells}:
                told = [cells[data_set, each] for each in ("rank-1", "rank-5", "rank-10") if (data_set, each) in cells]
                assert told == sorted(told)


@pytest.mark.parametrize("name", papers.facts("training"))
def test_a_recipe_has_the_settings_that_its_paper_prints(name):
    recipe = read_recipe(configs.path("reid", name)).staged()[-1]
    theirs = papers.facts("training")[name]
    ours = {key: getattr(recipe, key) for key in theirs}
    if ours.get("height") == 0:  # as published for the network
        size = Harmonious.preprocessing
        ours |= {"height": size.height, "width": size.width}
    assert {key: list(value) if isinstance(value, tuple) else value for key, value in ours.items()} == theirs


def test_the_sizes_of_networks_are_those_that_python_m_reid_models_shows():
    for name, size in papers.facts("networks").items():
        shown = complexity.PUBLISHED[name]
        assert size == {key: getattr(shown, key) for key in size}


def test_the_figures_are_those_of_the_transcription(real_data):
    file = real_data.parent / "papers/tables.yaml"
    if not file.is_file():
        pytest.skip(f"no copy of the papers' tables: {file}")
    theirs = yaml.safe_load(file.read_text())
    ours = papers.facts("tables")
    assert ours == {table["id"]: {key: table[key] for key in ("columns", "rows")} for table in theirs["tables"]}
    norms = {"norm_mean": "mu", "norm_deviation": "sigma", "norm_variation": "cv", "norm_maximum": "maximum"}
    for feature, figures in papers.facts("figures")["tmm_10"].items():
        assert figures == {key: theirs["figures"]["tmm"][10][feature][norms[key]] for key in figures}
    (sizes,) = (table for table in theirs["tables"] if table["id"] == "lawen_1")
    for name, network in (("1x", "robust"), ("2x", "robust_2x")):
        size = papers.facts("networks")[network]
        assert f"{size['parameters'] / 1e6:g}M" == sizes["parameters"][name]
        assert f"{size['multiply_adds'] / 1e9:g}B" == sizes["flops"][name]
