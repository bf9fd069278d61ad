"""Runs that were killed, repeated, moved, damaged, or started from another's weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from full_disk import replacing_on_full_disk

from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY, TRAIN, join, read_market
from reid.training import state_file
from reid.training.checkpoint import resume
from reid.training.learner import Learner
from reid.training.state_file import read_state, write_state
from reid.training.trainer import train
from reid.training.validation import ValidationSet
from reid.weights.thresholds import Thresholds
from reid.weights.weights_file import read_weights

COUNTED = {"epochs": 0, "images_per_batch": 16, "average": "none", "early_epochs": 0, "schedule": "exponential"}


def killed_at(monkeypatch, epoch: int, step: int):
    """Let a run die before that step."""
    real_step = Learner.step

    def step_until_killed(self, *batch):
        if (self.position.epoch, self.position.step) == (epoch, step):
            raise KeyboardInterrupt
        return real_step(self, *batch)

    monkeypatch.setattr(Learner, "step", step_until_killed)


@pytest.mark.parametrize(
    ("changes", "epoch", "step"),
    [
        pytest.param({}, 1, 1, id="in mid-epoch"),
        pytest.param({}, 1, 0, id="between two epochs"),
        pytest.param({"checkpoint_steps": 0}, 1, 1, id="from the start of the epoch"),
        pytest.param({"average": "gaussian", "center_weight": 1e-3, "optimiser": "adam"}, 1, 1, id="with centers and SWAG"),
        pytest.param({**COUNTED, "iterations": 3}, 1, 0, id="by iterations"),
        pytest.param({**COUNTED, "iterations": 6, "part_rates": {"body": 0.1, "head": 3.0}}, 1, 1, id="rates by part"),
        pytest.param({**COUNTED, "iterations": 6, "part_rates": {"body": 0}}, 1, 1, id="a part that is not trained"),
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
    with pytest.raises(InputError, match="another recipe, by epochs; give another --output"):
        train(recipe, crops, tmp_path / "run")
    for other in (join([crops, crops]), crops.take(np.arange(len(crops))[::-1])):
        with pytest.raises(InputError, match="other data"):
            train(replace(recipe, epochs=1), other, tmp_path / "run")


def test_a_run_whose_data_have_moved_goes_on(crops_folder, recipe, tmp_path, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        killed_at(patch, 1, 0)
        train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run")
    moved = crops_folder.rename(tmp_path / "elsewhere")
    train(recipe, join([read_market(moved, TRAIN)]), tmp_path / "run")
    assert (tmp_path / "run" / "losses.csv").read_text().count("\n") == 3


@pytest.fixture
def trained(crops_folder, recipe, tmp_path):
    """A run of one epoch: its recipe, its crops and its folder."""
    recipe, crops = replace(recipe, epochs=1), join([read_market(crops_folder, TRAIN)])
    train(recipe, crops, tmp_path / "run")
    return recipe, crops, tmp_path / "run"


def test_a_damaged_checkpoint_is_told_in_one_sentence(trained):
    recipe, crops, folder = trained
    path = folder / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"checkpoint\.pt: damaged, .*; remove it to start anew"):
        train(recipe, crops, folder)
    path.unlink()
    train(recipe, crops, folder)


@pytest.mark.parametrize("cut", [False, True], ids=["flipped", "cut off"])
def test_no_byte_of_a_checkpoint_is_another_or_missing_without_a_word(trained, cut):
    path = trained[2] / "checkpoint.pt"
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for place in {*range(60), *random.integers(len(whole), size=200).tolist(), len(whole) - 1}:
        flipped = bytes([whole[place] ^ (1 << random.integers(8))])
        path.write_bytes(whole[:place] if cut else whole[:place] + flipped + whole[place + 1 :])
        with pytest.raises(InputError, match=r"checkpoint\.pt: damaged, .*; remove it") as caught:
            resume(path, {}, {}, "cpu")
        assert "\n" not in str(caught.value)


def test_a_checkpoint_from_before_there_were_checksums_goes_on_and_another_programs_is_told(trained, tmp_path):
    recipe, crops, folder = trained
    path = folder / "checkpoint.pt"
    state = read_state(path, "cpu", "")
    torch.save(state, path)
    train(recipe, crops, folder)
    for other in ({"model": state["network"]}, {**state, "run": "robust"}, [state]):
        torch.save(other, path)
        with pytest.raises(InputError, match=r"checkpoint\.pt: .*; remove it to start anew"):
            train(recipe, crops, folder)


def test_a_full_disk_leaves_the_checkpoint_before(trained, monkeypatch):
    before = (trained[2] / "checkpoint.pt").read_bytes()
    monkeypatch.setattr(state_file, "replacing", replacing_on_full_disk)
    with pytest.raises(OSError) as refusal:
        write_state(trained[2] / "checkpoint.pt", {"run": 1})
    assert refusal.value.filename == str(trained[2] / "checkpoint.pt")
    assert (trained[2] / "checkpoint.pt").read_bytes() == before


def test_a_run_goes_on_without_the_file_that_it_started_from(crops_folder, recipe, tmp_path, monkeypatch):
    crops, recipe = join([read_market(crops_folder, TRAIN)]), replace(recipe, average="none")
    train(recipe, crops, tmp_path / "first")
    last = tmp_path / "first" / "last.safetensors"
    recipe = replace(recipe, start=str(last))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        killed_at(patch, 1, 0)
        train(recipe, crops, tmp_path / "second")
    last.unlink()
    train(recipe, crops, tmp_path / "second")
    assert read_weights(tmp_path / "second" / "last.safetensors").training["epochs_done"] == 2


def test_a_diverging_run_stops_and_keeps_its_last_checkpoint(crops_folder, recipe, tmp_path):
    recipe = replace(recipe, learning_rate=1e30, checkpoint_steps=0)
    with pytest.raises(InputError, match=r"epoch 1: training has diverged .* lower learning_rate"):
        train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run")
    assert not (tmp_path / "run" / "last.safetensors").exists()


@pytest.mark.parametrize("spoilt", ["losses", "weights"])
def test_divergence_in_a_later_epoch_leaves_the_last_good_checkpoint(crops_folder, recipe, tmp_path, monkeypatch, spoilt):
    crops, file = join([read_market(crops_folder, TRAIN)]), tmp_path / "run" / "checkpoint.pt"
    real_step = Learner.step

    def diverging_step(self, *batch):
        losses = real_step(self, *batch)
        if (self.position.epoch, self.position.step) == (1, 1):
            with torch.no_grad():
                (self.position.sums if spoilt == "losses" else next(self.network.parameters())).fill_(float("nan"))
        return losses

    monkeypatch.setattr(Learner, "step", diverging_step)
    for _ in range(2):  # also when the run goes on from that checkpoint
        with pytest.raises(InputError, match=r"epoch 2: training has diverged .*; what was written before is kept"):
            train(replace(recipe, checkpoint_steps=1), crops, tmp_path / "run")
        position = read_state(file, "cpu", "")["position"]
        assert (position["epoch"], position["step"]) == (1, 0)
        assert np.isfinite(read_weights(tmp_path / "run" / "last.safetensors").tensors["head.bias"]).all()
    monkeypatch.setattr(Learner, "step", real_step)
    train(replace(recipe, checkpoint_steps=1), crops, tmp_path / "run")


def test_a_validation_without_positives_is_refused_before_an_epoch_is_spent(crops_folder, recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(Learner, "step", None)
    crops = join([read_market(crops_folder, TRAIN)])
    with pytest.raises(InputError, match="people: no query has an image"):
        train(recipe, crops, tmp_path / "run", validation=[ValidationSet("people", crops, crops.take(crops.ids < 0))])


def test_a_run_that_is_repeated_says_that_it_was_trained_before_and_keeps_its_weights(crops_folder, recipe, tmp_path, capsys):
    crops, path = join([read_market(crops_folder, TRAIN)]), tmp_path / "run" / "last.safetensors"
    train(recipe, crops, tmp_path / "run")
    found = read_weights(path).hash
    assert "trained before" not in capsys.readouterr().out
    train(recipe, crops, tmp_path / "run")
    assert "all 2 epochs are already trained" in capsys.readouterr().out
    assert read_weights(path).hash == found


def test_thresholds_fitted_to_a_finished_run_outlive_its_repetition(crops_folder, recipe, tmp_path):
    parts = [read_market(crops_folder, part) for part in (TRAIN, QUERY, GALLERY)]
    train(recipe, parts[0], tmp_path / "run", validation=[ValidationSet("people", *parts[1:])])
    for name in ("last", "best"):
        weights = read_weights(tmp_path / "run" / f"{name}.safetensors")
        replace(weights, thresholds=Thresholds(0.3)).write(weights.path)
    train(recipe, parts[0], tmp_path / "run", validation=[ValidationSet("people", *parts[1:])])
    for name in ("last", "best"):
        assert read_weights(tmp_path / "run" / f"{name}.safetensors").thresholds.image == 0.3


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
