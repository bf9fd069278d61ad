"""The blocks of HA-CNN: Li, Zhu and Gong, "Harmonious Attention Network for Person Re-Identification", CVPR 2018."""

import torch
from torch import nn

from reid.models.layers import convolution


class InceptionA(nn.Module):
    """Four streams of a quarter of the channels each, at the input's size: Li et al. 2018, fig. 3a."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        quarter = outputs // 4
        streams = [nn.Sequential(_conv(inputs, quarter, 1), _conv(quarter, quarter, 3)) for _ in range(3)]
        pooled = nn.Sequential(nn.AvgPool2d(3, 1, 1), _conv(inputs, quarter, 1))
        self.streams = nn.ModuleList([*streams, pooled])

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return torch.cat([stream(maps) for stream in self.streams], 1)


class InceptionB(nn.Module):
    """Three streams, a quarter, a quarter and half of the channels, that halve the map: Li et al. 2018, fig. 3b."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        quarter = outputs // 4
        self.streams = nn.ModuleList(
            [
                nn.Sequential(_conv(inputs, quarter, 1), _conv(quarter, quarter, 3, 2)),
                nn.Sequential(_conv(inputs, quarter, 1), _conv(quarter, quarter, 3), _conv(quarter, quarter, 3, 2)),
                nn.Sequential(nn.MaxPool2d(3, 2, 1), _conv(inputs, 2 * quarter, 1)),
            ]
        )

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return torch.cat([stream(maps) for stream in self.streams], 1)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return convolution(inputs, outputs, kernel, stride, bias=True)
