"""Inception-V3, Szegedy et al., CVPR 2016, as torchvision builds it, and the finer form of it with which SPReID parses."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.inception import (
    BasicConv2d,
    Inception3,
    InceptionA,
    InceptionAux,
    InceptionB,
    InceptionC,
    InceptionD,
    InceptionE,
)

from reid.preprocessing import IMAGENET_MEAN, IMAGENET_STD


class PlusMinusOne(nn.Module):
    """Turns images with the mean and deviation of ImageNet, `(B, 3, H, W)`, into colours in -1..1.

    The published weights expect these, and torchvision, when it loads them, does the same inside the network. So this backbone
    takes the same images as any other, and a file of those weights fits as it is.
    """

    factor: torch.Tensor
    offset: torch.Tensor

    def __init__(self):
        super().__init__()
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
        self.register_buffer("factor", 2 * deviation, persistent=False)
        self.register_buffer("offset", 2 * mean - 1, persistent=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images * self.factor + self.offset


class PaddedB(InceptionB):
    """The first reduction, with a padded maximum pooling."""

    def _forward(self, maps: torch.Tensor) -> list[torch.Tensor]:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(maps)))
        return [self.branch3x3(maps), double, F.max_pool2d(maps, 3, 2, 1)]


class PaddedD(InceptionD):
    """The last reduction, with a padded maximum pooling of stride 1."""

    def _forward(self, maps: torch.Tensor) -> list[torch.Tensor]:
        long = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(maps))))
        return [self.branch3x3_2(self.branch3x3_1(maps)), long, F.max_pool2d(maps, 3, 1, 1)]


def inception_v3(last_stride: int) -> nn.Sequential:
    """The network without its classifiers and global pooling, `(B, 3, H, W)` to `(B, 2048, h, w)`, with fresh parameters.

    last_stride: that of the last reduction. With 2 it is the published network, whose stem and reductions do not pad: an image of
    512x170 gives maps of 14x3, and 75 pixels a side are the least. With 1 it is the form of Kalayeh et al., CVPR 2018, sec. 3.2,
    with the convolutions of the last two blocks dilated by 2. That form labels every pixel, so here all its layers pad, and its
    maps have a sixteenth of the size, rounded up. The average pooling inside the last blocks stays dense. The parameters are the
    same.
    """
    fine = last_stride == 1
    reductions = (PaddedB, PaddedD) if fine else (InceptionB, InceptionD)
    blocks = [BasicConv2d, InceptionA, reductions[0], InceptionC, reductions[1], InceptionE, InceptionAux]
    whole = Inception3(aux_logits=False, init_weights=False, inception_blocks=blocks)
    layers: OrderedDict[str, nn.Module] = OrderedDict(transform=PlusMinusOne())
    for name, layer in whole.named_children():
        layers[name] = layer
        if name == "Mixed_7c":
            break
    if fine:
        for name, layer in layers.items():
            _pad(layer, stride=1 if name == "Mixed_7a" else None, dilation=2 if name in ("Mixed_7b", "Mixed_7c") else 1)
    return nn.Sequential(layers)


def _pad(block: nn.Module, stride: int | None, dilation: int) -> None:
    """Make all layers of `block` keep the size, up to their stride, with another stride where one is reduced, and a dilation."""
    for layer in block.modules():
        if isinstance(layer, nn.MaxPool2d):
            layer.padding = 1
        elif isinstance(layer, nn.Conv2d):
            layer.stride = (stride or layer.stride[0],) * 2
            layer.dilation = (dilation, dilation)
            layer.padding = tuple(dilation * (side // 2) for side in layer.kernel_size)
