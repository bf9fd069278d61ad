"""What a recipe minimises, its learning rate, and which weights it averages."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from configs import path
from reid.common.errors import InputError
from reid.losses import aligned_triplet_loss, center_loss, hard_triplet_loss, identity_loss, soft_triplet_loss, triplet_loss
from reid.models import Head
from reid.preprocessing import Preprocessing
from reid.training.batches import Batch
from reid.training.learner import Learner
from reid.training.objective import Objective
from reid.training.optimisation import build_optimiser, learning_rate, set_rate
from reid.training.recipe import Recipe, read_recipe
from reid.training.schedule import cosine_cycles, warmup_steps

TRIPLETS = {"soft": soft_triplet_loss, "hard": hard_triplet_loss, "all": triplet_loss}
LABELS = torch.tensor([0, 0, 1, 1, 2, 2])


class Widths(torch.nn.Linear):
    """Stands in for a network of three heads, two of which have features, 4 and 6 numbers wide."""

    preprocessing = Preprocessing(8, 4)

    def forward(self, images):
        return [(images.new_zeros(2, 4), images.new_zeros(2, 3)), (None, images.new_zeros(2, 3)), (images.new_zeros(2, 6), None)]


@pytest.fixture
def recipe() -> Recipe:
    changes = "model=small schedule=steps average=weights average_epochs=1 precision=float32"
    return read_recipe(path("reid", "robust"), changes.split())


@pytest.fixture
def network() -> Widths:
    return Widths(1, 1)


def make_heads(kind: torch.dtype = torch.float32) -> list[tuple[torch.Tensor | None, torch.Tensor | None]]:
    """A head for both losses, one for the ID loss, one for the metric ones."""
    generator = torch.Generator().manual_seed(0)
    tensors = [torch.randn(6, width, generator=generator).to(kind).requires_grad_() for width in (4, 3, 3, 6)]
    return [(tensors[0], tensors[1]), (None, tensors[2]), (tensors[3], None)]


@pytest.mark.parametrize(
    ("triplet", "margin", "weights"),
    [
        pytest.param(triplet, margin, weights, id=f"{triplet}, margin {margin}, weights {weights}")
        for triplet, margin, weights in product(TRIPLETS, (None, 0.3), product((0, 2), (0, 0.5), (0, 0.01)))
        if any(weights)
    ],
)
def test_the_objective_is_the_weighted_sum_of_its_losses_and_reaches_what_it_weighs(recipe, network, triplet, margin, weights):
    identity, metric, pull = weights
    changes = {"identity_weight": identity, "triplet_weight": metric, "center_weight": pull}
    recipe = replace(recipe, triplet=triplet, triplet_margin=margin, center_average=True, **changes)
    objective, ((f1, l1), (_, l2), (f3, _)) = Objective(recipe, network, 3), make_heads()
    total = objective.weights @ objective.losses([(f1, l1), (None, l2), (f3, None)], LABELS)
    total.backward()
    expected = torch.zeros(()) + identity * sum(identity_loss(logits, LABELS, recipe.label_smoothing) for logits in (l1, l2))
    expected += metric * sum(TRIPLETS[triplet](features, LABELS, margin) for features in (f1, f3))
    for centers, features in zip(objective.centers, (f1, f3), strict=bool(pull)):
        expected += pull * center_loss(features, LABELS, centers.values, average=True)
    assert total.item() == pytest.approx(expected.item(), rel=1e-5)
    for logits in (l1, l2):
        assert (logits.grad is not None and bool(logits.grad.any())) == bool(identity)
    for features in (f1, f3):
        assert (features.grad is not None and bool(features.grad.any())) == bool(metric or pull)


@pytest.mark.parametrize("triplet", TRIPLETS)
def test_half_precision_heads_give_the_objective_of_single_precision(recipe, network, triplet):
    objective = Objective(replace(recipe, triplet=triplet, center_weight=1e-3), network, 3)
    single, half = (objective.losses(make_heads(kind), LABELS) for kind in (torch.float32, torch.float16))
    assert half.dtype == torch.float32
    assert half.tolist() == pytest.approx(single.tolist(), rel=1e-2)


@pytest.mark.parametrize("weight", [0, 0.5])
def test_a_head_with_stripes_adds_their_aligned_triplet_loss_to_that_of_its_features(recipe, network, weight):
    objective = Objective(replace(recipe, triplet="hard", triplet_margin=0.3, triplet_weight=weight), network, 3)
    ((features, logits), *_), stripes = make_heads(), torch.randn(6, 4, 3, requires_grad=True)
    found = objective.losses([Head(features, logits, stripes=stripes), Head(None, logits)], LABELS)
    both = hard_triplet_loss(features, LABELS) + aligned_triplet_loss(features, stripes, LABELS)
    assert found[1].item() == pytest.approx(both.item() if weight else 0)
    assert not found[2:].any()


@pytest.mark.parametrize("weight", ["embedding_weight", "relation_weight"])
def test_a_loss_that_matches_teachers_is_never_left_out_for_want_of_them(recipe, network, weight):
    objective = Objective(replace(recipe, **{weight: 1.0}), network, 3)
    with pytest.raises(ValueError, match="need the teachers' embeddings"):
        objective.losses(make_heads(), LABELS)


def test_centers_follow_the_features_of_their_own_head(recipe, network):
    objective, heads = Objective(replace(recipe, center_weight=1e-3), network, 3), make_heads()
    before = objective.losses(heads, LABELS)[2]
    for _ in range(20):
        objective.move_centers(heads, LABELS)
    assert [centers.values.shape for centers in objective.centers] == [(3, 4), (3, 6)]
    assert objective.losses(heads, LABELS)[2] < before


def test_the_rate_follows_the_schedule_of_the_recipe(recipe):
    steps = replace(recipe, learning_rate=2.0, warmup_epochs=10, step_epochs=(40.0, 70.0))
    cycles = replace(steps, schedule="cycles", cycle_epochs=35, cycle_decay=0.7)
    for epoch in (0, 5, 20, 36.5, 71):
        assert learning_rate(steps, epoch, 0.5) == 2 * warmup_steps(epoch, 10, (40, 70))
        rise = min((int(epoch) + 1) / 10, 1)
        assert learning_rate(cycles, epoch, 0.5) == pytest.approx(2 * rise * cosine_cycles(epoch, 35, 0.7))


def test_an_exponential_rate_falls_over_the_whole_run_whatever_its_epochs(recipe):
    falling = replace(recipe, learning_rate=2.0, warmup_epochs=0, schedule="exponential", decays=10, decay_rate=0.9)
    assert learning_rate(falling, 7, 0) == 2
    assert learning_rate(falling, 7, 0.999) == pytest.approx(2 * 0.9**10)


def test_each_part_of_a_network_has_its_own_rate_and_those_of_rate_0_stay(recipe):
    network = torch.nn.ModuleDict({"body": torch.nn.Linear(2, 2), "body2": torch.nn.Linear(2, 2), "head": torch.nn.Linear(2, 2)})
    factors = {"body": 0.1, "body.bias": 0.0}
    optimiser = build_optimiser(replace(recipe, part_rates=factors), network, [torch.nn.Parameter(torch.zeros(1))])
    set_rate(optimiser, 3.0)
    found = {id(value): group["lr"] for group in optimiser.param_groups for value in group["params"]}
    rates = {name: found.get(id(value)) for name, value in network.named_parameters()}
    assert rates["body.weight"] == pytest.approx(0.3)
    assert rates["body.bias"] is None
    assert not network["body"].bias.requires_grad
    assert {rates[f"{part}.{kind}"] for part in ("body2", "head") for kind in ("weight", "bias")} == {3.0}
    assert sorted(found.values())[-1] == 3.0  # that of the parameter outside the network


def test_a_part_that_a_network_lacks_is_told_with_those_that_it_has(recipe):
    network = torch.nn.ModuleDict({"body": torch.nn.Linear(2, 2), "head": torch.nn.Linear(2, 2)})
    with pytest.raises(InputError, match="has no part neck; it consists of body, head"):
        build_optimiser(replace(recipe, part_rates={"neck": 0.1}), network)


@pytest.mark.parametrize("kind", ["Adam", "AdamW", "SGD"])
def test_each_optimiser_takes_rate_and_decay_from_the_recipe(recipe, kind):
    recipe = replace(recipe, optimiser=kind.lower(), learning_rate=0.25, weight_decay=0.125)
    optimiser = build_optimiser(recipe, torch.nn.Linear(1, 1))
    assert type(optimiser).__name__ == kind
    assert (optimiser.defaults["lr"], optimiser.defaults["weight_decay"]) == (0.25, 0.125)


def walk(recipe: Recipe, steps: int) -> Learner:
    """A learner that has gone through a whole run, `steps` an epoch, on random images."""
    learner, images = Learner(recipe, 3, "cpu"), torch.randn(6, 3, 32, 16, generator=torch.Generator().manual_seed(0))
    learner.network.train()
    for _ in range(recipe.epochs):
        for _ in range(steps):
            learner.step(Batch(images, LABELS), steps)
        learner.end_epoch()
    return learner


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        pytest.param({"average": "none"}, 0, id="none"),
        pytest.param({"average": "weights", "average_epochs": 2}, 4, id="now and then in the last two epochs"),
        pytest.param({"average": "weights", "average_epochs": 0.5}, 1, id="of the last half epoch"),
        pytest.param({"average": "gaussian", "average_epochs": 6, "schedule": "cycles", "cycle_epochs": 2}, 3, id="each cycle"),
        pytest.param({"average": "gaussian", "average_epochs": 3, "schedule": "cycles", "cycle_epochs": 2}, 2, id="last cycles"),
    ],
)
def test_the_states_that_are_averaged_are_those_the_recipe_names(monkeypatch, small_weights, recipe, changes, states):
    recipe = replace(recipe, epochs=6, early_epochs=0, precision="float32", **changes)
    monkeypatch.setattr("reid.training.learner._AVERAGED_EVERY", 3)
    kept = walk(recipe, 4).states
    assert getattr(kept, "average", kept).count == states


def test_gradients_are_clipped_to_the_length_that_the_recipe_gives(small_weights, recipe):
    recipe = replace(recipe, epochs=1, clip_norm=1e-3, average="none")
    gradients = [parameter.grad for parameter in walk(recipe, 1).network.parameters()]
    assert torch.linalg.vector_norm(torch.cat([each.flatten() for each in gradients])) == pytest.approx(1e-3, rel=1e-3)


def test_bf16_trains_close_to_single_precision(small_weights, recipe):
    recipe = replace(recipe, epochs=1, average="none", optimiser="sgd", learning_rate=1e-3)
    single, half = (walk(replace(recipe, precision=precision), 4) for precision in ("float32", "bf16"))
    for one, other in zip(single.network.parameters(), half.network.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"precision": "float16"}, "precision: float16 trains on CUDA only", id="float16 on a CPU"),
        pytest.param({"identity_weight": 0, "triplet_weight": 0}, "at least one must be above 0", id="no loss"),
        pytest.param({"average_epochs": 0}, "average_epochs: with average weights", id="an average of nothing"),
        pytest.param(
            {"schedule": "cycles", "cycle_epochs": 35, "average_epochs": 1}, "no cycle ends", id="an average of no cycle"
        ),
        pytest.param({"backbone_weights": "imagenet"}, "backbone_weights: small is trained from scratch", id="no backbone"),
        pytest.param({"parser_weights": "parser_light"}, "parser_weights: small .* has no parser", id="no parser"),
        pytest.param({"epochs": 0}, "epochs, iterations: one must be above 0", id="no length"),
        pytest.param({"iterations": 5}, "epochs, iterations: one must be above 0", id="two lengths"),
        pytest.param({"epochs": 0, "iterations": 5}, "average: weights counts in epochs", id="an average by iterations"),
        pytest.param({"options": {"pool": "max"}}, "small: unknown option pool", id="unknown option"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_told_in_one_sentence(small_weights, recipe, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        Learner(replace(recipe, **changes), 3, "cpu")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        pytest.param("none", "parser_weights: robust does not train the parser inside", id="none"),
        pytest.param("hacnn", "parser_weights: hacnn: no parser; choose from", id="of another network"),
        pytest.param("nobody", "parser_weights: nobody: no parser; choose from", id="unknown"),
        pytest.param("nowhere.safetensors", r"parser_weights: nowhere\.safetensors: no such file", id="missing"),
    ],
)
def test_a_parser_inside_needs_weights_of_its_own(normed_parser, source, sentence):
    recipe = read_recipe(path("reid", "robust"), ["options.foreground=parser_light", f"parser_weights={source}"])
    with pytest.raises(InputError, match=sentence):
        Learner(recipe, 3, "cpu")


@pytest.mark.parametrize("name", sorted(file.stem for file in path("reid", "robust").parent.glob("*.yaml")))
def test_every_recipe_shipped_can_be_read_and_names_a_network_with_its_options(name):
    from reid.models import choices

    recipe = read_recipe(path("reid", name))
    known = choices(recipe.model)
    assert all(value in known[option] for option, value in recipe.options.items())
    assert np.isfinite(learning_rate(recipe, max(recipe.epochs, 1) - 0.5, 0.99))


def test_the_recipe_with_all_tricks_is_that_of_luo_et_al():
    found = read_recipe(path("reid", "bag_of_tricks"))
    assert (found.model, found.options) == ("bnneck_resnet50", {"last_stride": 1, "neck": "bnneck"})
    assert (found.height, found.width, found.identities_per_batch, found.images_per_identity) == (256, 128, 16, 4)
    assert (found.epochs, found.warmup_epochs, found.step_epochs) == (120, 10, (40, 70))
    assert (found.optimiser, found.learning_rate, found.triplet, found.triplet_margin) == ("adam", 3.5e-4, "hard", 0.3)
    assert (found.label_smoothing, found.random_erasing, found.center_weight) == (0.1, 0.5, 5e-4)
