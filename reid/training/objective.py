"""The objective of a recipe: the weighted sum of its losses over all heads of a network."""

import copy
from collections.abc import Sequence

import torch
from torch.nn import functional as F

from reid.data.masks import IGNORED
from reid.losses import (
    aligned_triplet_loss,
    hard_triplet_loss,
    identity_loss,
    parsing_loss,
    soft_triplet_loss,
    triplet_loss,
)
from reid.models import Network
from reid.training.centers import Centers
from reid.training.distillation import Projection, relation_loss
from reid.training.recipe import Recipe

NAMES = ("identity_loss", "triplet_loss", "center_loss", "embedding_loss", "relation_loss", "parsing_loss")
_TRIPLETS = {"soft": soft_triplet_loss, "hard": hard_triplet_loss, "all": triplet_loss}

Heads = Sequence[Sequence[torch.Tensor | None]]


class Objective:
    """`weights (6,)` times `losses(heads, labels, taught)`, each loss summed over the heads that have it.

    A head has features `(B, d)`, logits `(B, classes)` and, if it is not the features, its part of the embedding. None excludes
    the head from the metric losses or the ID loss, or means that the features are used. A parser's head has maps instead. A head
    with stripes `(B, S, d)` adds their aligned triplet loss to that of its features.
    `widths` are those of the teachers' embeddings. A loss with weight 0 is not computed and counts as 0.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: Network,
        classes: int,
        device: torch.device | str = "cpu",
        widths: Sequence[int] = (),
    ):
        self.recipe = recipe
        weights = [getattr(recipe, name.replace("_loss", "_weight")) for name in NAMES]
        self.weights = torch.tensor(weights, dtype=torch.float32, device=device)
        centers = _feature_widths(network) if recipe.center_weight else []
        self.centers = [Centers(classes, width, recipe.center_learning_rate, device) for width in centers]
        matched = widths if recipe.embedding_weight else ()
        self.projection = Projection(network.dimension if matched else 0, matched).to(device)

    def losses(
        self,
        heads: Heads,
        labels: torch.Tensor,
        taught: torch.Tensor | None = None,
        labelled: slice | torch.Tensor = slice(None),
        masks: torch.Tensor | None = None,
        styled: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The six losses `(6,)` of a batch, unweighted, float32.

        ID, triplet and center loss use the rows `labelled`, whose `labels (B,)` are identities; the others use all rows, with the
        teachers' embeddings `taught (B, D)` or the `masks (B, H, W)`, or None. The rows `styled` are copies in other cameras'
        styles: the mean of their ID loss, with their own smoothing, is added (Zhong et al., CVPR 2018, sec. 3). Raises
        `ValueError` if a loss with weight lacks what it needs.
        """
        recipe, nothing, ids = self.recipe, torch.zeros((), device=labels.device), labels
        labels = ids[labelled]
        features = [head[0][labelled] for head in heads if head[0] is not None]
        logits = [head[1][labelled] for head in heads if head[1] is not None] if recipe.identity_weight else []
        copies = [] if styled is None else [head[1][styled] for head in heads if head[1] is not None]
        pulled = features if recipe.triplet_weight else []
        triplet = _TRIPLETS[recipe.triplet]
        pairs = [(head[0], each) for head in heads for each in head[4:] if each is not None and head[0] is not None]
        aligned = [(f[labelled], stripes[labelled]) for f, stripes in pairs] if recipe.triplet_weight else []
        matched = related = nothing
        if recipe.embedding_weight or recipe.relation_weight:
            if taught is None:
                raise ValueError("embedding and relation loss need the teachers' embeddings of the batch")
            embeddings = _embeddings(heads)
            matched = self.projection.loss(embeddings, taught) if recipe.embedding_weight else nothing
            related = relation_loss(embeddings, taught) if recipe.relation_weight else nothing
        maps = [each for head in heads for each in head[3:4] if each is not None] if recipe.parsing_weight else []
        if maps and masks is None:
            raise ValueError("parsing loss needs the masks of the batch")
        return torch.stack(
            [
                sum((identity_loss(each, labels, recipe.label_smoothing) for each in logits), nothing)
                + sum((identity_loss(each, ids[styled], recipe.styled_smoothing) for each in copies), nothing),
                sum((triplet(each, labels, recipe.triplet_margin) for each in pulled), nothing)
                + sum((aligned_triplet_loss(*each, labels, recipe.triplet_margin) for each in aligned), nothing),
                sum((c.loss(f, labels, recipe.center_average) for c, f in zip(self.centers, features, strict=False)), nothing),
                matched,
                related,
                sum((parsing_loss(each, masks, IGNORED) for each in maps if masks is not None), nothing),
            ]
        )

    def move_centers(self, heads: Heads, labels: torch.Tensor, labelled: slice | torch.Tensor = slice(None)) -> None:
        """Move the centers towards the features of this batch; does nothing without center loss."""
        features = (head[0] for head in heads if head[0] is not None)
        for centers, each in zip(self.centers, features, strict=False):
            centers.step(each.detach()[labelled], labels[labelled])

    def state_dict(self) -> dict:
        """The state for a checkpoint."""
        return {"centers": [centers.state_dict() for centers in self.centers], "projection": self.projection.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """Restore from `state_dict`."""
        for centers, each in zip(self.centers, state["centers"], strict=True):
            centers.load_state_dict(each)
        self.projection.load_state_dict(state["projection"])


def _embeddings(heads: Heads) -> torch.Tensor:
    """The embeddings `(B, D)` as in evaluation mode: the heads' unit descriptors, concatenated."""
    descriptors = [next(each for each in (*head[2:3], head[0]) if each is not None) for head in heads]
    return F.normalize(torch.cat([F.normalize(each.float()) for each in descriptors], 1))


def _feature_widths(network: Network) -> list[int]:
    """The widths of the features that the network trains, found by running a copy of it on black images."""
    size = network.preprocessing
    parameter = next(network.parameters())
    with torch.no_grad():
        heads = copy.deepcopy(network).train()(torch.zeros(2, 3, size.height, size.width, device=parameter.device))
    return [head[0].shape[1] for head in heads if head[0] is not None]
