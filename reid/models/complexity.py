"""The size of a network and its multiply-adds for one image.

The counting rule: parameters exclude classifiers; a multiply-add counts as one, in convolutions and linear layers only, for one
image. Normalisation, pooling, sampling and activations are excluded, as in the papers.
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


# As printed in Lawen et al. 2019 and Li et al. 2018, table 7, whose 1.09 GFLOPs count multiplications and additions separately.
PUBLISHED = {
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
