"""The optimiser of a recipe and its learning rate."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from reid.training.recipe import Recipe
from reid.training.schedule import cosine_cycles, warmup_steps


def build_optimiser(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Adam, AdamW (decoupled weight decay) or SGD with a Nesterov momentum of 0.9, at the recipe's learning rate."""
    parameters = list(parameters)
    # One fused kernel for all parameters: launching many small ones takes longer than running them.
    fused = parameters[0].device.type == "cuda"
    rates: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": fused}
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, momentum=0.9, nesterov=True, **rates)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimiser](parameters, **rates)


def learning_rate(recipe: Recipe, epoch: float) -> float:
    """The rate at `epoch`, a fraction from 0: the warm-up, times the steps or the cosine cycles of `reid.training.schedule`."""
    if recipe.schedule == "steps":
        return recipe.learning_rate * warmup_steps(epoch, recipe.warmup_epochs, recipe.step_epochs)
    rise = warmup_steps(epoch, recipe.warmup_epochs, ())
    return recipe.learning_rate * rise * cosine_cycles(epoch, recipe.cycle_epochs, recipe.cycle_decay)
