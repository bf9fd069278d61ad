"""The skeleton that HA-CNN and Robust-ReID share: a global branch, a local branch of four regions, a head on each."""

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.layers import REGIONS, HarmoniousAttention, convolution, sample_regions
from reid.models.registry import Head
from reid.preprocessing import Preprocessing

# A region's height and width as a part of the first stage's input: 24x28 of 80x32, then 12x14 and 6x7 (Li et al. 2018, fig. 2).
REGION_HEIGHT, REGION_WIDTH = 24 / 80, 28 / 32
_UNIT_LOGITS = 16.0


class Harmonious(nn.Module):
    """Harmonious attention network of Li et al., CVPR 2018, fig. 2, over the blocks that it is given.

    stem: channels after the first convolution. channels: channels after each of the three stages.
    stage: `(inputs, outputs) -> module` halving the map. local: the same for the local branch, weights shared by the regions.
    pool: `() -> module` from `(B, C, H, W)` to `(B, C)`. embed: `(inputs, outputs) -> module`, the linear part of a head.
    unit_heads: True scales a head's features to unit length in training too, before the losses (Lawen et al. 2019, sec. 3).
    """

    preprocessing = Preprocessing(160, 64)

    def __init__(
        self,
        *,
        stem: int,
        channels: Sequence[int],
        dimension: int,
        classes: int,
        stage: Callable[[int, int], nn.Module],
        local: Callable[[int, int], nn.Module],
        pool: Callable[[], nn.Module],
        embed: Callable[[int, int], nn.Module],
        unit_heads: bool,
    ):
        super().__init__()
        inputs = [stem, *channels[:-1]]
        self.stem = convolution(3, stem, 3, stride=2)
        self.stages = nn.ModuleList(stage(i, o) for i, o in zip(inputs, channels, strict=True))
        self.attentions = nn.ModuleList(HarmoniousAttention(o) for o in channels)
        self.locals = nn.ModuleList(local(i, o) for i, o in zip(inputs, channels, strict=True))
        self.global_pool, self.local_pool = pool(), pool()
        self.global_embedding = embed(channels[-1], dimension)
        self.local_embedding = embed(REGIONS * channels[-1], dimension)
        self.classifiers = nn.ModuleList(nn.Linear(dimension, classes, bias=False) for _ in range(2 if classes else 0))
        self.unit_heads = unit_heads
        self.dimension = 2 * dimension

    def branches(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The features of the global and of the local branch, `(B, d)` each, as the linear layers leave them."""
        maps, regions = self.stem(images), None
        for stage, attention, local in zip(self.stages, self.attentions, self.locals, strict=True):
            output = stage(maps)
            soft, centres = attention(output)
            if regions is None:
                height, width = (int(side) for side in maps.shape[2:])  # a plain number also while an export traces this
                regions = local(sample_regions(maps, centres, round(height * REGION_HEIGHT), round(width * REGION_WIDTH)))
            else:
                regions = local(sample_regions(maps, centres, *regions.shape[2:]) + regions)
            maps = output * soft
        pooled = self.local_pool(regions).unflatten(0, (-1, REGIONS)).flatten(1)
        return self.global_embedding(self.global_pool(maps)), self.local_embedding(pooled)

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        """`(B, 3, H, W)` to `(B, D)` unit rows, or in training to two heads, features `(B, D / 2)` each."""
        features = [branch.float() for branch in self.branches(images)]
        if self.unit_heads or not self.training:
            features = [F.normalize(branch) for branch in features]
        if self.training:
            # A unit feature's logits are as small as a classifier's row is short: at HA-CNN's pace it would take dozens of epochs
            # until rows are long enough to tell 2,000 identities apart. 16 is the length that HA-CNN's 512 features start with.
            scale = _UNIT_LOGITS if self.unit_heads else 1.0
            return [Head(branch, scale * classify(branch)) for branch, classify in zip(features, self.classifiers, strict=True)]
        # Two unit halves make a vector of length sqrt 2.
        return torch.cat(features, 1) / 2**0.5
