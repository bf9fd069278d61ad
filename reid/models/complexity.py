"""The size of a network and its multiply-adds for one image.

The counting rule: parameters exclude classifiers; a multiply-add counts as one, in convolutions and linear layers only, for one
image. Normalisation, pooling, sampling and activations are excluded.

Lawen et al. 2019, table 1, seem to count more: with the bias of every convolution (one a value), its normalisation (two) and
ReLU (one), `robust` has 0.717 GFLOPs and `robust_2x` 1.681, the 0.72 and 1.68 of print. `robust` has the printed 2.9M parameters
as well, but `robust_2x` 5.76M for 6.4M. What is missing works on single vectors, since in a map its multiply-adds would show.
Readings tried, in all combinations and for both sizes at once:

- bias and normalisation counted or not; ShuffleA one more or one less a stage, wider, narrower, with a squeeze; ShuffleB without
  the depthwise layer of its short branch, or with a long branch as wide as its input or output; a local branch for each region;
- channel attention with a reduction of 1, 2, 4, 8, 16 or absent, 0 to 2 joining convolutions, four kinds of layers for centres;
- local features from 4 C, from C by one layer for all regions, by a layer each or by two layers; average and maximum together;
  none to four further d x d layers; the classifiers of 751, 702 or 1501 identities, for one, both or all five features.

No combination with one or two changes to the table fits. The few that fit have three to five: always one layer from C for all
regions, two further d x d layers, and a wider attention or a squeeze in the blocks. The table has none of these, so `robust_2x`
follows the table. Of single misprints in its column, FC Local 1280 for 960, or 1216 for both FC, would explain the figure.
"""

from dataclasses import dataclass

import torch
from torch import nn

from reid.models.registry import Network


@dataclass(frozen=True)
class Complexity:
    """`parameters`, and `multiply_adds` for one image."""

    parameters: int
    multiply_adds: int


# As printed in Lawen et al. 2019, for their networks and ResNet50 ("~25M", and 4.1B as Luo et al. use it), and in Li et al. 2018,
# table 7, whose 1.09 GFLOPs count multiplications and additions separately.
PUBLISHED = {
    "bnneck_resnet50": Complexity(25_000_000, 4_100_000_000),
    "robust": Complexity(2_900_000, 720_000_000),
    "robust_2x": Complexity(6_400_000, 1_680_000_000),
    "hacnn": Complexity(2_700_000, 545_000_000),
}


def count(network: Network) -> Complexity:
    """Count `network`, built without classifiers, on one image of its own input size. Leaves it in evaluation mode.

    Only shapes matter, so a network built under `torch.device("meta")`, without storage or computation, suffices.
    """
    total = 0

    def add(module: nn.Conv2d | nn.Linear, _: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal total
        # Each output value sums over one filter: a row of the weight, whether kernel or matrix.
        total += output.numel() * module.weight[0].numel()

    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    size, device = network.preprocessing, next(network.parameters()).device
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 3, size.height, size.width, device=device))
    for hook in hooks:
        hook.remove()
    return Complexity(sum(parameter.numel() for parameter in network.parameters()), total)
