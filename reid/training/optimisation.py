"""The optimiser of a recipe and its learning rate."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from reid.common.errors import InputError
from reid.training.recipe import Recipe
from reid.training.schedule import cosine_cycles, exponential_decays, warmup_steps


def build_optimiser(recipe: Recipe, network: nn.Module, more: Iterable[nn.Parameter] = ()) -> torch.optim.Optimizer:
    """Adam, AdamW (decoupled weight decay) or SGD with a Nesterov momentum of 0.9, over the parameters of `network` and `more`.

    Each group of parameters has a `factor` on the learning rate, from the recipe's `part_rates`. Parameters that do not need a
    gradient are left out; those with the factor 0 need none from now on. Raises InputError for a part that `network` lacks.
    """
    parts = _by_part(recipe, network)
    for value in parts.pop(0.0, []):
        value.requires_grad_(False)
    parts.setdefault(1.0, []).extend(more)
    groups: list[dict[str, Any]] = [{"params": values, "factor": factor} for factor, values in parts.items() if values]
    if not groups:
        raise InputError("part_rates: nothing is left to train")
    # One fused kernel for all parameters: launching many small ones takes longer than running them.
    fused = groups[0]["params"][0].device.type == "cuda"
    rates: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": fused}
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, momentum=0.9, nesterov=True, **rates)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimiser](groups, **rates)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of each group of `optimiser`: `rate` times the group's `factor`."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["factor"]


def learning_rate(recipe: Recipe, epoch: float, done: float) -> float:
    """The rate at `epoch`, a fraction from 0, when the share `done` of the run, 0..1, is done: the warm-up, times one of the
    schedules of `reid.training.schedule`."""
    if recipe.schedule == "steps":
        return recipe.learning_rate * warmup_steps(epoch, recipe.warmup_epochs, recipe.step_epochs)
    peak = recipe.learning_rate * warmup_steps(epoch, recipe.warmup_epochs, ())
    if recipe.schedule == "exponential":
        return peak * exponential_decays(done, recipe.decays, recipe.decay_rate)
    return peak * cosine_cycles(epoch, recipe.cycle_epochs, recipe.cycle_decay)


def _by_part(recipe: Recipe, network: nn.Module) -> dict[float, list[nn.Parameter]]:
    """The parameters of `network` that need a gradient, by the factor of the longest part that their name begins with."""
    factors: dict[float, list[nn.Parameter]] = {}
    names = [name for name, _ in network.named_parameters()]
    for part in recipe.part_rates:
        if not any(_is_of(name, part) for name in names):
            parts = ", ".join(dict.fromkeys(name.partition(".")[0] for name in names))
            raise InputError(f"part_rates: {recipe.model} has no part {part}; it consists of {parts}")
    for name, value in network.named_parameters():
        if value.requires_grad:
            part = max((part for part in recipe.part_rates if _is_of(name, part)), key=len, default="")
            factors.setdefault(recipe.part_rates.get(part, 1.0), []).append(value)
    return factors


def _is_of(name: str, part: str) -> bool:
    return f"{name}.".startswith(f"{part}.")
