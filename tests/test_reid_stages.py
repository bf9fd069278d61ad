"""Runs of several stages, and runs that go on from the checkpoint of another."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY, TRAIN, join, read_market
from reid.training.journal import STEPS
from reid.training.learner import Learner
from reid.training.recipe import read_recipe
from reid.training.state_file import read_state
from reid.training.trainer import train
from reid.training.validation import ValidationSet
from reid.weights.weights_file import read_weights

STAGES = (
    {"average": "none", "early_epochs": 0},
    {"schedule": "cycles", "cycle_epochs": 1, "average": "gaussian", "average_epochs": 2, "early_epochs": 0},
)


@pytest.fixture
def crops(crops_folder):
    return join([read_market(crops_folder, TRAIN)])


@pytest.fixture
def staged(recipe):
    """Two epochs until it converges, and two cycles."""
    return replace(recipe, stages=STAGES, center_weight=1e-3, optimiser="adam", checkpoint_steps=1)


def spied(monkeypatch) -> list[tuple[str, dict[str, torch.Tensor], float]]:
    """Each step's schedule, network before it, and ID loss."""
    seen, real_step = [], Learner.step

    def step(self, *batch):
        before = {name: value.clone() for name, value in self.network.state_dict().items()}
        losses = real_step(self, *batch)
        seen.append((self.recipe.schedule, before, float(losses[0])))
        return losses

    monkeypatch.setattr(Learner, "step", step)
    return seen


def test_a_stage_goes_on_with_the_network_its_classifiers_and_its_optimiser(crops, staged, tmp_path, monkeypatch):
    seen = spied(monkeypatch)
    train(staged, crops, tmp_path / "run")
    first, second = (read_state(tmp_path / "run" / name / "checkpoint.pt", "cpu", "") for name in ("stage_1", ""))
    half = len(seen) // 2
    assert [schedule for schedule, _, _ in seen] == ["steps"] * half + ["cycles"] * half
    for name, value in first["network"].items():
        assert torch.equal(seen[half][1][name], value), name
    steps = [[int(each["step"]) for each in of["optimiser"]["state"].values()] for of in (first, second)]
    assert set(steps[0]) == {half}
    assert set(steps[1]) == {2 * half}
    assert not torch.equal(first["objective"]["centers"][0]["values"], second["objective"]["centers"][0]["values"])


def test_the_loss_does_not_leap_between_two_stages(crops, recipe, tmp_path, monkeypatch):
    seen = spied(monkeypatch)
    train(replace(recipe, epochs=20, stages=({"average": "none"}, {"average": "none"}), early_epochs=0), crops, tmp_path / "run")
    losses = [loss for _, _, loss in seen]
    end = len(losses) // 2
    assert np.mean(losses[end : end + 4]) < (losses[0] + 3 * np.mean(losses[end - 4 : end])) / 4


@pytest.mark.parametrize(("schedule", "step"), [("steps", 1), ("steps", 3), ("cycles", 0), ("cycles", 3)])
def test_a_staged_run_that_was_killed_in_either_stage_ends_with_the_weights_of_an_unbroken_one(
    crops, staged, tmp_path, monkeypatch, schedule, step
):
    whole = train(staged, crops, tmp_path / "whole")
    real_step = Learner.step

    def step_until_killed(self, *batch):
        if (self.recipe.schedule, self.position.done + self.position.step) == (schedule, step):
            raise KeyboardInterrupt
        return real_step(self, *batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Learner, "step", step_until_killed)
        train(staged, crops, tmp_path / "killed")
    resumed = train(staged, crops, tmp_path / "killed")
    for (name, one), (_, other) in zip(whole.state_dict().items(), resumed.state_dict().items(), strict=True):
        assert torch.equal(one, other), name
    for file in ("losses.csv", "steps.csv", "stage_1/losses.csv", "stage_1/steps.csv"):
        assert (tmp_path / "killed" / file).read_text() == (tmp_path / "whole" / file).read_text()


def test_a_staged_run_that_moved_goes_on(crops, staged, tmp_path, monkeypatch):
    train(staged, crops, tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "moved")
    monkeypatch.setattr(Learner, "step", None)  # nothing is left to train
    train(staged, crops, tmp_path / "moved")


def test_the_weights_of_a_staged_run_tell_all_its_stages(crops, staged, tmp_path):
    train(staged, crops, tmp_path / "run", data=["campus"])
    record = read_weights(tmp_path / "run" / "last.safetensors").training
    assert [each["average"] for each in record["stages"]] == ["none", "gaussian"]
    assert (record["data"], record["start_data"]) == (["campus"], ["campus"])


def test_a_start_that_is_a_checkpoint_goes_on_with_the_classifiers(crops, recipe, tmp_path, monkeypatch, capsys):
    train(replace(recipe, average="none"), crops, tmp_path / "first")
    start = tmp_path / "first" / "checkpoint.pt"
    seen = spied(monkeypatch)
    train(replace(recipe, average="none", early_epochs=0, start=str(start)), crops, tmp_path / "second")
    for name, value in read_state(start, "cpu", "")["network"].items():
        assert torch.equal(seen[0][1][name], value), name
    assert "new classifiers" not in capsys.readouterr().out


def test_other_identities_get_new_classifiers_and_a_line_says_so(crops, recipe, tmp_path, monkeypatch, capsys):
    train(replace(recipe, average="none"), crops, tmp_path / "first")
    start, seen = tmp_path / "first" / "checkpoint.pt", spied(monkeypatch)
    fewer = join([crops.take(crops.ids < 6)])
    train(replace(recipe, average="none", early_epochs=0, start=str(start)), fewer, tmp_path / "second")
    state = read_state(start, "cpu", "")["network"]
    kept = {name for name, value in seen[0][1].items() if value.shape == state[name].shape and torch.equal(value, state[name])}
    assert state.keys() - kept == {"classifiers.0.weight"}
    told = f"goes on from {start}, after epoch 2; new classifiers, since the identities are not the same; the optimiser"
    assert f"{told} starts anew" in capsys.readouterr().out


def test_the_checkpoint_of_another_network_is_no_start(crops, recipe, tmp_path):
    train(replace(recipe, average="none"), crops, tmp_path / "first")
    start = tmp_path / "first" / "checkpoint.pt"
    with pytest.raises(InputError, match=r"start: .*checkpoint\.pt is of a run with model small, not robust"):
        train(replace(recipe, model="robust", start=str(start)), crops, tmp_path / "second")
    with pytest.raises(InputError, match=r"start: .*absent\.pt: no such file"):
        train(replace(recipe, start=str(tmp_path / "absent.pt")), crops, tmp_path / "second")


def test_averaged_weights_are_measured_beside_the_present_ones_while_they_are_averaged(crops, crops_folder, staged, tmp_path):
    people = ValidationSet("people", read_market(crops_folder, QUERY), read_market(crops_folder, GALLERY))
    stages = tuple({**each, "epochs": 3, "average_epochs": 3, "evaluate_every": 1} for each in STAGES)
    train(replace(staged, stages=stages), crops, tmp_path / "run", validation=[people])
    lines = (tmp_path / "run" / "validation.csv").read_text().splitlines()
    found = [(line.split(",")[0], line.split(",")[-1]) for line in lines[1:]]
    assert found == [("1", "present"), ("1", "averaged"), ("2", "present"), ("2", "averaged"), ("3", "present"), ("3", "final")]


def test_the_losses_of_the_first_steps_are_written_one_by_one(crops, recipe, tmp_path, monkeypatch):
    seen = spied(monkeypatch)
    monkeypatch.setattr("reid.training.journal.STEPS", 3)
    train(recipe, crops, tmp_path / "run")
    lines = (tmp_path / "run" / "steps.csv").read_text().splitlines()
    assert lines[0] == "step,identity_loss,triplet_loss"
    assert [line.split(",")[:2] for line in lines[1:]] == [[str(n), f"{loss:.4f}"] for n, (_, _, loss) in enumerate(seen[:3], 1)]
    assert STEPS == 500


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("[{model: hacnn}]", "command line: stage 1 cannot set model; choose from height", id="another network"),
        pytest.param(
            "[{}, {epochs: x}]", "command line: stage 2: epochs must be a whole number of at least 0, not 'x'", id="no number"
        ),
        pytest.param("3", "stages must be a list of settings for each stage", id="no list"),
        pytest.param("[3]", "stages must be a list of settings for each stage", id="no settings"),
    ],
)
def test_a_wrong_stage_is_told_in_one_sentence(text, sentence):
    from configs import path

    with pytest.raises(InputError, match=sentence):
        read_recipe(path("reid", "robust"), [f"stages={text}"])


def test_a_change_holds_for_all_stages_of_a_recipe_but_for_what_a_stage_sets_itself():
    from configs import path

    stages = read_recipe(path("reid", "robust_paper"), ["learning_rate=0.1"]).staged()
    assert [each.learning_rate for each in stages] == [0.1, 0.1]
    with pytest.raises(InputError, match="command line: epochs has no effect on stage 2, which sets its own; give stages too"):
        read_recipe(path("reid", "robust_paper"), ["epochs=7"])
    for changes in (["stages=[]", "epochs=7"], ["epochs=7", "stages=[]"]):
        alone = read_recipe(path("reid", "robust_paper"), changes)
        assert (alone.epochs, alone.staged()) == (7, [alone])
    stages = read_recipe(path("reid", "robust_paper"), ["epochs=7", "stages=[{}, {epochs: 3}]"]).staged()
    assert [each.epochs for each in stages] == [7, 3]


@pytest.mark.parametrize(
    ("late", "sentence"),
    [
        pytest.param({"cycle_epochs": 1000}, "stage 2: average_epochs: no cycle ends within them", id="cycles"),
        pytest.param({"identities_per_batch": 9}, "stage 2: 8 identities do not fill a batch of 9", id="identities"),
        pytest.param({"part_rates": {"tail": 0.1}}, "stage 2: part_rates: small has no part tail", id="parts"),
        pytest.param({"styled_per_batch": 2}, "stage 2: styled_per_batch: ", id="copies"),
        pytest.param({"parsing_weight": 1.0}, "stage 2: --data: parsing needs images with masks", id="masks"),
        pytest.param(
            {"background": 0.5, "outlines": "nowhere"}, "stage 2: outlines: nowhere: no weights of this name", id="outlines"
        ),
    ],
)
def test_a_later_stage_that_cannot_run_is_refused_before_the_first_is_trained(
    crops, staged, tmp_path, monkeypatch, late, sentence
):
    monkeypatch.setattr(Learner, "step", None)
    with pytest.raises(InputError, match=sentence):
        train(replace(staged, stages=(STAGES[0], {**STAGES[1], **late})), crops, tmp_path / "run")


def test_an_output_of_another_recipe_is_refused_before_the_first_stage_is_trained(crops, recipe, staged, tmp_path, monkeypatch):
    train(recipe, crops, tmp_path / "run")
    monkeypatch.setattr(Learner, "step", None)
    with pytest.raises(InputError, match="another recipe, by "):
        train(staged, crops, tmp_path / "run")


def test_a_stage_that_has_begun_needs_the_ones_before_no_more(crops, staged, tmp_path):
    whole = train(staged, crops, tmp_path / "run")
    (tmp_path / "run" / "stage_1" / "checkpoint.pt").unlink()
    again = train(staged, crops, tmp_path / "run")
    assert not (tmp_path / "run" / "stage_1" / "checkpoint.pt").exists()
    assert all(torch.equal(one, again.state_dict()[name]) for name, one in whole.state_dict().items())


def test_each_stage_draws_batches_of_its_own(staged):
    first, second = staged.staged()
    assert first.seeds(3, 0) == [staged.seed, 3, 0]
    assert second.seeds(3, 0) != first.seeds(3, 0)


def test_the_papers_recipe_converges_by_equation_1_and_then_goes_through_the_cycles():
    from configs import path

    converging, cycling = read_recipe(path("reid", "robust_paper")).staged()
    assert (converging.optimiser, converging.learning_rate, converging.epochs) == ("sgd", 0.03, 350)
    assert (converging.warmup_epochs, converging.step_epochs, converging.average) == (10, (150, 225), "none")
    assert (converging.identities_per_batch, converging.images_per_identity) == (8, 4)
    assert (cycling.schedule, cycling.epochs, cycling.cycle_epochs, cycling.cycle_decay) == ("cycles", 15 * 35, 35, 0.7)
    assert (cycling.average, cycling.average_epochs, cycling.average_rank) == ("gaussian", 525, 0)
    alone = read_recipe(path("reid", "robust_no_swag"))
    assert alone.staged() == [alone]
    assert alone == replace(converging, stages=())
