"""MGN: Wang et al., "Learning Discriminative Features with Multiple Granularities for Person Re-Identification", ACM MM 2018."""

from collections import OrderedDict
from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.backbones import BACKBONES, ResNet, build_backbone, load_weights
from reid.models.layers import neck_classifier
from reid.models.registry import Head, Network, register
from reid.models.stripes import REDUCED, PartNeck, Reduction, cut_stripes, part_norm
from reid.preprocessing import Preprocessing

PARTS = 1, 2, 3  # stripes of each branch; the first has the whole person alone
GLOBAL = len(PARTS)
FEATURES = GLOBAL + sum(parts for parts in PARTS if parts > 1)


class MGN(Network):
    """Three branches after the first block of a ResNet's third group, for the whole person, halves and thirds, 384x128.

    Wang et al., sec. 3.1: a branch has its own copy of the blocks that follow, whose last group has a stride of 2 for the whole
    person, of 1 for the others. The maximum over its map and those over its stripes, each reduced to 256 numbers by its own
    layer, are its features: three of the whole person, then two of halves and three of thirds. The triplet loss sees the first
    three alone.

    backbone: a ResNet. last_stride: that of the branch of the whole person, 2 in the paper; 1 is the strong baseline's. neck:
    "none" is the paper's, whose ID loss sees the features of the whole person before they are reduced, those of the stripes
    after it. "bnneck" is the strong baseline's (Luo et al., TMM 2019, table VIII): a reduced feature is f_t, its batch
    normalisation f_i, which the ID loss sees and the descriptor holds. No classifier has a bias, in the paper either. The
    descriptor joins all eight features, each of unit length, as that of any network with several heads.
    """

    preprocessing = Preprocessing(384, 128)
    dimension = FEATURES * REDUCED

    def __init__(self, backbone: ResNet, classes: int, last_stride: int, neck: PartNeck):
        super().__init__()
        self.name, self.neck = backbone, neck
        width = BACKBONES[backbone]
        self.trunk, _ = _split(build_backbone(backbone, last_stride))
        strides = [last_stride if parts == 1 else 1 for parts in PARTS]
        self.branches = nn.ModuleList(_split(build_backbone(backbone, stride))[1] for stride in strides)
        self.reductions = nn.ModuleList(Reduction(width) for _ in range(FEATURES))
        self.norms = nn.ModuleList(part_norm(neck, REDUCED) for _ in range(FEATURES))
        whole = REDUCED if neck == "bnneck" else width
        seen = [whole if index < GLOBAL else REDUCED for index in range(FEATURES)]
        self.classifiers = nn.ModuleList(neck_classifier(each, classes) for each in seen if classes)

    def pooled(self, images: torch.Tensor) -> list[torch.Tensor]:
        """The eight maxima, `(B, C)` each, of `(B, 3, H, W)` images: of each branch's map, then of the stripes of each."""
        shared = self.trunk(images)
        maps = [branch(shared) for branch in self.branches]
        pairs = zip(maps, PARTS, strict=True)
        stripes = [stripe for each, parts in pairs if parts > 1 for stripe in cut_stripes(each, parts)]
        return [each.float().amax((2, 3)) for each in (*maps, *stripes)]

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        """Map `(B, 3, H, W)` to `(B, 2048)` unit rows or, in training, to eight heads, of which the first three have features."""
        pooled = self.pooled(images)
        reduced = [reduce(each) for reduce, each in zip(self.reductions, pooled, strict=True)]
        normed = [norm(each) for norm, each in zip(self.norms, reduced, strict=True)]
        if not self.training:
            return torch.cat([F.normalize(each) for each in normed], 1) / FEATURES**0.5
        seen = normed if self.neck == "bnneck" else [*pooled[:GLOBAL], *normed[GLOBAL:]]
        logits = [classify(each) for classify, each in zip(self.classifiers, seen, strict=False)] or [None] * FEATURES
        features = [*reduced[:GLOBAL], *[None] * (FEATURES - GLOBAL)]
        return [Head(*parts) for parts in zip(features, logits, normed, strict=True)]

    def load_backbone(self, source: str | Path) -> bool:
        """Start every branch from pretrained weights: "imagenet", or a file; see `reid.models.backbones.load_weights`."""
        whole = build_backbone(self.name, 2)
        loaded = load_weights(whole, self.name, source)
        if loaded:
            tensors = whole.state_dict()
            for part in (self.trunk, *self.branches):
                part.load_state_dict({name: tensors[name] for name in part.state_dict()})
        return loaded


def _split(backbone: nn.Sequential) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers up to the first block of the third group (res_conv4_1), and those after it, by their names in the backbone."""
    trunk = OrderedDict(backbone.named_children())
    last, third = trunk.pop("layer4"), nn.Sequential(OrderedDict(trunk.pop("layer3").named_children()))
    trunk["layer3"] = third[:1]
    return nn.Sequential(trunk), nn.Sequential(OrderedDict(layer3=third[1:], layer4=last))


@register
def mgn(classes: int = 0, *, backbone: ResNet = "resnet50", last_stride: Literal[1, 2] = 2, neck: PartNeck = "bnneck") -> MGN:
    """MGN of three branches on the strong baseline, 384x128, 2048-d: Wang et al., ACM MM 2018; Luo et al., TMM 2019."""
    return MGN(backbone, classes, last_stride, neck)
