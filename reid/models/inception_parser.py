"""The parser of SPReID: Kalayeh et al., "Human Semantic Parsing for Person Re-identification", CVPR 2018, sec. 3.2."""

from pathlib import Path

import torch
from torch import nn

from reid.models.backbones import BACKBONES, build_backbone, load_weights
from reid.models.regions import LABELS
from reid.models.registry import Head, Network, register_parser
from reid.preprocessing import Preprocessing

_BACKBONE = "inception_v3"
_RATES = 3, 6, 9, 12
_WIDTH = 256  # channels of a branch


class AtrousPyramid(nn.ModuleList):
    """Atrous spatial pyramid pooling: one 3x3 convolution a rate, all over the same maps, `(B, C, h, w)` to `(B, 1024, h, w)`.

    The paper prints the rates, and that a 1x1 convolution classifies. Width and joining are those of Chen et al., "Rethinking
    Atrous Convolution", 2017, sec. 3.3: 256 channels with batch normalisation a branch, concatenated. DeepLabV2, whose rates 6 to
    24 the paper halves, has a classifier in each branch instead and adds these up.
    """

    def __init__(self, inputs: int):
        super().__init__(nn.Sequential(_atrous(inputs, rate), nn.BatchNorm2d(_WIDTH), nn.ReLU(inplace=True)) for rate in _RATES)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(maps) for branch in self], 1)


class InceptionParser(Network):
    """The probability of each of LIP's labels at a sixteenth of the size: `(B, 3, H, W)` to `(B, 20, H / 16, W / 16)`.

    Sizes are rounded up. In training mode it returns one `Head` with the logits as its `maps`.
    """

    preprocessing = Preprocessing(512, 512)
    dimension = len(LABELS)

    def __init__(self):
        super().__init__()
        self.backbone = build_backbone(_BACKBONE, last_stride=1)
        self.aspp = AtrousPyramid(BACKBONES[_BACKBONE])
        self.classifier = nn.Conv2d(_WIDTH * len(_RATES), len(LABELS), 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        logits = self.classifier(self.aspp(self.backbone(images))).float()
        return [Head(None, None, maps=logits)] if self.training else logits.softmax(1)

    def load_backbone(self, source: str | Path) -> bool:
        """Start from pretrained weights: "imagenet", or a file; see `reid.models.backbones.load_weights`."""
        return load_weights(self.backbone, _BACKBONE, source)


@register_parser
def parser(classes: int = 0) -> InceptionParser:
    """SPReID's parser, 512x512: Inception-V3 to a stride of 16, dilated, and atrous spatial pyramid pooling."""
    return InceptionParser()


def _atrous(inputs: int, rate: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, _WIDTH, 3, padding=rate, dilation=rate, bias=False)
