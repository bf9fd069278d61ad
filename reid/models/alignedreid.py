"""AlignedReID++: Luo et al., "AlignedReID++: Dynamically matching local information", Pattern Recognition 2019."""

from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.backbones import BACKBONES, ResNet, build_backbone, load_weights
from reid.models.registry import Head, Network, register
from reid.models.stripes import PartNeck, cut_stripes, part_classifier, part_norm
from reid.preprocessing import Preprocessing

STRIPES = 8
WIDTH = 128  # numbers of a stripe's feature


class AlignedReID(Network):
    """A global feature, and a local one of each of eight stripes, compared by the shortest path of `reid.evaluation.aligned`.

    The stripes have batch normalisation, ReLU, the maximum over their pixels, a 1x1 convolution to 128 numbers, and unit length,
    as in the authors' code. The global feature alone is the descriptor; the stripes join the triplet loss and, if asked, the
    distances of an evaluation.

    backbone, last_stride: as for `build_backbone`. The authors have 2, where a stripe is one of the map's eight rows; the strong
    baseline has 1, where it is two of sixteen. neck: "none" is the authors', with one global feature for both losses and a
    classifier with bias; "bnneck" is the strong baseline's (Luo et al., TMM 2019, table VIII), with f_t for the triplet losses,
    and f_i for the ID loss and as descriptor.
    """

    preprocessing = Preprocessing(256, 128)

    def __init__(self, backbone: ResNet, classes: int, last_stride: int, neck: PartNeck):
        super().__init__()
        self.name = backbone
        self.dimension = BACKBONES[backbone]
        self.backbone = build_backbone(backbone, last_stride)
        self.norm = part_norm(neck, self.dimension)
        self.classifier = part_classifier(neck, self.dimension, classes) if classes else None
        self.local_norm = nn.BatchNorm2d(self.dimension)
        self.local = nn.Linear(self.dimension, WIDTH)

    def features(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """f_t and f_i of `(B, 3, H, W)` images, `(B, D)` each, not of unit length; identical without BNNeck."""
        return self._global(self.backbone(images))

    def with_stripes(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The descriptors, `(B, D)` unit rows, and the stripes, `(B, 8, 128)`, of unit length, of `(B, 3, H, W)` images."""
        maps = self.backbone(images)
        return F.normalize(self._global(maps)[1]), self._stripes(maps)

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        """Map `(B, 3, H, W)` to `(B, D)` unit rows or, in training, to one head with stripes."""
        maps = self.backbone(images)
        features, normed = self._global(maps)
        if not self.training:
            return F.normalize(normed)
        logits = self.classifier(normed) if self.classifier else None
        return [Head(features, logits, normed, stripes=self._stripes(maps))]

    def load_backbone(self, source: str | Path) -> bool:
        """Start from pretrained weights: "imagenet", or a file; see `reid.models.backbones.load_weights`."""
        return load_weights(self.backbone, self.name, source)

    def _global(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pooled = maps.float().mean((2, 3))
        return pooled, self.norm(pooled)

    def _stripes(self, maps: torch.Tensor) -> torch.Tensor:
        cut = cut_stripes(torch.relu(self.local_norm(maps)), STRIPES)
        strongest = torch.stack([stripe.amax((2, 3)) for stripe in cut], 1)
        return F.normalize(self.local(strongest).float(), dim=2)


@register
def alignedreid(
    classes: int = 0, *, backbone: ResNet = "resnet50", last_stride: Literal[1, 2] = 1, neck: PartNeck = "bnneck"
) -> AlignedReID:
    """AlignedReID++ on the strong baseline, 256x128, 2048-d: Luo et al., Pattern Recognition 2019; Luo et al., TMM 2019."""
    return AlignedReID(backbone, classes, last_stride, neck)
