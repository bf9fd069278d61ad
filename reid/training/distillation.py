"""Knowledge distillation: a network learns its teachers' embeddings, also of people without labels.

Hinton et al. 2015 match a teacher's class probabilities; networks trained on other people have none in common, so their
embeddings are matched, as in Wu et al., CVPR 2019.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F


class Projection(nn.Module):
    """Linear maps from embeddings `(B, inputs)` to those of teachers, of the `widths`; trained jointly, and dropped
    afterwards."""

    def __init__(self, inputs: int, widths: Sequence[int]):
        super().__init__()
        self.widths = tuple(widths)
        self.maps = nn.ModuleList(nn.Linear(inputs, width, bias=False) for width in self.widths)

    def loss(self, embeddings: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
        """The mean cosine distance from the projected embeddings to the teachers', concatenated `(B, sum of widths)`."""
        parts = taught.float().split(self.widths, 1)
        distances = [1 - F.cosine_similarity(each(embeddings), part) for each, part in zip(self.maps, parts, strict=True)]
        return torch.stack(distances).mean()


def relation_loss(embeddings: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Ten times the mean squared difference of the batch's similarity matrices, off the diagonal.

    Park et al., CVPR 2019, match distances; cosines, which Tung and Mori, ICCV 2019, match, need no scale. Both arguments are
    unit rows, `(B, d)` and `(B, D)`, two or more. The factor ten scales the loss to the others.
    """
    taught = taught.float()
    difference = embeddings @ embeddings.T - taught @ taught.T
    return 10 * difference.fill_diagonal_(0).pow(2).sum() / (len(taught) * (len(taught) - 1))
