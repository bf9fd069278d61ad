"""PCB: Sun et al., "Beyond Part Models: Person Retrieval with Refined Part Pooling", ECCV 2018, with or without BNNeck."""

from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.backbones import BACKBONES, ResNet, build_backbone, load_weights
from reid.models.registry import Head, Network, register
from reid.models.stripes import REDUCED, PartNeck, Reduction, cut_stripes, part_classifier, part_norm
from reid.preprocessing import Preprocessing

STRIPES = 6
Part = Literal["g", "h"]


class PCB(Network):
    """Six stripes of the last map, each averaged to g, reduced to h and classified by itself: Sun et al., ECCV 2018, 384x128.

    backbone, last_stride: as for `build_backbone`; the paper has 1. neck: "none" is the paper's, where h is the feature of every
    loss and a classifier has a bias; "bnneck" is the strong baseline's (Luo et al., TMM 2019, table VIII), with h as f_t and its
    batch normalisation, one for each stripe, as f_i. The triplet loss of that table, which Sun et al. do not have, sees each
    stripe's feature.

    test_feature: what the descriptor joins, each of unit length as in the authors' code. "h" is h, or f_i with BNNeck, 256
    numbers each; "g" is as wide as the backbone, and has the figures that Luo et al. quote as reported. The reduction is shared
    by the stripes, as in that code.
    """

    # Not the 256x128 of the strong baseline, whose 16 rows six stripes do not divide.
    preprocessing = Preprocessing(384, 128)

    def __init__(self, backbone: ResNet, classes: int, last_stride: int, neck: PartNeck, test_feature: Part):
        super().__init__()
        self.name = backbone
        self.test_feature = test_feature
        self.dimension = STRIPES * (BACKBONES[backbone] if test_feature == "g" else REDUCED)
        self.backbone = build_backbone(backbone, last_stride)
        self.reduction = Reduction(BACKBONES[backbone])
        self.norms = nn.ModuleList(part_norm(neck, REDUCED) for _ in range(STRIPES))
        self.classifiers = nn.ModuleList(part_classifier(neck, REDUCED, classes) for _ in range(STRIPES if classes else 0))

    def pooled(self, images: torch.Tensor) -> torch.Tensor:
        """g, the mean of each stripe, `(B, 6, C)`, of `(B, 3, H, W)` images."""
        return torch.stack([stripe.float().mean((2, 3)) for stripe in cut_stripes(self.backbone(images), STRIPES)], 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        """Map `(B, 3, H, W)` to `(B, D)` unit rows or, in training, to six heads, from top to bottom."""
        pooled = self.pooled(images)
        if not self.training and self.test_feature == "g":
            return F.normalize(pooled, dim=2).flatten(1) / STRIPES**0.5
        # One batch normalisation sees the stripes of the whole batch, as pixels of one map.
        reduced = self.reduction(pooled.flatten(0, 1)).unflatten(0, (-1, STRIPES)).unbind(1)
        normed = [norm(each) for norm, each in zip(self.norms, reduced, strict=True)]
        if not self.training:
            return torch.cat([F.normalize(each) for each in normed], 1) / STRIPES**0.5
        logits = [classify(each) for classify, each in zip(self.classifiers, normed, strict=False)] or [None] * STRIPES
        descriptors = pooled.unbind(1) if self.test_feature == "g" else normed
        return [Head(*parts) for parts in zip(reduced, logits, descriptors, strict=True)]

    def load_backbone(self, source: str | Path) -> bool:
        """Start from pretrained weights: "imagenet", or a file; see `reid.models.backbones.load_weights`."""
        return load_weights(self.backbone, self.name, source)


@register
def pcb(
    classes: int = 0,
    *,
    backbone: ResNet = "resnet50",
    last_stride: Literal[1, 2] = 1,
    neck: PartNeck = "bnneck",
    test_feature: Part = "h",
) -> PCB:
    """PCB of six stripes on the strong baseline, 384x128, 1536-d: Sun et al., ECCV 2018; Luo et al., TMM 2019."""
    return PCB(backbone, classes, last_stride, neck, test_feature)
