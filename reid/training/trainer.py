"""Trains one network by one recipe; a run that is killed goes on from its last whole epoch."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import nn

from reid.data.folders import Crops
from reid.data.loading import load_batches
from reid.data.sampling import identity_batches
from reid.errors import InputError
from reid.files import replacing
from reid.losses import identity_loss, soft_triplet_loss
from reid.models import build
from reid.preprocessing import Preprocessing
from reid.training.averaging import WeightAverage, refresh_statistics
from reid.training.recipe import Recipe
from reid.training.schedule import warmup_steps

_AVERAGED_EVERY = 25  # steps between two states that enter the mean
_STATISTICS_BATCHES = 100


def train(recipe: Recipe, crops: Crops, folder: Path, device: str = "cpu") -> nn.Module:
    """Train `recipe.model` on `crops`, whose ids are 0..classes-1; the network, in evaluation mode, with averaged weights.

    `folder` keeps `checkpoint.pt`, from which the same call goes on, and `losses.csv`, a line an epoch. All randomness comes
    from the recipe's seed and the epoch's number, so a resumed run sees the batches that an unbroken one would have seen.
    Raises InputError when `folder` holds the checkpoint of another recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    network = build(recipe.model, classes=int(crops.ids.max()) + 1)
    network = network.to(device, memory_format=torch.channels_last)  # robust: 1.2 to 1.6 times as fast
    optimiser = _optimiser(recipe, network)
    average = WeightAverage()
    checkpoint = folder / "checkpoint.pt"
    start = _resume(checkpoint, recipe, network, optimiser, average)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns) as progress:
        for epoch in range(start, recipe.epochs):
            batches = _epoch_batches(recipe, crops, epoch)
            task = progress.add_task(f"epoch {epoch + 1} of {recipe.epochs}", total=len(batches))
            losses = np.zeros(2)
            for step, (images, labels) in enumerate(_inputs(recipe, crops, batches, epoch, network.preprocessing)):
                now = epoch + step / len(batches)
                losses += _step(recipe, now, network, optimiser, images.to(device), labels.to(device))
                if now >= recipe.epochs - recipe.average_epochs and step % _AVERAGED_EVERY == 0:
                    average.add(network)
                progress.advance(task)
            _save(checkpoint, recipe, epoch + 1, network, optimiser, average)
            identity, triplet = losses / len(batches)
            _log(folder / "losses.csv", epoch, f"{epoch + 1},{identity:.4f},{triplet:.4f}")
            progress.console.print(f"epoch {epoch + 1}: ID loss {identity:.3f}, triplet loss {triplet:.3f}")
    if average.count:
        average.copy_to(network)
        batches = _epoch_batches(recipe, crops, recipe.epochs)[:_STATISTICS_BATCHES]
        inputs = _inputs(recipe, crops, batches, recipe.epochs, network.preprocessing)
        refresh_statistics(network, (images.to(device) for images, _ in inputs))
    return network.eval()


def _optimiser(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(
            network.parameters(), recipe.learning_rate, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay
        )
    raise InputError(f"the recipe's optimiser is {recipe.optimiser!r}; there are: adamw, sgd")


def _epoch_batches(recipe: Recipe, crops: Crops, epoch: int) -> np.ndarray:
    rng = np.random.default_rng([recipe.seed, epoch, 0])
    batches = identity_batches(crops.ids, recipe.identities_per_batch, recipe.images_per_identity, rng)
    if not len(batches):
        raise InputError(f"fewer than {recipe.identities_per_batch} identities: a batch cannot be filled")
    return batches


def _inputs(recipe: Recipe, crops: Crops, batches: np.ndarray, epoch: int, size: Preprocessing):
    if epoch < recipe.early_epochs:
        size = Preprocessing(recipe.early_height, recipe.early_width, size.mean, size.std)
    return load_batches(crops, batches, size, recipe.random_erasing, np.random.default_rng([recipe.seed, epoch, 1]))


def _step(
    recipe: Recipe,
    now: float,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    images: torch.Tensor,
    labels: torch.Tensor,
) -> tuple[float, float]:
    """One update at the epoch `now`, a fraction; the ID and the triplet loss, each summed over the heads."""
    for group in optimiser.param_groups:
        group["lr"] = recipe.learning_rate * warmup_steps(now, recipe.warmup_epochs, recipe.step_epochs)
    network.train()
    with torch.autocast(images.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
        heads = network(images.contiguous(memory_format=torch.channels_last))
    none = torch.zeros((), device=images.device)  # a network need not train both
    logits = [head.logits for head in heads if head.logits is not None]
    features = [head.features for head in heads if head.features is not None]
    identity = sum((identity_loss(each, labels, recipe.label_smoothing) for each in logits), none)
    triplet = sum((soft_triplet_loss(each, labels) for each in features), none)
    optimiser.zero_grad(set_to_none=True)
    (identity + recipe.triplet_weight * triplet).backward()
    optimiser.step()
    return identity.item(), triplet.item()


def _save(path: Path, recipe: Recipe, epoch: int, network: nn.Module, optimiser, average: WeightAverage) -> None:
    states = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "average": average.state_dict()}
    with replacing(path) as temporary:
        torch.save({"recipe": json.dumps(asdict(recipe)), "epoch": epoch, **states}, temporary)


def _resume(path: Path, recipe: Recipe, network: nn.Module, optimiser, average: WeightAverage) -> int:
    """Load the checkpoint, if there is one; the number of epochs already done."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location=next(network.parameters()).device, weights_only=True)
    if state["recipe"] != json.dumps(asdict(recipe)):
        raise InputError(f"{path}: this checkpoint comes from another recipe; give another --output, or remove it to start anew")
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    average.load_state_dict(state["average"])
    return state["epoch"]


def _log(path: Path, epoch: int, line: str) -> None:
    """Write one epoch's line, cutting off what a killed run may have written beyond its checkpoint."""
    lines = path.read_text().splitlines()[: epoch + 1] if epoch and path.exists() else ["epoch,identity_loss,triplet_loss"]
    with replacing(path) as temporary:
        temporary.write_text("\n".join([*lines, line]) + "\n")
