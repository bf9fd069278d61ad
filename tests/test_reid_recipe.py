"""Recipes: files, their bases, changes, and what is wrong in them."""

from dataclasses import replace

import pytest

from reid.common.errors import InputError
from reid.training.recipe import read_recipe


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(["epoch=3"], "unknown key epoch;", id="unknown key"),
        pytest.param(["epochs=many"], "command line: epochs must be a whole number of at least 0, not 'many'", id="no number"),
        pytest.param(["epochs=-1"], "epochs must be .*, not -1", id="too few"),
        pytest.param(["epochs=1.5"], "epochs must be .*, not 1.5", id="no whole number"),
        pytest.param(["seed=true"], "seed must be .*, not True", id="a truth value for a number"),
        pytest.param(["part_rates={head: -1}"], "factors of at least 0 by part", id="a negative factor"),
        pytest.param(["part_rates={head: fast}"], "factors of at least 0 by part", id="a text for a factor"),
        pytest.param(["part_rates=0.1"], "factors of at least 0 by part", id="a number for factors"),
        pytest.param(["epochs"], "key=value", id="no value"),
        pytest.param(["model=3"], "model must be a text, not 3", id="no text"),
        pytest.param(["learning_rate=.nan"], "learning_rate must be .*, not nan", id="not a number"),
        pytest.param(["label_smoothing=1.5"], "0..1", id="more than all"),
        pytest.param(["step_epochs=9"], "a list of numbers", id="no list"),
        pytest.param(["step_epochs='40'"], "a list of numbers", id="a text for a list"),
        pytest.param(["step_epochs=[-1]"], "a list of numbers", id="a negative epoch"),
        pytest.param(["options=3"], "a list of options", id="a number for options"),
        pytest.param(["optimiser=lion"], "one of adam, adamw, sgd", id="unknown optimiser"),
        pytest.param(["triplet_margin=-1"], "at least 0, or null", id="negative margin"),
        pytest.param(["center_average=1"], "true or false", id="a number for a truth value"),
        pytest.param(["options=max"], "a list of options", id="no options"),
        pytest.param(["epochs=["], "not YAML", id="no YAML"),
    ],
)
def test_a_wrong_change_of_a_recipe_is_told_in_one_sentence(changes, sentence):
    from configs import path

    with pytest.raises(InputError, match=sentence):
        read_recipe(path("reid", "robust"), changes)


def test_a_recipe_lists_only_what_differs_from_its_base(tmp_path):
    from configs import path

    (tmp_path / "robust.yaml").write_text(path("reid", "robust").read_text())
    (tmp_path / "wide.yaml").write_text("base: robust.yaml\nmodel: robust_2x\noptions: {pool: max}\n")
    (tmp_path / "long.yaml").write_text("base: wide.yaml\nepochs: 99\noptions: {head: none}\n")
    base, found = read_recipe(tmp_path / "robust.yaml"), read_recipe(tmp_path / "long.yaml", ["options.blocks=inception"])
    options = {"pool": "max", "head": "none", "blocks": "inception"}
    assert found == replace(base, model="robust_2x", epochs=99, options=options)


def test_an_option_over_none_at_all_is_taken(tmp_path):
    from configs import path

    (tmp_path / "bare.yaml").write_text(path("reid", "robust").read_text().replace("options: {} ", "options:    "))
    assert read_recipe(tmp_path / "bare.yaml", ["options.pool=max"]).options == {"pool": "max"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("base: absent.yaml", r"mine.yaml: base: .*absent.yaml: no such file", id="absent"),
        pytest.param("base: mine.yaml", "mine.yaml is based on this file", id="circle"),
        pytest.param("base: good.yaml\nepochs: x", r"mine.yaml: epochs must be .*, not 'x'", id="wrong value"),
        pytest.param("base: bad.yaml", r"bad.yaml: seed must be .*, not 'y'", id="wrong value in the base"),
        pytest.param("epochs: 3", "mine.yaml: missing key model", id="no base"),
        pytest.param("- epochs", "a list of lines", id="no mapping"),
    ],
)
def test_a_wrong_recipe_file_is_told_in_one_sentence_with_file_and_key(tmp_path, text, sentence):
    from configs import path

    good = path("reid", "robust").read_text()
    (tmp_path / "good.yaml").write_text(good)
    (tmp_path / "bad.yaml").write_text("base: good.yaml\nseed: y\n")
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError, match=sentence) as error:
        read_recipe(tmp_path / "mine.yaml")
    assert "\n" not in str(error.value)
