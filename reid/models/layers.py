"""Blocks that several networks share: convolutions, pooling, harmonious attention and the four-region sampling."""

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.semantic_pooling import average, scale_up

REGIONS = 4
REGION_SCALE = (1.0, 1 / REGIONS)  # (x, y): a region has the map's width and a quarter of its height


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, bias: bool = False, relu: bool = True
) -> nn.Sequential:
    """A convolution that keeps the map's size (except for the stride), batch normalisation and, optionally, ReLU."""
    kind = StridedDepthwise if stride > 1 and groups == inputs > 1 else nn.Conv2d
    layers = [kind(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=bias), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class StridedDepthwise(nn.Conv2d):
    """A depthwise convolution of stride 2 or more; for half-precision training on a CPU it computes at stride 1 and subsamples.

    The values are the same. PyTorch's gradient of strided ones, without a fast oneDNN kernel there, takes 8 to 30 times as long:
    half of a training step of `robust`.
    """

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        if not (self.training and maps.device.type == "cpu" and torch.is_autocast_enabled("cpu")):
            return super().forward(maps)
        dense = F.conv2d(maps, self.weight, self.bias, 1, self.padding, groups=self.groups)
        rows, columns = self.stride
        return dense[:, :, ::rows, ::columns].contiguous(memory_format=torch.channels_last)


class Pooling(nn.Module):
    """Global pooling, `(B, C, H, W)` to `(B, C * widening)`. A map `where`, of the same batch, weights the pixels."""

    widening = 1


class GeM(Pooling):
    """Generalised mean pooling with one trainable exponent: Lawen et al. 2019, eq. 6 (Radenovic et al. 2018).

    The exponent starts at 3; 1 is average pooling, infinity is maximum pooling. A map `where` weights the mean of the powers.
    """

    def __init__(self, exponent: float = 3.0, floor: float = 1e-6):
        super().__init__()
        self.exponent = nn.Parameter(torch.tensor([exponent]))
        self.floor = floor

    def forward(self, maps: torch.Tensor, where: torch.Tensor | None = None) -> torch.Tensor:
        # Powers overflow easily in half precision, so the pooling always runs in float32.
        powers = average(maps.float().clamp(min=self.floor).pow(self.exponent), where)
        if where is not None:  # a map without foreground gives 0, where a root has no finite gradient
            powers = powers.clamp(min=self.floor**self.exponent)
        return powers.pow(1 / self.exponent)


class Average(Pooling):
    """Global average pooling."""

    def forward(self, maps: torch.Tensor, where: torch.Tensor | None = None) -> torch.Tensor:
        return average(maps, where)


class Maximum(Pooling):
    """Global maximum pooling. A map `where` is a factor of each pixel."""

    def forward(self, maps: torch.Tensor, where: torch.Tensor | None = None) -> torch.Tensor:
        return maps.amax((2, 3)) if where is None else (scale_up(maps.float(), where) * where).amax((2, 3))


class AverageMaximum(Pooling):
    """Global average and maximum pooling, concatenated. Lawen et al. 2019 tried it: similar accuracy with more parameters."""

    widening = 2

    def __init__(self):
        super().__init__()
        self.average, self.maximum = Average(), Maximum()

    def forward(self, maps: torch.Tensor, where: torch.Tensor | None = None) -> torch.Tensor:
        return torch.cat([self.average(maps, where), self.maximum(maps, where)], 1)


POOLS: dict[str, type[Pooling]] = {"gem": GeM, "average": Average, "max": Maximum, "average_max": AverageMaximum}


def neck_norm(dimension: int) -> nn.BatchNorm1d:
    """The batch normalisation of a BNNeck: Luo et al., CVPRW 2019, sec. 3.5.

    Its shift is fixed at 0, as in the authors' code; the paper does not mention it.
    """
    norm = nn.BatchNorm1d(dimension)
    norm.bias.requires_grad_(False)
    return norm


def neck_classifier(dimension: int, classes: int) -> nn.Linear:
    """The bias-free classifier after a BNNeck, with Kaiming initialisation: Luo et al., CVPRW 2019, sec. 3.5."""
    classifier = nn.Linear(dimension, classes, bias=False)
    nn.init.kaiming_normal_(classifier.weight)
    return classifier


class ScaledClassifier(nn.Linear):
    """A bias-free classifier, with logits multiplied by `scale`, for unit features.

    Lawen et al. 2019 print the missing bias, and no scale. With PyTorch's initialisation rows have length 0.6: their logits of
    unit features are nearly equal, and Adam takes a third of a run of 56 epochs to lengthen them. A factor of 4 speeds this up;
    with 16 the ID loss dominates the triplet loss at the start.
    """

    def __init__(self, dimension: int, classes: int, scale: int = 4):
        super().__init__(dimension, classes, bias=False)
        self.scale = scale

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.scale * super().forward(features)


class SpatialAttention(nn.Module):
    """One `(B, 1, H, W)` map: channel mean, 3x3 convolution of stride 2, back to size, 1x1. Li et al. 2018, sec. 3.1."""

    def __init__(self):
        super().__init__()
        self.reduce = convolution(1, 1, 3, stride=2, bias=True)
        self.scale = convolution(1, 1, 1, bias=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        reduced = self.reduce(maps.mean(1, keepdim=True))
        return self.scale(F.interpolate(reduced, size=maps.shape[2:], mode="bilinear", align_corners=True))


class ChannelAttention(nn.Module):
    """One weight per channel, `(B, C, 1, 1)`: squeeze and excitation with a reduction of 16. Li et al. 2018, sec. 3.1."""

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        self.squeeze = convolution(channels, channels // reduction, 1, bias=True)
        self.excite = convolution(channels // reduction, channels, 1, bias=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.excite(self.squeeze(maps.mean((2, 3), keepdim=True)))


class HarmoniousAttention(nn.Module):
    """Soft attention `(B, C, H, W)` in 0..1 and the centres `(B, 4, 2)` (x, y in -1..1) of the four hard regions.

    Li et al. 2018, sec. 3.1. The centres start as four horizontal stripes: ty = -0.75, -0.25, 0.25, 0.75 after tanh.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.spatial = SpatialAttention()
        self.channel = ChannelAttention(channels)
        self.join = convolution(channels, channels, 1, bias=True)
        self.centres = nn.Linear(channels, 2 * REGIONS)
        stripes = torch.tensor([[0.0, (2 * region + 1) / REGIONS - 1] for region in range(REGIONS)])
        nn.init.zeros_(self.centres.weight)
        with torch.no_grad():
            self.centres.bias.copy_(torch.atanh(stripes).flatten())

    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        soft = torch.sigmoid(self.join(self.spatial(maps) * self.channel(maps)))
        centres = torch.tanh(self.centres(maps.mean((2, 3)))).view(-1, REGIONS, 2)
        return soft, centres


def sample_regions(maps: torch.Tensor, centres: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Cut four regions from each map and resize them: `(B, C, H, W)`, `(B, 4, 2)` to `(4B, C, height, width)`.

    Li et al. 2018, eq. 2, with the scale fixed. All regions of the batch form one grid sample; region `r` of image `b` is row `4b
    + r`. The grid is computed explicitly, without `affine_grid`, so every export format supports it.
    """
    xs = torch.linspace(-1, 1, width, device=maps.device) * REGION_SCALE[0]
    ys = torch.linspace(-1, 1, height, device=maps.device) * REGION_SCALE[1]
    centres = centres.float().flatten(0, 1)
    grid_x = (xs[None, :] + centres[:, :1])[:, None, :].expand(-1, height, -1)
    grid_y = (ys[None, :] + centres[:, 1:])[:, :, None].expand(-1, -1, width)
    grid = torch.stack([grid_x, grid_y], -1)
    # The four regions lie side by side in one tall grid, so the maps need not be repeated four times.
    grid = grid.reshape(-1, REGIONS * height, width, 2)
    regions = F.grid_sample(maps.float(), grid, align_corners=True)
    regions = regions.to(maps.dtype).unflatten(2, (REGIONS, height))
    return regions.transpose(1, 2).flatten(0, 1)
