"""SPReID: Kalayeh et al., "Human Semantic Parsing for Person Re-identification", CVPR 2018."""

from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.backbones import BACKBONES, build_backbone, load_weights
from reid.models.frozen_parser import FrozenParser
from reid.models.registry import Head, Network, register
from reid.models.semantic_pooling import pool
from reid.preprocessing import Preprocessing

Backbone = Literal["inception_v3", "resnet50", "resnet152", "efficientnet_lite0"]
Parser = Literal["parser", "parser_light"]
Regions = Literal["foreground", "body", "none", "combined"]

# How many features of the backbone's width each descriptor has.
_WIDTHS: dict[Regions, tuple[int, ...]] = {"foreground": (3,), "body": (2,), "none": (1,), "combined": (3, 2)}


class SPReID(Network):
    """A backbone whose maps are pooled globally and by the regions of a parser inside: Kalayeh et al., sec. 3.3, 512x170.

    backbone, last_stride: as for `build_backbone`. parser: the network whose maps are the regions; it is never trained here.
    regions: what joins the global average in a descriptor. "foreground" is the foreground and the maximum over head, upper body,
    lower body and shoes (w/fg in the paper, three times the backbone's width); "body" is that maximum alone (wo/fg, twice);
    "none" is nothing (the paper's baseline, without a parser); "combined" has the descriptors of the first two, each of unit
    length, as two heads over the same maps; the paper joins two networks. shared: whether both poolings take the maps of one
    backbone (the paper's table 5); otherwise the regions have their own.
    """

    preprocessing = Preprocessing(512, 170)

    def __init__(self, backbone: Backbone, parser: Parser, regions: Regions, shared: bool, last_stride: int, classes: int):
        super().__init__()
        self.name, self.regions = backbone, regions
        self.backbone = build_backbone(backbone, last_stride)
        if regions != "none":
            self.parser = FrozenParser(parser)
            self.region_backbone = None if shared else build_backbone(backbone, last_stride)
        widths = [BACKBONES[backbone] * width for width in _WIDTHS[regions]]
        self.classifiers = nn.ModuleList(nn.Linear(width, classes, bias=False) for width in widths if classes)
        self.dimension = sum(widths)

    def descriptors(self, images: torch.Tensor) -> list[torch.Tensor]:
        """The features of each head, `(B, d)`, of `(B, 3, H, W)` images; not of unit length."""
        maps = self.backbone(images)
        average = maps.float().mean((2, 3))
        if self.regions == "none":
            return [average]
        if self.region_backbone is not None:
            maps = self.region_backbone(images)
        foreground, *body = pool(maps, self.parser(images)).unbind(1)
        strongest = torch.stack(body).amax(0)
        with_foreground, without = torch.cat([average, foreground, strongest], 1), torch.cat([average, strongest], 1)
        return {"foreground": [with_foreground], "body": [without], "combined": [with_foreground, without]}[self.regions]

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        """Map `(B, 3, H, W)` to `(B, D)` unit rows or, in training, to a head for the ID loss alone for each descriptor."""
        descriptors = self.descriptors(images)
        if self.training:
            if not self.classifiers:  # nothing to train
                return [Head(None, None, features) for features in descriptors]
            pairs = zip(descriptors, self.classifiers, strict=True)
            return [Head(None, classify(features), features) for features, classify in pairs]
        return torch.cat([F.normalize(features) for features in descriptors], 1) / len(descriptors) ** 0.5

    def load_backbone(self, source: str | Path) -> bool:
        """Start every backbone from pretrained weights: "imagenet", or a file; see `reid.models.backbones.load_weights`."""
        loaded = load_weights(self.backbone, self.name, source)
        if loaded and self.regions != "none" and self.region_backbone is not None:
            self.region_backbone.load_state_dict(self.backbone.state_dict())
        return loaded


@register
def spreid(
    classes: int = 0,
    *,
    backbone: Backbone = "inception_v3",
    parser: Parser = "parser",
    regions: Regions = "foreground",
    shared: Literal[True, False] = False,
    last_stride: Literal[1, 2] = 2,
) -> SPReID:
    """SPReID with foreground over Inception-V3, 512x170, 6144-d: Kalayeh et al., CVPR 2018."""
    return SPReID(backbone, parser, regions, shared, last_stride, classes)
