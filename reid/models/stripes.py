"""Horizontal stripes of a map, and what the networks of part features share: Sun et al., ECCV 2018; Wang et al., ACM MM 2018."""

from typing import Literal

import torch
from torch import nn

from reid.models.layers import neck_classifier, neck_norm

REDUCED = 256  # numbers of a reduced feature, in both papers
PartNeck = Literal["bnneck", "none"]


def cut_stripes(maps: torch.Tensor, count: int) -> list[torch.Tensor]:
    """Cut `(B, C, H, W)` maps into `count` stripes `(B, C, h, W)`, from top to bottom.

    Stripe i has the rows from floor(i H / count) to ceil((i + 1) H / count), so neighbours share a row where `count` does not
    divide H, and none is empty.
    """
    height = int(maps.shape[2])  # a plain number even during export tracing
    bounds = [(index * height // count, -(-(index + 1) * height // count)) for index in range(count)]
    return [maps[:, :, first:last] for first, last in bounds]


class Reduction(nn.Module):
    """A 1x1 convolution of a pooled feature, `(B, C)` to `(B, 256)`, batch normalisation and ReLU.

    A pooled map has one pixel, where that convolution is a matrix.
    """

    def __init__(self, inputs: int):
        super().__init__()
        self.reduce = nn.Linear(inputs, REDUCED, bias=False)
        self.norm = nn.BatchNorm1d(REDUCED)
        nn.init.kaiming_normal_(self.reduce.weight)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.norm(self.reduce(features)))


def part_norm(neck: PartNeck, dimension: int) -> nn.Module:
    """The batch normalisation of a BNNeck, from f_t to f_i, or, for "none", nothing: both features are one."""
    return neck_norm(dimension) if neck == "bnneck" else nn.Identity()


def part_classifier(neck: PartNeck, dimension: int, classes: int) -> nn.Linear:
    """The bias-free classifier after a BNNeck or, for "none", a usual one with bias."""
    return neck_classifier(dimension, classes) if neck == "bnneck" else nn.Linear(dimension, classes)
