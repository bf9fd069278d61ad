"""The network of HA-CNN and Robust-ReID: a global branch and a local branch of four regions, with a head on each."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.frozen_parser import Foreground, FrozenParser
from reid.models.inception import InceptionA, InceptionB
from reid.models.layers import (
    POOLS,
    REGIONS,
    HarmoniousAttention,
    ScaledClassifier,
    convolution,
    neck_classifier,
    neck_norm,
    sample_regions,
)
from reid.models.registry import Head, Network
from reid.models.shuffle import ShuffleA, ShuffleB
from reid.preprocessing import Preprocessing

Blocks = Literal["shuffle", "inception"]
Pool = Literal["gem", "average", "max", "average_max"]
HeadKind = Literal["unit", "bnneck", "none"]
LogitScale = Literal[1, 4]

# A region's height and width as a fraction of the first stage's input: 24x28 of 80x32, then 12x14 and 6x7 (Li et al. 2018, fig.
# 2).
REGION_HEIGHT, REGION_WIDTH = 24 / 80, 28 / 32


class Harmonious(Network):
    """Harmonious attention network of Li et al., CVPR 2018, fig. 2, with the components that Lawen et al. 2019, table 2, replace.

    stem: channels after the first convolution. channels: channels after each of the three stages. repeats: how many Shuffle-A
    blocks each stage has. dimension: features of each of the two heads. blocks: those of the stages and of the local branch,
    whose weights the regions share: "shuffle" for Lawen et al., "inception" for Li et al., fig. 3. pool: the pooling before both
    heads. head: "none" is a linear layer and batch normalisation; "unit" then scales the features to unit length, in training and
    the test (Lawen et al., sec. 3); "bnneck" uses the linear layer's features for the triplet loss, and those after the batch
    normalisation for the classifier and the test (Luo et al., CVPRW 2019, fig. 5). relu: whether a ReLU follows the batch
    normalisation, as in HA-CNN. logit_scale: the factor of `ScaledClassifier`. "bnneck" uses neither. foreground: a parser, whose
    foreground weights the pooling of the global branch (Kalayeh et al., CVPR 2018), or "none".
    """

    preprocessing = Preprocessing(160, 64)

    def __init__(
        self,
        stem: int,
        channels: Sequence[int],
        repeats: Sequence[int],
        dimension: int,
        classes: int,
        blocks: Blocks,
        pool: Pool,
        head: HeadKind,
        relu: bool,
        logit_scale: LogitScale,
        foreground: Foreground,
    ):
        super().__init__()
        inputs = [stem, *channels[:-1]]
        self.stem = convolution(3, stem, 3, stride=2)
        self.stages = nn.ModuleList(_stage(blocks, i, o, n) for i, o, n in zip(inputs, channels, repeats, strict=True))
        self.attentions = nn.ModuleList(HarmoniousAttention(o) for o in channels)
        self.locals = nn.ModuleList(_halving(blocks, i, o) for i, o in zip(inputs, channels, strict=True))
        self.global_pool, self.local_pool = POOLS[pool](), POOLS[pool]()
        pooled = channels[-1] * self.global_pool.widening
        self.global_embedding = _embedding(head, relu, pooled, dimension)
        self.local_embedding = _embedding(head, relu, REGIONS * pooled, dimension)
        self.necks = nn.ModuleList(neck_norm(dimension) for _ in range(2 if head == "bnneck" else 0))
        classifier = neck_classifier if head == "bnneck" else partial(ScaledClassifier, scale=logit_scale)
        self.classifiers = nn.ModuleList(classifier(dimension, classes) for _ in range(2 if classes else 0))
        self.parser = None if foreground == "none" else FrozenParser(foreground)
        self.head = head
        self.dimension = 2 * dimension

    def branches(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The features of the global and the local branch after the linear layers, `(B, d)` each."""
        maps, regions = self.stem(images), None
        for stage, attention, local in zip(self.stages, self.attentions, self.locals, strict=True):
            output = stage(maps)
            soft, centres = attention(output)
            if regions is None:
                height, width = (int(side) for side in maps.shape[2:])  # plain numbers even during export tracing
                regions = local(sample_regions(maps, centres, round(height * REGION_HEIGHT), round(width * REGION_WIDTH)))
            else:
                regions = local(sample_regions(maps, centres, *regions.shape[2:]) + regions)
            maps = output * soft
        pooled = self.local_pool(regions).unflatten(0, (-1, REGIONS)).flatten(1)
        where = self.parser.foreground(images) if self.parser else None
        return self.global_embedding(self.global_pool(maps, where)), self.local_embedding(pooled)

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        """Map `(B, 3, H, W)` to `(B, D)` unit rows or, in training, to two heads with features `(B, D / 2)` each."""
        features = [branch.float() for branch in self.branches(images)]
        if self.head == "unit":
            features = [F.normalize(branch) for branch in features]
        judged = [neck(branch) for neck, branch in zip(self.necks, features, strict=True)] if self.necks else features
        if self.training:
            heads = zip(features, judged, self.classifiers, strict=True)
            return [Head(branch, classify(view), view if self.necks else None) for branch, view, classify in heads]
        if self.head != "unit":
            judged = [F.normalize(branch) for branch in judged]
        # Two unit halves form a vector of length sqrt 2.
        return torch.cat(judged, 1) / 2**0.5


def _stage(blocks: Blocks, inputs: int, outputs: int, repeats: int) -> nn.Sequential:
    if blocks == "inception":
        return nn.Sequential(InceptionA(inputs, outputs), InceptionB(outputs, outputs))
    middle = (ShuffleA(outputs) for _ in range(repeats))
    return nn.Sequential(ShuffleB(inputs, outputs, 1), *middle, ShuffleB(outputs, outputs, 2))


def _halving(blocks: Blocks, inputs: int, outputs: int) -> nn.Module:
    return InceptionB(inputs, outputs) if blocks == "inception" else ShuffleB(inputs, outputs, 2)


def _embedding(head: HeadKind, relu: bool, inputs: int, outputs: int) -> nn.Sequential:
    linear = nn.Linear(inputs, outputs)
    if head == "bnneck":
        return nn.Sequential(linear)
    # Lawen et al. specify a linear layer and unit length. Without HA-CNN's batch normalisation between them, all features start
    # in one direction and, trained from scratch, collapse to it; its ReLU would halve the sphere, so Robust-ReID has none.
    return nn.Sequential(linear, nn.BatchNorm1d(outputs), *([nn.ReLU()] if relu else []))
