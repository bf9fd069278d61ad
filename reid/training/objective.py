"""What a recipe minimises: the weighted sum of its losses over all heads of a network."""

import copy
from collections.abc import Sequence

import torch
from torch import nn

from reid.losses import hard_triplet_loss, identity_loss, soft_triplet_loss, triplet_loss
from reid.training.centers import Centers
from reid.training.recipe import Recipe

NAMES = ("identity_loss", "triplet_loss", "center_loss")
_TRIPLETS = {"soft": soft_triplet_loss, "hard": hard_triplet_loss, "all": triplet_loss}

Heads = Sequence[tuple[torch.Tensor | None, torch.Tensor | None]]


class Objective:
    """`weights (3,)` times `losses(heads, labels)`: ID, triplet and center loss, each summed over the heads that have it.

    A head is a pair of features `(B, d)` and logits `(B, classes)`; None takes it out of the metric losses or of the ID loss.
    A loss of weight 0 is not computed and counts as 0.
    """

    def __init__(self, recipe: Recipe, network: nn.Module, classes: int, device: torch.device | str = "cpu"):
        self.recipe = recipe
        weights = recipe.identity_weight, recipe.triplet_weight, recipe.center_weight
        self.weights = torch.tensor(weights, dtype=torch.float32, device=device)
        widths = _feature_widths(network) if recipe.center_weight else []
        self.centers = [Centers(classes, width, recipe.center_learning_rate, device) for width in widths]

    def losses(self, heads: Heads, labels: torch.Tensor) -> torch.Tensor:
        """The three losses `(3,)` of a batch with `labels (B,)`, unweighted, float32."""
        recipe, nothing = self.recipe, torch.zeros((), device=labels.device)
        features = [each for each, _ in heads if each is not None]
        logits = [each for _, each in heads if each is not None] if recipe.identity_weight else []
        pulled = features if recipe.triplet_weight else []
        triplet = _TRIPLETS[recipe.triplet]
        return torch.stack(
            [
                sum((identity_loss(each, labels, recipe.label_smoothing) for each in logits), nothing),
                sum((triplet(each, labels, recipe.triplet_margin) for each in pulled), nothing),
                sum((c.loss(f, labels, recipe.center_average) for c, f in zip(self.centers, features, strict=False)), nothing),
            ]
        )

    def move_centers(self, heads: Heads, labels: torch.Tensor) -> None:
        """Let the centers follow the features of this batch; without center loss there are none."""
        features = (each for each, _ in heads if each is not None)
        for centers, each in zip(self.centers, features, strict=False):
            centers.step(each.detach(), labels)

    def state_dict(self) -> dict:
        """What a checkpoint keeps."""
        return {"centers": [centers.state_dict() for centers in self.centers]}

    def load_state_dict(self, state: dict) -> None:
        """Continue from `state_dict`."""
        for centers, each in zip(self.centers, state["centers"], strict=True):
            centers.load_state_dict(each)


def _feature_widths(network: nn.Module) -> list[int]:
    """The widths of the features that the network trains, found by running a copy of it on black images."""
    size = network.preprocessing
    parameter = next(network.parameters())
    with torch.no_grad():
        heads = copy.deepcopy(network).train()(torch.zeros(2, 3, size.height, size.width, device=parameter.device))
    return [features.shape[1] for features, _ in heads if features is not None]
