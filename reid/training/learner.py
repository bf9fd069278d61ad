"""The training state: the network, its optimiser, the centers, the averages, and the position in the run."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from reid.common.errors import InputError
from reid.models import Network, build
from reid.parsing.parser import find_parser
from reid.training import processes
from reid.training.averaging import WeightAverage
from reid.training.batches import Batch, Batches
from reid.training.captured import CapturedPass
from reid.training.checkpoint import Position, Stateful, is_checkpoint
from reid.training.objective import NAMES, Objective
from reid.training.optimisation import build_optimiser, learning_rate, set_rate
from reid.training.recipe import Recipe
from reid.training.swag import WeightGaussian
from reid.training.synchronised_norm import synchronise_norms
from reid.weights.weights_file import read_weights

_AVERAGED_EVERY = 25  # steps between two averaged states, unless averaging at cycle ends
_WEIGHTS = ", ".join(name.replace("_loss", "_weight") for name in NAMES)
_PRECISIONS = {"bf16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


class Learner:
    """The state of a run at the start of `recipe`, with classifiers over `classes` identities, on `device`.

    `widths` are those of its teachers' embeddings. With `fresh` False, the recipe's initial weights are not loaded, for a run
    that resumes from a checkpoint. Raises InputError for a recipe that cannot run here.
    """

    def __init__(self, recipe: Recipe, classes: int, device: str, fresh: bool = True, widths: Sequence[int] = ()):
        check_recipe(recipe, device)
        torch.manual_seed(recipe.seed)
        network, backbone, seen = _build(recipe, classes, fresh)
        processes.share(network.to(device))
        self.recipe, self.device = recipe, torch.device(device)
        self.objective = Objective(recipe, network, classes, device, widths)
        parts = recipe.parts_of_batch
        self.labelled = torch.from_numpy(processes.gathered_rows(*parts)).to(device) if any(parts[1:]) else slice(None)
        self.styled = torch.from_numpy(processes.gathered_rows(*parts, of=1)).to(device) if parts[1] else None
        # with channels last robust trains 1.2 to 1.6 times as fast, the others no slower
        self.network = synchronise_norms(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.run_network = CapturedPass(self.network)
        # Each process already has the projection's gradient of the whole batch.
        self.optimiser = build_optimiser(recipe, network, self.objective.projection.parameters())
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=recipe.precision == "float16")
        self.states = WeightGaussian(recipe.average_rank) if recipe.average == "gaussian" else WeightAverage()
        self.position = Position(0, 0, torch.zeros(len(NAMES), device=device), backbone=backbone, seen=seen)

    def parts(self) -> dict[str, Stateful]:
        """The parts for a checkpoint, by name."""
        names = "network", "objective", "optimiser", "scaler", "states", "position"
        return {name: getattr(self, name) for name in names}

    def is_finished(self) -> bool:
        """Whether the run has had all its epochs or iterations."""
        recipe, position = self.recipe, self.position
        return position.done >= recipe.iterations if recipe.iterations else position.epoch >= recipe.epochs

    def rate(self, steps: int) -> float:
        """The learning rate of the next step, in an epoch of `steps`."""
        recipe, position = self.recipe, self.position
        now = position.epoch + position.step / steps
        done = (position.done + position.step) / recipe.iterations if recipe.iterations else now / recipe.epochs
        return learning_rate(recipe, now, done)

    def step(self, batch: Batch, steps: int) -> torch.Tensor:
        """One update with this process's share of a `batch`, in an epoch of `steps`.

        Returns its losses, in the order of `objective.NAMES`, without waiting for the device. The network must be in training
        mode.
        """
        recipe, position = self.recipe, self.position
        place = np.random.SeedSequence([*recipe.seeds(position.epoch, 2), position.step, processes.rank()])
        torch.manual_seed(int(place.generate_state(1, np.uint64)[0]))  # for random layers such as dropout
        set_rate(self.optimiser, self.rate(steps))
        images = batch.images.to(self.device, memory_format=torch.channels_last)
        lower = recipe.precision != "float32"
        with torch.autocast(self.device.type, _PRECISIONS[recipe.precision], enabled=lower, cache_enabled=False):
            heads = self.run_network(images)
        heads = [[each if each is None else processes.gather(each) for each in head] for head in heads]
        labels = processes.gather(batch.labels.to(self.device))
        taught, masks = (None if each is None else processes.gather(each.to(self.device)) for each in (batch.taught, batch.masks))
        losses = self.objective.losses(heads, labels, taught, self.labelled, masks, self.styled)
        total = self.objective.weights @ losses
        if not total.requires_grad:
            raise InputError(f"{_WEIGHTS}: {recipe.model} has no head for any loss with weight")
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(total).backward()
        processes.sum_gradients(self.network)
        if recipe.clip_norm:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.objective.move_centers(heads, labels, self.labelled)
        if _is_collected(recipe, position.epoch, position.step, steps):
            self.states.add(self.network)
        position.sums += losses.detach()
        position.step += 1
        return losses.detach()

    def require_convergence(self) -> None:
        """Raise InputError for infinite or NaN losses or weights, from which a run does not recover: a checkpoint of it would
        replace the last good one."""
        position = self.position
        means = (position.sums / max(position.step, 1)).tolist()
        if not np.isfinite(means).all():
            told = ", ".join(f"{name} {mean:g}" for name, mean in zip(NAMES, means, strict=True))
        elif not torch.stack([value.detach().isfinite().all() for value in self.network.parameters()]).all():
            told = "its weights are not finite"
        else:
            return
        way_out = "lower learning_rate, and give another --output; what was written before is kept"
        raise InputError(f"epoch {position.epoch + 1}: training has diverged ({told}); {way_out}")

    def end_epoch(self) -> list[float]:
        """End the epoch; return its mean losses, in the order of `objective.NAMES`. Raises InputError if training diverges."""
        self.require_convergence()
        position = self.position
        means, done = (position.sums / position.step).tolist(), position.done + position.step
        self.position = replace(position, epoch=position.epoch + 1, step=0, done=done, sums=torch.zeros_like(position.sums))
        return means

    def average(self, batches: Batches) -> Any:
        """A copy of the network with the mean of the states collected so far and matching batch-norm statistics; None without
        any. All processes must call it."""
        average = self.states.average if isinstance(self.states, WeightGaussian) else self.states
        if not average.count:
            return None
        network = copy.deepcopy(self.network)
        average.copy_to(network)
        update_bn(batches.statistics(), network)  # plain means over the batches: Izmailov et al., UAI 2018, sec. 3.2
        return network.eval()

    def take_average(self, batches: Batches) -> None:
        """Load what `average` gives into the network, if the recipe averages."""
        if self.recipe.average == "none":
            return
        network = self.average(batches)
        if network is None:
            self.states.add(self.network)  # the last epochs were too short to collect any
            network = self.average(batches)
        self.network.load_state_dict(network.state_dict())


def _build(recipe: Recipe, classes: int, fresh: bool) -> tuple[Network, str, list[str]]:
    """The network, the initialisation of its backbone, and the data sets on which the weights of `start` were trained."""
    network = build(recipe.model, classes=classes, **recipe.options)
    seen = _go_on_from(recipe, network) if fresh and recipe.start != "none" and not is_checkpoint(recipe.start) else []
    size = network.preprocessing
    network.preprocessing = replace(size, height=recipe.height or size.height, width=recipe.width or size.width)
    if recipe.parser_weights != "none":
        _load_parser(recipe, network)
    elif fresh and recipe.start == "none" and getattr(network, "parser", None) is not None:
        raise InputError(
            f"parser_weights: {recipe.model} does not train the parser inside; name its weights, or a start with both"
        )
    if recipe.backbone_weights == "none":
        return network, "none", seen
    load_backbone = getattr(network, "load_backbone", None)
    if load_backbone is None:
        raise InputError(f"backbone_weights: {recipe.model} is trained from scratch; must be none")
    loaded = fresh and load_backbone(recipe.backbone_weights)
    return network, recipe.backbone_weights if loaded else "none", seen


def _load_parser(recipe: Recipe, network: Network) -> None:
    if getattr(network, "parser", None) is None:
        raise InputError(f"parser_weights: {recipe.model} with the options {recipe.options} has no parser; must be none")
    try:
        source = find_parser(recipe.parser_weights)
        network.load_parser(source.network().state_dict(), source.model)
    except InputError as error:
        raise InputError(f"parser_weights: {error}") from None


def _go_on_from(recipe: Recipe, network: nn.Module) -> list[str]:
    """Load the weights of the recipe's `start` into `network`; its classifiers, which weights files lack, are unchanged.

    Returns the names of the data sets on which those weights were trained, as far as recorded.
    """
    source = read_weights(recipe.start)
    if (source.model, source.options) != (recipe.model, recipe.options):
        theirs = f"{source.model} with the options {source.options}"
        raise InputError(f"start: {recipe.start} holds {theirs}, not {recipe.model} with the options {recipe.options}")
    network.load_state_dict(source.network().state_dict(), strict=False)
    return [*source.training.get("start_data", []), *source.training.get("data", [])]


def check_recipe(recipe: Recipe, device: str) -> None:
    """Raise InputError, naming the keys, for settings that contradict each other or cannot run on `device`."""
    key = "images_per_batch" if recipe.images_per_batch else "identities_per_batch"
    processes.check_share(key, getattr(recipe, key))
    if bool(recipe.epochs) == bool(recipe.iterations):
        raise InputError("epochs, iterations: one must be above 0, the other 0")
    processes.check_share("styled_per_batch", recipe.styled_per_batch)
    processes.check_share("unlabelled_per_batch", recipe.unlabelled_per_batch)
    processes.check_share("composites_per_batch", recipe.composites_per_batch)
    if recipe.precision == "float16" and device == "cpu":
        raise InputError("precision: float16 trains on CUDA only; on a CPU use bf16 or float32")
    matches = recipe.embedding_weight or recipe.relation_weight
    own = recipe.identity_weight or recipe.triplet_weight or recipe.center_weight or recipe.parsing_weight
    if not (own or matches):
        raise InputError(f"{_WEIGHTS}: at least one must be above 0")
    if bool(matches) != bool(recipe.teacher):
        what = "without a teacher there is nothing to match" if matches else "with a teacher, at least one must be above 0"
        raise InputError(f"embedding_weight, relation_weight: {what}")
    if recipe.composites_per_batch and not recipe.teacher:
        raise InputError("composites_per_batch: must be 0 without a teacher, since composed people have no labels")
    if recipe.early_epochs and not (recipe.early_height and recipe.early_width):
        raise InputError("early_height, early_width: with early_epochs they must be above 0")
    if recipe.average == "none":
        return
    if recipe.iterations:
        raise InputError(f"average: {recipe.average} counts in epochs; must be none with iterations")
    if not recipe.average_epochs:
        raise InputError(f"average_epochs: with average {recipe.average} it must be above 0")
    if recipe.average_rank == 1:
        raise InputError("average_rank: 1 has no covariance; give 0, or at least 2")
    last_end = recipe.epochs - recipe.epochs % recipe.cycle_epochs
    if recipe.schedule == "cycles" and not (last_end and last_end > recipe.epochs - recipe.average_epochs):
        raise InputError("average_epochs: no cycle ends within them, so there are no weights to average")


def _is_collected(recipe: Recipe, epoch: int, step: int, steps: int) -> bool:
    """Whether to average the state after this step: at each cycle end, or at fixed intervals."""
    if recipe.average == "none" or epoch + step / steps < recipe.epochs - recipe.average_epochs:
        return False
    if recipe.schedule == "cycles":
        return step + 1 == steps and (epoch + 1) % recipe.cycle_epochs == 0
    return step % _AVERAGED_EVERY == 0
