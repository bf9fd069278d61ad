"""Loss functions of person ReID."""

import torch
from torch.nn import functional as F


def identity_loss(logits: torch.Tensor, labels: torch.Tensor, smoothing: float = 0.1) -> torch.Tensor:
    """Cross-entropy of `(B, C)` logits with `(B,)` labels, with label smoothing: Luo et al., CVPRW 2019, eq. 3.

    The true class gets `1 - smoothing * (C - 1) / C`, every other class `smoothing / C`. `smoothing` is in 0..1.
    """
    return F.cross_entropy(logits.float(), labels, label_smoothing=smoothing)


def parsing_loss(logits: torch.Tensor, masks: torch.Tensor, ignored: int) -> torch.Tensor:
    """Cross-entropy of a parser's `(B, L, h, w)` logits, scaled up bilinearly, with the labels of the `(B, H, W)` masks.

    A mean over all pixels, except those of the label `ignored`; 0 if there are no others.
    """
    whole = F.interpolate(logits.float(), size=masks.shape[1:], mode="bilinear", align_corners=False)
    total = F.cross_entropy(whole, masks.long(), ignore_index=ignored, reduction="sum")
    return total / (masks != ignored).sum().clamp(min=1)


def triplet_loss(features: torch.Tensor, labels: torch.Tensor, margin: float | None = 0.3) -> torch.Tensor:
    """Triplet loss over all triplets of the batch: Hermans et al. 2017, eq. 6.

    Like all triplet losses here it is a mean, where the papers write a sum, so the loss does not grow with the batch. `features`
    is `(B, D)`, `labels` `(B,)`. A `margin`, in units of Euclidean distance, is hard; None means softplus (Hermans et al.'s soft
    margin). An anchor without a positive or a negative is ignored; without any anchor the loss is 0.
    """
    distances, positive, negative, usable = _pairs(features, labels)
    triplets = (positive & usable[:, None])[:, :, None] & negative[:, None, :]
    return _mean_hinge(distances[:, :, None] - distances[:, None, :], margin, triplets)


def hard_triplet_loss(features: torch.Tensor, labels: torch.Tensor, margin: float | None = 0.3) -> torch.Tensor:
    """Batch-hard triplet loss, each anchor's farthest positive and nearest negative: Hermans et al. 2017, eq. 5.

    Luo et al., CVPRW 2019, train with it and a margin of 0.3. Shapes, `margin` and ignored anchors are as for `triplet_loss`.
    """
    distances, positive, negative, usable = _pairs(features, labels)
    farthest = distances.masked_fill(~positive, -torch.inf).amax(1)
    nearest = distances.masked_fill(~negative, torch.inf).amin(1)
    return _mean_hinge(farthest - nearest, margin, usable)


def soft_triplet_loss(features: torch.Tensor, labels: torch.Tensor, margin: float | None = None) -> torch.Tensor:
    """Triplet loss over softly weighted pairs: Lawen et al. 2019, eq. 4 and 5.

    An anchor's positives are weighted by the softmax of their Euclidean distances, its negatives by the softmax of the negated
    ones, so hard pairs count most (eq. 4); the difference of the two weighted means passes through softplus (eq. 5), or through a
    hard `margin`. Shapes and ignored anchors are as for `triplet_loss`.
    """
    distances, positive, negative, usable = _pairs(features, labels)
    far = distances.masked_fill(~positive, -torch.inf).softmax(1)
    near = (-distances).masked_fill(~negative, -torch.inf).softmax(1)
    return _mean_hinge((far * distances).sum(1) - (near * distances).sum(1), margin, usable)


def aligned_triplet_loss(
    features: torch.Tensor, stripes: torch.Tensor, labels: torch.Tensor, margin: float | None = 0.3
) -> torch.Tensor:
    """Triplet loss of `local_distances` over the pairs that `hard_triplet_loss` selects: Luo et al., Pattern Recognition 2019.

    The global `features (B, D)` select each anchor's farthest positive and nearest negative, whose `stripes (B, S, d)` it is
    compared with; the features get no gradient. `labels`, `margin` and ignored anchors are as for `triplet_loss`.
    """
    distances, positive, negative, usable = _pairs(features.detach(), labels)
    farthest = distances.masked_fill(~positive, -torch.inf).argmax(1)
    nearest = distances.masked_fill(~negative, torch.inf).argmin(1)
    both = local_distances(torch.cat([stripes, stripes]), torch.cat([stripes[farthest], stripes[nearest]]))
    far, near = both.chunk(2)
    return _mean_hinge(far - near, margin, usable)


def local_distances(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The aligned distance `(B,)` of each image from another, by their stripes, `(B, S, d)` each: Luo et al., PR 2019.

    The Euclidean distance d of two stripes becomes (e^d - 1) / (e^d + 1), in 0..1, and the shortest path through these `(S, S)`
    matches stripes from the top to the bottom of both images. `reid.evaluation.aligned` has it for whole galleries.
    """
    squared = (first.float()[:, :, None] - second.float()[:, None]).pow(2).sum(3)
    # The slope of the root is infinite at 0; the fraction is a hyperbolic tangent, which does not overflow.
    return shortest_path((squared.clamp(min=1e-12).sqrt() / 2).tanh())


def shortest_path(costs: torch.Tensor) -> torch.Tensor:
    """The least sum `(B,)` of the `costs (B, S, S)` along a path from the first to the last, one step right or down at a time."""
    first, *rest = costs.unbind(1)
    sums = list(first.cumsum(1).unbind(1))  # of the best path to each place of the row above
    for row in rest:
        sums[0] = sums[0] + row[:, 0]
        for place in range(1, len(sums)):
            sums[place] = torch.minimum(sums[place], sums[place - 1]) + row[:, place]
    return sums[-1]


def center_loss(features: torch.Tensor, labels: torch.Tensor, centers: torch.Tensor, average: bool = False) -> torch.Tensor:
    """Half the squared distance of each of `(B, D)` features to its class center, summed: Luo et al., CVPRW 2019, eq. 5.

    `labels` is `(B,)`, `centers` `(classes, D)`. `average` divides by the batch size, as public code does. Luo et al. weigh
    this loss with 0.0005. The centers get no gradient here; `reid.training.centers` moves them.
    """
    squared = (features.float() - centers.detach()[labels]).pow(2).sum(1)
    return (squared.mean() if average else squared.sum()) / 2


def _pairs(features: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Distances `(B, B)` from each anchor to the batch, masks of positives and of negatives, and the usable anchors.

    An unusable anchor has all images as positives and negatives, so its results and gradients are finite, and are ignored later.
    Removing its row would make the host wait for the device.
    """
    distances = pairwise_distances(features.float())
    same = labels[:, None] == labels[None, :]
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    usable = positive.any(1) & ~same.all(1)
    return distances, positive | ~usable[:, None], ~same | ~usable[:, None], usable


def _mean_hinge(gaps: torch.Tensor, margin: float | None, counted: torch.Tensor) -> torch.Tensor:
    """The mean of the hinged gaps marked in `counted`; 0 without any, still differentiable."""
    hinged = F.softplus(gaps) if margin is None else F.relu(gaps + margin)
    return (hinged * counted).sum() / counted.sum().clamp(min=1)


def pairwise_distances(features: torch.Tensor) -> torch.Tensor:
    """Euclidean distances `(B, B)` between the rows of `(B, D)`; differentiable even for equal rows.

    The rows are centred first: for long rows close together, as when features are about to collapse to one point, the squares
    below would leave little but rounding errors, and arbitrary gradients.
    """
    features = features - features.detach().mean(0)
    squares = features.pow(2).sum(1)
    squared = squares[:, None] + squares[None, :] - 2 * features @ features.T
    # The slope of the root is infinite at 0, the value on the diagonal.
    return squared.clamp(min=1e-12).sqrt()
