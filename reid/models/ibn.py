"""IBN-Net50: Pan et al., "Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net", ECCV 2018, fig. 3.

Parameters have the names in the authors' published files, so these can be loaded.
"""

import torch
import torchvision
from torch import nn

_LAYERS = (3, 4, 6, 3)  # ResNet-50


class InstanceBatchNorm(nn.Module):
    """Instance normalisation of the first half of the channels, batch normalisation of the others: Pan et al., sec. 3.2."""

    def __init__(self, channels: int):
        super().__init__()
        self.IN = nn.InstanceNorm2d(channels // 2, affine=True)
        self.BN = nn.BatchNorm2d(channels - channels // 2)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        half = self.IN.num_features
        return torch.cat([self.IN(maps[:, :half]), self.BN(maps[:, half:])], 1)


class _Bottleneck(torchvision.models.resnet.Bottleneck):
    """torchvision's block with an optional normalisation between the addition and the last ReLU."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.IN = nn.Identity()

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        residual = self.relu(self.bn1(self.conv1(maps)))
        residual = self.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        return self.relu(self.IN(residual + (maps if self.downsample is None else self.downsample(maps))))


def resnet50_ibn_a() -> nn.Module:
    """ResNet-50 whose blocks, except in the last group, use half instance normalisation after their first convolution."""
    network = torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, _LAYERS)
    for group in (network.layer1, network.layer2, network.layer3):
        for block in group:
            block.bn1 = InstanceBatchNorm(block.bn1.num_features)
    return network


def resnet50_ibn_b() -> nn.Module:
    """ResNet-50 with instance normalisation after the first convolution and at the end of the first two groups."""
    network = torchvision.models.ResNet(_Bottleneck, _LAYERS)
    network.bn1 = nn.InstanceNorm2d(network.bn1.num_features, affine=True)
    for group in (network.layer1, network.layer2):
        group[-1].IN = nn.InstanceNorm2d(group[-1].bn3.num_features, affine=True)
    return network
