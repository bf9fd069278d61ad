"""The network of the person classifier: SqueezeNet's features, upsampled and joined, to position-sensitive score maps.

Parameters have the names of the authors' published file, so that their weights load as they are.
"""

import torch
from torch import nn

from mtmc.candidates.pooling import BINS
from reid.common.errors import InputError
from reid.preprocessing import Preprocessing
from reid.weights.weights_file import Weights, fill, halved

MODEL = "motdt_rfcn"
SHORT_SIDE = 368  # pixels to which pictures are resized, as in the authors' code; it is also `height` in the files of weights
PREPROCESSING = Preprocessing(SHORT_SIDE, SHORT_SIDE, mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0))


class Fire(nn.Module):
    """SqueezeNet's block (Iandola et al. 2016, section 3.2): `squeezed` channels, then `half` each from 1x1 and 3x3 kernels."""

    def __init__(self, channels: int, squeezed: int, half: int):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, half, 1)
        self.expand3x3 = nn.Conv2d(squeezed, half, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1).relu()


class SqueezeNet(nn.Module):
    """The convolutions of SqueezeNet 1.1, padded so that each stage halves the size."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 64, 3, stride=2, padding=1), nn.ReLU())
        self.conv2 = nn.Sequential(_halve(), Fire(64, 16, 64), Fire(128, 16, 64))
        self.conv3 = nn.Sequential(_halve(), Fire(128, 32, 128), Fire(256, 32, 128))
        self.conv4 = nn.Sequential(_halve(), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Features at a quarter, an eighth and a sixteenth of the size: 128, 256 and 512 channels."""
        quarter = self.conv2(self.conv1(x))
        eighth = self.conv3(quarter)
        return quarter, eighth, self.conv4(eighth)


class Kernels(nn.Module):
    """The sum of a 3x3 and a 5x5 convolution, each rectified."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        for name, size in ("0", 3), ("1", 5):
            self.add_module(name, nn.ModuleDict({"Dconv": nn.Conv2d(channels, out, size, padding=size // 2)}))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        small, large = (branch["Dconv"] for branch in self.children())  # type: ignore[index]
        return small(x).relu() + large(x).relu()


class PersonClassifier(nn.Module):
    """Score maps of a whole picture (Long et al., section 3.2): `(B, 3, H, W)` to `(B, 49, H / 4 + 2, W / 4 + 2)`.

    H and W are multiples of 16. The last 1x1 convolution pads by a cell in the authors' code, which shifts the maps by a cell
    against the picture; boxes are pooled without regard to it, as the published weights were trained.
    """

    def __init__(self):
        super().__init__()
        self.feature_extractor = SqueezeNet()
        self.stage_0 = nn.Sequential(nn.Dropout2d(), nn.Conv2d(512, 256, 3, padding=1), nn.ReLU())
        self.upconv_1, self.proj_1 = _enlarge(256, 256), _project(256, 128)
        self.upconv_2, self.proj_2 = _enlarge(384, 128), _project(128, 64)
        votes = nn.Conv2d(192, BINS * BINS, 1, padding=1)
        self.cls_conv = nn.Sequential(nn.Conv2d(192, 192, 3, padding=1), nn.BatchNorm2d(192), nn.ReLU(), votes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
        nn.init.normal_(votes.weight, std=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        quarter, eighth, sixteenth = self.feature_extractor(x)
        x = torch.cat([self.upconv_1(self.stage_0(sixteenth)), self.proj_1(eighth)], 1)
        x = torch.cat([self.upconv_2(x), self.proj_2(quarter)], 1)
        return self.cls_conv(x)


def network_of(weights: Weights) -> PersonClassifier:
    """The classifier with these `weights`, in evaluation mode. Raises `InputError` for weights of another network."""
    if weights.model != MODEL:
        way_out = "give a file that `python -m mtmc scorer` wrote"
        raise InputError(f"{weights.path}: holds weights of {weights.model}, which scores no candidates; {way_out}")
    network = PersonClassifier()
    fill(network, weights)
    return network.eval()


def weights_of(network: PersonClassifier, training: dict) -> Weights:
    """The weights of `network` for a file; `training` tells where they come from."""
    return Weights(MODEL, PREPROCESSING, halved(network.state_dict()), training=training)


def _halve() -> nn.Module:
    return nn.MaxPool2d(3, stride=2, padding=1)


def _enlarge(channels: int, out: int) -> nn.Sequential:
    double = nn.Upsample(scale_factor=2, mode="bilinear")
    return nn.Sequential(nn.Conv2d(channels, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU(), double)


def _project(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(Kernels(channels, out), nn.Conv2d(out, out, 1), nn.BatchNorm2d(out), nn.ReLU())
