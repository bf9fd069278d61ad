"""Training: schedule, averaging, and what a run keeps and says."""

import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY, TRAIN, join, read_market
from reid.preprocessing import Preprocessing
from reid.training import trainer
from reid.training.averaging import WeightAverage
from reid.training.journal import Journal
from reid.training.schedule import warmup_steps
from reid.training.state_file import read_state
from reid.training.swag import WeightGaussian
from reid.training.trainer import train
from reid.training.validation import ValidationSet
from reid.weights.weights_file import read_weights


def test_the_learning_rate_rises_then_falls_at_each_step():
    rates = [warmup_steps(epoch, warmup=10, steps=(40, 70)) for epoch in (0, 5, 10, 39.9, 40, 70)]
    assert rates == pytest.approx([0.1, 0.6, 1, 1, 0.1, 0.01])


def test_weight_average_is_the_mean_of_all_states():
    network, average = nn.Linear(2, 1, bias=False), WeightAverage()
    for value in (1.0, 2.0, 6.0):
        nn.init.constant_(network.weight, value)
        average.add(network)
    average.copy_to(network)
    assert network.weight.tolist() == [[3.0, 3.0]]


def run_with_validation(recipe, folder, output):
    crops, *validation = (read_market(folder, part) for part in (TRAIN, QUERY, GALLERY))
    train(recipe, crops, output, validation=[ValidationSet("people", *validation)], data=["people"])


def test_the_best_and_the_last_weights_are_kept_with_their_scores_and_their_record(crops_folder, recipe, tmp_path):
    recipe = replace(recipe, epochs=4, evaluate_every=1, early_epochs=0)
    run_with_validation(recipe, crops_folder, tmp_path / "run")
    lines = (tmp_path / "run" / "validation.csv").read_text().splitlines()
    scores = [float(line.split(",")[3]) for line in lines[1:]]
    best, last = (read_weights(tmp_path / "run" / f"{name}.safetensors").training for name in ("best", "last"))
    assert lines[0] == "epoch,set,rank-1,mAP,weights"
    assert [line.split(",")[-1] for line in lines[1:]] == ["present"] * 4 + ["final"]
    assert best["validation"]["people"]["mAP"] == pytest.approx(max(scores), abs=1e-4)
    assert last["validation"]["people"]["mAP"] == pytest.approx(scores[-1], abs=1e-4)
    assert (last["epochs_done"], last["seed"], last["data"], last["identities"]) == (4, recipe.seed, ["people"], 8)
    assert set(last["versions"]) == {"python", "torch", "mtmc"}


def test_several_sets_are_measured_each_and_their_mean_chooses_the_best(crops_folder, recipe, tmp_path, monkeypatch, capsys):
    precisions = iter([(0.9, 0.1), (0.3, 0.8), (0.2, 0.7)])

    def measured(*_):
        return {name: {"rank-1": 1.0, "mAP": precision} for name, precision in zip("ab", next(precisions), strict=True)}

    monkeypatch.setattr(trainer, "validate", measured)
    crops, *parts = (read_market(crops_folder, part) for part in (TRAIN, QUERY, GALLERY))
    recipe = replace(recipe, epochs=3, evaluate_every=1, early_epochs=0, average="none")
    train(recipe, crops, tmp_path / "run", validation=[ValidationSet(name, *parts) for name in "ab"])
    best = read_weights(tmp_path / "run" / "best.safetensors").training
    assert best["epochs_done"] == 2
    assert {name: of_set["mAP"] for name, of_set in best["validation"].items()} == {"a": 0.3, "b": 0.8}
    lines = (tmp_path / "run" / "validation.csv").read_text().splitlines()
    assert lines[3:5] == ["2,a,1.0000,0.3000,present", "2,b,1.0000,0.8000,present"]
    assert "validation on b: rank-1 100.0, mAP 80.0 (present weights)" in capsys.readouterr().out


def test_a_set_of_a_site_that_is_trained_on_is_told_at_the_start_and_in_the_record(crops_folder, recipe, tmp_path, capsys):
    crops, *parts = (read_market(crops_folder, part) for part in (TRAIN, QUERY, GALLERY))
    sets = [ValidationSet("people", *parts), ValidationSet("elsewhere", *parts, frozenset({"elsewhere"}))]
    train(recipe, crops, tmp_path / "run", validation=sets, data=[str(crops_folder)])
    told = [line for line in capsys.readouterr().out.splitlines() if "say little" in line]
    assert told == ["people is from a site in the training data: its figures say little about other sites"]
    validation = read_weights(tmp_path / "run" / "last.safetensors").training["validation"]
    assert {name: of_set["trained_site"] for name, of_set in validation.items()} == {"people": True, "elsewhere": False}


def test_the_sites_of_the_weights_that_a_run_started_from_count_as_trained_on(crops_folder, recipe, tmp_path, capsys):
    crops, *parts = (read_market(crops_folder, part) for part in (TRAIN, QUERY, GALLERY))
    recipe = replace(recipe, average="none", epochs=1, early_epochs=0)
    train(recipe, crops, tmp_path / "first", data=["campus"])
    start = replace(recipe, start=str(tmp_path / "first" / "last.safetensors"))
    sets = [ValidationSet("half.yaml", *parts, frozenset({"half.yaml", "campus"}))]
    train(start, crops, tmp_path / "second", data=["market"], validation=sets)
    assert "half.yaml is from a site in the training data" in capsys.readouterr().out
    (tmp_path / "first" / "last.safetensors").unlink()
    (tmp_path / "second" / "last.safetensors").unlink()
    train(start, crops, tmp_path / "second", data=["market"], validation=sets)  # what the checkpoint kept is enough
    record = read_weights(tmp_path / "second" / "last.safetensors").training
    assert (record["data"], record["start_data"]) == (["market"], ["campus"])
    assert record["validation"]["half.yaml"]["trained_site"]


def test_a_table_of_validations_from_before_they_had_names_goes_on(tmp_path):
    (tmp_path / "validation.csv").write_text("epoch,rank-1,mAP,weights\n1,0.5000,0.4000,present\n2,0.6,0.5,present\n")
    journal = Journal(tmp_path, 1, 2, 3)
    journal.validation(1, {"present": {"campus": {"rank-1": 0.25, "mAP": 0.125}}})
    lines = (tmp_path / "validation.csv").read_text().splitlines()
    assert lines == ["epoch,set,rank-1,mAP,weights", "1,,0.5000,0.4000,present", "2,campus,0.2500,0.1250,present"]


def test_without_validation_there_are_last_weights_and_no_best_ones(crops_folder, recipe, tmp_path):
    train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run")
    assert read_weights(tmp_path / "run" / "last.safetensors").model == "small"
    assert not (tmp_path / "run" / "best.safetensors").exists()


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


def test_the_gaussian_of_a_run_can_be_drawn_from_and_has_its_final_mean(crops_folder, recipe, tmp_path):
    recipe = replace(recipe, average="gaussian", schedule="cycles", cycle_epochs=1, average_epochs=2, early_epochs=0)
    network, gaussian = train(recipe, join([read_market(crops_folder, TRAIN)]), tmp_path / "run"), WeightGaussian()
    gaussian.load_state_dict(read_state(tmp_path / "run" / "gaussian.pt", "cpu", ""))
    for name, value in network.named_parameters():
        assert torch.equal(value, gaussian.average.mean[name].float())
    gaussian.sample_to(network, torch.Generator().manual_seed(0))
    assert any(variance.any() for variance in gaussian.variances().values())


def test_a_gaussian_with_a_low_rank_part_keeps_that_many_states(crops_folder, recipe, tmp_path):
    recipe = replace(
        recipe, average="gaussian", average_rank=2, average_epochs=2, schedule="cycles", cycle_epochs=1, early_epochs=0
    )
    crops = join([read_market(crops_folder, TRAIN)])
    train(recipe, crops, tmp_path / "run")
    gaussian = WeightGaussian()
    gaussian.load_state_dict(read_state(tmp_path / "run" / "gaussian.pt", "cpu", ""))
    assert (gaussian.rank, len(gaussian.deviations)) == (2, 2)
    with pytest.raises(InputError, match="average_rank: 1 has no covariance"):
        train(replace(recipe, average_rank=1), crops, tmp_path / "one")


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
