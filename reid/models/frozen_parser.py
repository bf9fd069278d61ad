"""A parser inside another network, which stays as it is while the network around it is trained."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from reid.common.errors import InputError
from reid.models.regions import MEMBERS, region_maps
from reid.models.registry import build

# The option of a network whose last maps may be pooled by the foreground that a parser inside finds.
Foreground = Literal["none", "parser_light", "parser"]


class FrozenParser(nn.Module):
    """A parser inside another network: preprocessed images `(B, 3, H, W)` to the maps of `REGIONS`, `(B, 5, h, w)`, float32.

    It has no gradient, is always in evaluation mode, and its normalisation keeps its statistics even where those of the network
    around it are computed anew.
    """

    members: torch.Tensor

    def __init__(self, name: str):
        super().__init__()
        self.register_buffer("members", MEMBERS, persistent=False)  # a captured pass copies nothing to its device
        self.name = name
        self.network = build(name).requires_grad_(False)
        for path, module in list(self.network.named_modules()):
            if isinstance(module, nn.BatchNorm2d):
                parent, _, child = path.rpartition(".")
                setattr(self.network.get_submodule(parent), child, FrozenNorm(module))
        self.eval()

    def train(self, mode: bool = True) -> "FrozenParser":
        """Stay in evaluation mode."""
        return super().train(False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return region_maps(self.network(images).float(), self.members)

    def foreground(self, images: torch.Tensor) -> torch.Tensor:
        """The map of the first region, `(B, 1, h, w)`."""
        return self(images)[:, :1]

    def load(self, tensors: Mapping[str, torch.Tensor], model: str) -> None:
        """Take the tensors of a weights file of `model`. Raises InputError if they do not fit."""
        ours = self.network.state_dict()
        if model != self.name:
            raise InputError(f"these weights are those of {model}, but the parser inside the network is {self.name}")
        wrong = [key for key in ours.keys() | tensors.keys() if key not in ours or key not in tensors]
        wrong += [key for key in ours.keys() & tensors.keys() if ours[key].shape != tensors[key].shape]
        if wrong:
            raise InputError(
                f"these weights do not fit the parser {self.name}: {len(wrong)} tensors differ, first {min(wrong)!r}"
            )
        self.network.load_state_dict(tensors)


class FrozenNorm(nn.Module):
    """A batch normalisation by its present statistics: `(B, C, H, W)` to the same shape.

    What recomputes the statistics of a network looks for batch normalisations by their type, whatever their mode.
    """

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, norm: nn.BatchNorm2d):
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        for name, tensor in norm.named_buffers():
            self.register_buffer(name, tensor)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return F.batch_norm(maps, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
