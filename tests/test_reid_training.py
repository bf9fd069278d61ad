"""Training: batches, schedule, averaging, and a run that is killed and resumed."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_training import write_people
from torch import nn

from reid.data.folders import GALLERY, QUERY, TRAIN, Crops, join, read_market
from reid.data.sampling import identity_batches
from reid.errors import InputError
from reid.preprocessing import Preprocessing
from reid.training import trainer
from reid.training.averaging import WeightAverage, refresh_statistics
from reid.training.learner import Learner
from reid.training.recipe import read_recipe
from reid.training.schedule import warmup_steps
from reid.training.swag import WeightGaussian
from reid.training.trainer import train
from reid.weights_file import read_weights

IDS = np.repeat(np.arange(6), [1, 2, 3, 4, 5, 9])


def test_each_batch_holds_p_identities_of_k_images():
    batches = identity_batches(IDS, 3, 4, np.random.default_rng(0))
    for batch in batches:
        identities, counts = np.unique(IDS[batch], return_counts=True)
        assert len(identities) == 3
        assert (counts == 4).all()


def test_an_identity_with_enough_images_is_not_shown_one_of_them_twice_in_a_group():
    ids = np.repeat(np.arange(3), 5)
    for group in identity_batches(ids, 3, 4, np.random.default_rng(0)).reshape(-1, 4)[:3]:
        assert len(set(group.tolist())) == 4


def test_an_epoch_shows_every_image_when_identities_are_even():
    ids = np.repeat(np.arange(6), 8)
    batches = identity_batches(ids, 2, 4, np.random.default_rng(0))
    assert len(set(batches.ravel().tolist())) >= 40


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=12),
    images=st.integers(2, 5),
    identities=st.integers(2, 4),
    seed=st.integers(0, 9),
)
def test_batches_of_any_identities_are_p_times_k_and_repeat_images_only_where_there_are_too_few(sizes, images, identities, seed):
    ids = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    groups = identity_batches(ids, identities, images, np.random.default_rng(seed)).reshape(-1, identities, images)
    assert (len(groups) > 0) == (len(sizes) >= identities)
    for batch in groups:
        assert len(set(ids[batch[:, 0]])) == identities
        for group in batch:
            assert len(set(ids[group])) == 1
            enough = sizes[ids[group[0]]] >= images
            assert len(set(group.tolist())) == images or not enough
    # What an epoch leaves out are groups of fewer than P identities.
    shown = np.isin(np.arange(len(ids)), groups)
    assert len(set(ids[~shown])) < identities


def test_batches_of_joined_data_sets_mix_their_people_without_confusing_them():
    one, other = (Crops([Path(name)] * 8, np.repeat(np.arange(2), 4), np.arange(8) % 2) for name in ("one", "other"))
    crops = join([one, other])
    for batch in identity_batches(crops.ids, 4, 2, np.random.default_rng(0)):
        assert sorted(set(crops.ids[batch].tolist())) == [0, 1, 2, 3]
        assert {crops.paths[index].name for index in batch[crops.ids[batch] < 2]} == {"one"}


def test_too_few_identities_give_no_batch():
    assert len(identity_batches(np.zeros(10, int), 2, 4, np.random.default_rng(0))) == 0


def test_the_learning_rate_rises_then_falls_at_each_step():
    rates = [warmup_steps(epoch, warmup=10, steps=(40, 70)) for epoch in (0, 5, 10, 39.9, 40, 70)]
    assert rates == pytest.approx([0.01, 0.5, 1, 1, 0.1, 0.01])


def test_weight_average_is_the_mean_of_all_states():
    network, average = nn.Linear(2, 1, bias=False), WeightAverage()
    for value in (1.0, 2.0, 6.0):
        nn.init.constant_(network.weight, value)
        average.add(network)
    average.copy_to(network)
    assert network.weight.tolist() == [[3.0, 3.0]]


def test_refreshed_statistics_are_those_of_the_batches():
    norm = nn.BatchNorm1d(1)
    refresh_statistics(norm, [torch.full((4, 1), 1.0), torch.full((4, 1), 3.0)])
    assert norm.running_mean.item() == pytest.approx(2.0)
    assert norm.momentum == 0.1


@pytest.fixture
def crops_folder(tmp_path):
    return write_people(tmp_path / "people")


CHANGES = (
    "model=small epochs=2 early_epochs=1 early_height=32 early_width=16 identities_per_batch=4 images_per_identity=2 "
    "schedule=steps step_epochs=[1] average=weights average_epochs=1 checkpoint_steps=1 evaluate_every=1 precision=float32"
)


@pytest.fixture
def recipe(small_weights):
    from configs import path

    return read_recipe(path("reid", "robust"), CHANGES.split())


def killed_at(monkeypatch, epoch: int, step: int):
    """Let a run die before that step."""
    real_step = Learner.step

    def step_until_killed(self, *batch):
        if (self.position.epoch, self.position.step) == (epoch, step):
            raise KeyboardInterrupt
        real_step(self, *batch)

    monkeypatch.setattr(Learner, "step", step_until_killed)


@pytest.mark.parametrize(
    ("changes", "epoch", "step"),
    [
        pytest.param({}, 1, 1, id="in mid-epoch"),
        pytest.param({}, 1, 0, id="between two epochs"),
        pytest.param({"checkpoint_steps": 0}, 1, 1, id="from the start of the epoch"),
        pytest.param({"average": "gaussian", "center_weight": 1e-3, "optimiser": "adam"}, 1, 1, id="with centers and SWAG"),
    ],
)
def test_a_run_that_was_killed_ends_with_the_weights_of_an_unbroken_one(
    crops_folder, recipe, tmp_path, monkeypatch, changes, epoch, step
):
    recipe, crops = replace(recipe, **changes), join([read_market(crops_folder, TRAIN)])
    unbroken = train(recipe, crops, tmp_path / "unbroken")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        killed_at(patch, epoch, step)
        train(recipe, crops, tmp_path / "killed")
    resumed = train(recipe, crops, tmp_path / "killed")
    for (name, one), (_, other) in zip(unbroken.state_dict().items(), resumed.state_dict().items(), strict=True):
        assert torch.equal(one, other), name
    assert (tmp_path / "killed" / "losses.csv").read_text() == (tmp_path / "unbroken" / "losses.csv").read_text()


def test_the_checkpoint_of_another_recipe_or_of_other_data_is_refused(crops_folder, recipe, tmp_path):
    crops = join([read_market(crops_folder, TRAIN)])
    train(replace(recipe, epochs=1), crops, tmp_path / "run")
    with pytest.raises(InputError, match="another recipe"):
        train(recipe, crops, tmp_path / "run")
    with pytest.raises(InputError, match="other data"):
        train(replace(recipe, epochs=1), join([crops, crops]), tmp_path / "run")


def test_joined_data_sets_share_neither_identities_nor_cameras(crops_folder):
    one = read_market(crops_folder, TRAIN)
    both = join([one, one])
    assert len(both) == 64
    assert sorted(set(both.ids.tolist())) == list(range(16))
    assert not set(both.cameras[:32].tolist()) & set(both.cameras[32:].tolist())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("person.jpg", "must start like"), (None, "no image in it")],
    ids=["a name without an identity", "an empty folder"],
)
def test_a_folder_that_is_no_data_set_is_told_in_one_sentence(tmp_path, name, sentence):
    (tmp_path / GALLERY).mkdir()
    if name:
        (tmp_path / GALLERY / name).touch()
    with pytest.raises(InputError, match=sentence):
        read_market(tmp_path, GALLERY)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(["epoch=3"], "unknown key 'epoch'", id="unknown key"),
        pytest.param(["epochs=many"], "command line: epochs: 'many' is not .* a whole number above 0", id="no number"),
        pytest.param(["epochs=0"], "epochs: 0", id="too few"),
        pytest.param(["epochs=1.5"], "epochs: 1.5", id="no whole number"),
        pytest.param(["seed=true"], "seed: True", id="a truth value for a number"),
        pytest.param(["epochs"], "key=value", id="no value"),
        pytest.param(["model=3"], "model: 3 is not .* a text", id="no text"),
        pytest.param(["learning_rate=.nan"], "learning_rate: nan", id="not a number"),
        pytest.param(["label_smoothing=1.5"], "0..1", id="more than all"),
        pytest.param(["step_epochs=9"], "a list of numbers", id="no list"),
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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("base: absent.yaml", r"mine.yaml: base: there is no file .*absent.yaml", id="absent"),
        pytest.param("base: mine.yaml", "based on this file itself", id="circle"),
        pytest.param("base: good.yaml\nepochs: x", r"mine.yaml: epochs: 'x'", id="wrong value"),
        pytest.param("base: bad.yaml", r"bad.yaml: seed: 'y'", id="wrong value in the base"),
        pytest.param("epochs: 3", "mine.yaml: the key 'model' is missing", id="no base"),
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


def run_with_validation(recipe, folder, output):
    crops, *validation = (read_market(folder, part) for part in (TRAIN, QUERY, GALLERY))
    train(recipe, crops, output, validation=validation, data=["people"])


def test_the_best_and_the_last_weights_are_kept_with_their_scores_and_their_record(crops_folder, recipe, tmp_path):
    recipe = replace(recipe, epochs=4, evaluate_every=1, early_epochs=0)
    run_with_validation(recipe, crops_folder, tmp_path / "run")
    lines = (tmp_path / "run" / "validation.csv").read_text().splitlines()
    scores = [float(line.split(",")[2]) for line in lines[1:]]
    best, last = (read_weights(tmp_path / "run" / f"{name}.safetensors").training for name in ("best", "last"))
    assert lines[0] == "epoch,rank-1,mAP,weights"
    assert [line.split(",")[-1] for line in lines[1:]] == ["present", "present", "present", "final"]
    assert best["validation"]["mAP"] == pytest.approx(max(scores), abs=1e-4)
    assert last["validation"]["mAP"] == pytest.approx(scores[-1], abs=1e-4)
    assert (last["epochs_done"], last["seed"], last["data"], last["identities"]) == (4, recipe.seed, ["people"], 8)
    assert set(last["versions"]) == {"python", "torch", "mtmc"}


def test_without_validation_there_are_last_weights_and_no_best_ones(crops_folder, recipe, tmp_path):
    train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run")
    assert read_weights(tmp_path / "run" / "last.safetensors").model == "small"
    assert not (tmp_path / "run" / "best.safetensors").exists()


def test_a_run_that_is_repeated_says_that_it_was_trained_before_and_keeps_its_weights(crops_folder, recipe, tmp_path, capsys):
    crops, path = join([read_market(crops_folder, TRAIN)]), tmp_path / "run" / "last.safetensors"
    train(recipe, crops, tmp_path / "run")
    found = read_weights(path).hash
    assert "trained before" not in capsys.readouterr().out
    train(recipe, crops, tmp_path / "run")
    assert "all 2 epochs were trained before" in capsys.readouterr().out
    assert read_weights(path).hash == found


def test_the_size_of_the_recipe_travels_with_the_weights(crops_folder, recipe, tmp_path, monkeypatch):
    recipe = replace(recipe, height=32, width=16, epochs=1, early_epochs=0)
    monkeypatch.setattr("small_network.Small.preprocessing", Preprocessing(64, 48))
    network = train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run")
    assert (network.preprocessing.height, network.preprocessing.width) == (32, 16)
    assert read_weights(tmp_path / "run" / "last.safetensors").preprocessing == network.preprocessing


def test_weights_of_the_early_epochs_are_measured_and_kept_at_the_size_they_were_trained_at(
    crops_folder, recipe, tmp_path, monkeypatch
):
    recipe = replace(recipe, average="none", early_epochs=1, early_height=31, early_width=15)
    sizes = []
    real = trainer.validate
    monkeypatch.setattr(
        trainer, "validate", lambda weights, *rest: sizes.append(weights.preprocessing.height) or real(weights, *rest)
    )
    run_with_validation(recipe, crops_folder, tmp_path / "run")
    assert sizes == [31, 32]
    assert read_weights(tmp_path / "run" / "last.safetensors").preprocessing.height == 32


def test_the_record_names_the_file_that_a_run_started_from_and_not_its_folder(crops_folder, recipe, tmp_path):
    crops, recipe = join([read_market(crops_folder, TRAIN)]), replace(recipe, average="none")
    train(recipe, crops, tmp_path / "first")
    train(replace(recipe, start=str(tmp_path / "first" / "last.safetensors")), crops, tmp_path / "second")
    assert read_weights(tmp_path / "second" / "last.safetensors").training["start"] == "last.safetensors"
    assert str(tmp_path).encode() not in (tmp_path / "second" / "last.safetensors").read_bytes()


def test_a_run_goes_on_from_the_weights_of_another_and_refuses_those_of_another_network(crops_folder, recipe, tmp_path):
    crops = join([read_market(crops_folder, TRAIN)])
    train(replace(recipe, average="none"), crops, tmp_path / "first")
    last = tmp_path / "first" / "last.safetensors"
    learner, other = Learner(replace(recipe, start=str(last)), 8, "cpu"), Learner(recipe, 8, "cpu")
    expected = read_weights(last).network().state_dict()
    for name, tensor in learner.network.state_dict().items():
        assert torch.equal(tensor, expected.get(name, other.network.state_dict()[name])), name
    with pytest.raises(InputError, match=r"start: .* holds small with the options {}, not robust"):
        Learner(replace(recipe, start=str(last), model="robust"), 8, "cpu")
    with pytest.raises(InputError, match=r"absent\.safetensors: no such file"):
        Learner(replace(recipe, start=str(tmp_path / "absent.safetensors")), 8, "cpu")


def test_the_gaussian_of_a_run_can_be_drawn_from_and_has_its_final_mean(crops_folder, recipe, tmp_path):
    recipe = replace(recipe, average="gaussian", schedule="cycles", cycle_epochs=1, average_epochs=2, early_epochs=0)
    network, gaussian = train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run"), WeightGaussian()
    gaussian.load_state_dict(torch.load(tmp_path / "run" / "gaussian.pt", weights_only=True))
    for name, value in network.named_parameters():
        assert torch.equal(value, gaussian.average.mean[name].float())
    gaussian.sample_to(network, torch.Generator().manual_seed(0))
    assert any(variance.any() for variance in gaussian.variances().values())


def test_a_terminal_less_run_prints_a_line_an_epoch_and_tensorboard_gets_the_scalars(crops_folder, recipe, tmp_path, capsys):
    run_with_validation(recipe, crops_folder, tmp_path / "run")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("epoch")] == ["epoch 1 of 2", "epoch 2 of 2"]
    assert all("left" in line for line in lines if line.startswith("epoch"))
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def test_without_tensorboard_one_line_says_so_and_the_run_goes_on(crops_folder, recipe, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run")
    assert capsys.readouterr().out.count("pip install 'mtmc[tensorboard]'") == 1
    assert (tmp_path / "run" / "last.safetensors").exists()
