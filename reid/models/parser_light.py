"""A parser that a tracker can afford: five stages of EfficientNet-Lite0 and a decoder of separable convolutions.

The paper's parser (`reid.models.inception_parser`) works on images of 512x512. On crops as small as a tracker's, a map of stride
16 would be a few pixels wide, so the maps of strides 16, 8 and 4 are joined, each scaled up to the next (Lin et al., Feature
Pyramid Networks, CVPR 2017, fig. 3).
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.backbones import load_weights
from reid.models.efficientnet_lite import efficientnet_lite0
from reid.models.layers import convolution
from reid.models.regions import LABELS
from reid.models.registry import Head, Network, register_parser
from reid.preprocessing import Preprocessing

_WIDTH = 64  # channels of the decoder
_JOINED = {"stage5": 112, "stage3": 40, "stage2": 24}  # the stages joined, and their channels, from the coarsest


class ParserLight(Network):
    """The probability of each of LIP's labels at a quarter of the size: `(B, 3, H, W)` to `(B, 20, H / 4, W / 4)`.

    H and W are any multiples of 16. In training mode it returns one `Head` with the logits as its `maps`.
    """

    preprocessing = Preprocessing(160, 64)
    dimension = len(LABELS)

    def __init__(self):
        super().__init__()
        self.backbone = efficientnet_lite0(stages=5)
        self.reduce = nn.ModuleList(convolution(channels, _WIDTH, 1, relu=False) for channels in _JOINED.values())
        self.refine = nn.ModuleList(_refine() for _ in _JOINED)
        self.classifier = nn.Conv2d(_WIDTH, len(LABELS), 1)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """The logits of each label, `(B, 20, H / 4, W / 4)`."""
        maps, stages = images, {}
        for name, stage in self.backbone.named_children():
            maps = stages[name] = stage(maps)
        joined: torch.Tensor | None = None
        for name, reduce, refine in zip(_JOINED, self.reduce, self.refine, strict=True):
            here = reduce(stages[name])
            if joined is not None:
                here = here + F.interpolate(joined, size=here.shape[2:], mode="bilinear", align_corners=False)
            joined = refine(here)
        return self.classifier(joined)

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        logits = self.logits(images).float()
        return [Head(None, None, maps=logits)] if self.training else logits.softmax(1)

    def load_backbone(self, source: str | Path) -> bool:
        """Start from pretrained weights: "imagenet", or a file; see `reid.models.backbones.load_weights`."""
        return load_weights(self.backbone, "efficientnet_lite0", source)


@register_parser
def parser_light(classes: int = 0) -> ParserLight:
    """The light parser, 160x64: EfficientNet-Lite0 to a stride of 16, maps of a stride of 4."""
    return ParserLight()


def _refine() -> nn.Sequential:
    """A separable convolution: depthwise 3x3, then 1x1, after a rectifier."""
    return nn.Sequential(nn.ReLU(), convolution(_WIDTH, _WIDTH, 3, groups=_WIDTH, relu=False), convolution(_WIDTH, _WIDTH, 1))
