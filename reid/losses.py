"""The losses of person ReID, as functions of a batch."""

import torch
from torch.nn import functional as F


def identity_loss(logits: torch.Tensor, labels: torch.Tensor, smoothing: float = 0.1) -> torch.Tensor:
    """Cross-entropy of `(B, C)` logits with `(B,)` labels whose probability is spread: Luo et al., CVPRW 2019, eq. 3.

    The true class gets `1 - smoothing * (C - 1) / C`, every other class `smoothing / C`. `smoothing` is in 0..1.
    """
    return F.cross_entropy(logits.float(), labels, label_smoothing=smoothing)


def soft_triplet_loss(features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Soft-margin triplet loss over softly weighted pairs: Lawen et al. 2019, eq. 4 and 5.

    An anchor's positives are weighted by the softmax of their Euclidean distances, its negatives by the softmax of the negated
    ones, so that hard pairs count most (eq. 4); the difference of the two weighted means passes through softplus (eq. 5).
    `features` is `(B, D)`, `labels` `(B,)`. An anchor without a positive or without a negative is left out; with no anchor
    left the loss is 0.
    """
    distances = pairwise_distances(features.float())
    same = labels[:, None] == labels[None, :]
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    usable = positive.any(1) & ~same.all(1)
    # Rows without a pair would give NaN weights and gradients, so they are left out before the softmax.
    distances, positive, negative = distances[usable], positive[usable], ~same[usable]
    if not len(distances):
        return features.sum() * 0
    far = distances.masked_fill(~positive, -torch.inf).softmax(1)
    near = (-distances).masked_fill(~negative, -torch.inf).softmax(1)
    return F.softplus((far * distances).sum(1) - (near * distances).sum(1)).mean()


def pairwise_distances(features: torch.Tensor) -> torch.Tensor:
    """Euclidean distances `(B, B)` between the rows of `(B, D)`; differentiable also where two rows are equal."""
    squares = features.pow(2).sum(1)
    squared = squares[:, None] + squares[None, :] - 2 * features @ features.T
    # The root's slope is infinite at 0, where the diagonal always is.
    return squared.clamp(min=1e-12).sqrt()
