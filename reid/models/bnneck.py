"""The strong baseline and its necks: Luo et al., "Bag of Tricks", CVPRW 2019, and "A Strong Baseline and BNNeck", TMM 2019."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from reid.models.backbones import BACKBONES, build_backbone, load_weights
from reid.models.frozen_parser import Foreground, FrozenParser
from reid.models.layers import POOLS, ScaledClassifier, neck_classifier, neck_norm
from reid.models.registry import Head, Network, register
from reid.preprocessing import Preprocessing

Feature = Literal["f_t", "f_i"]
Neck = Literal["bnneck", "neck1", "neck2", "neck3", "bnneck1", "bnneck2", "bnneck3", "l2"]
Pool = Literal["average", "average_max"]


class _Wiring(NamedTuple):
    norm: Literal["batch", "length", "none"]  # f_i is f_t after batch normalisation; else the two are one, of unit length or not
    metric: Feature | None  # the feature for the triplet and center losses
    identity: Feature | None  # the feature for the classifier of the ID loss


# Luo et al., TMM 2019, fig. 8; and the unit length that Lawen et al. 2019, sec. 3, found better than BNNeck.
WIRINGS = {
    "neck1": _Wiring("none", None, "f_t"),
    "neck2": _Wiring("none", "f_t", None),
    "neck3": _Wiring("none", "f_t", "f_t"),
    "bnneck1": _Wiring("batch", None, "f_i"),
    "bnneck2": _Wiring("batch", "f_i", None),
    "bnneck3": _Wiring("batch", "f_i", "f_i"),
    "bnneck": _Wiring("batch", "f_t", "f_i"),
    "l2": _Wiring("length", "f_t", "f_t"),
}
# Luo et al., CVPRW 2019, remove the classifier's bias together with the batch normalisation (sec. 3.5); the baseline has one.
_CLASSIFIERS: dict[str, Callable[[int, int], nn.Linear]] = {
    "batch": neck_classifier,
    "length": ScaledClassifier,
    "none": nn.Linear,
}


class BNNeck(Network):
    """A backbone, global pooling to f_t, batch normalisation to f_i, and a classifier.

    Luo et al., CVPRW 2019, fig. 5 and sec. 3.5, 256x128. backbone: one of `BACKBONES`. last_stride: the stride of its last group.
    neck: the feature for each loss, see `WIRINGS`. pool: the average, or the average and the maximum, concatenated. test_feature:
    the feature used as descriptor. foreground: a parser, whose foreground weights the pooling (Kalayeh et al., CVPR 2018), or
    "none".
    """

    preprocessing = Preprocessing(256, 128)

    def __init__(
        self,
        backbone: str,
        classes: int,
        last_stride: int,
        neck: Neck,
        pool: Pool,
        test_feature: Feature,
        foreground: Foreground,
    ):
        super().__init__()
        self.name = backbone
        self.pool = POOLS[pool]()
        self.dimension = BACKBONES[backbone] * self.pool.widening
        self.wiring = WIRINGS[neck]
        self.test_feature = test_feature
        self.backbone = build_backbone(backbone, last_stride)
        self.parser = None if foreground == "none" else FrozenParser(foreground)
        self.norm = neck_norm(self.dimension) if self.wiring.norm == "batch" else nn.Identity()
        classifier = _CLASSIFIERS[self.wiring.norm]
        self.classifier = classifier(self.dimension, classes) if classes and self.wiring.identity else None

    def features(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """f_t and f_i of `(B, 3, H, W)` images, `(B, D)` each, of any length; identical without batch normalisation."""
        where = self.parser.foreground(images) if self.parser else None
        pooled = self.pool(self.backbone(images).float(), where)
        if self.wiring.norm == "length":
            pooled = F.normalize(pooled)
        return pooled, self.norm(pooled)

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[Head]:
        """Map `(B, 3, H, W)` to `(B, D)` unit rows or, in training, to one head, of which the neck may omit a part."""
        features = dict(zip(("f_t", "f_i"), self.features(images), strict=True))
        if not self.training:
            return F.normalize(features[self.test_feature])
        # Without classifiers there is nothing to train.
        logits = self.classifier(features[self.wiring.identity]) if self.wiring.identity else None  # type: ignore[misc]
        metric = features[self.wiring.metric] if self.wiring.metric else None
        return [Head(metric, logits, features[self.test_feature])]

    def load_backbone(self, source: str | Path) -> bool:
        """Start from pretrained weights: "imagenet", or a file; see `reid.models.backbones.load_weights`."""
        return load_weights(self.backbone, self.name, source)


def _register(backbone: str) -> None:
    def build(
        classes: int = 0,
        *,
        last_stride: Literal[1, 2] = 1,
        neck: Neck = "bnneck",
        pool: Pool = "average",
        test_feature: Feature = "f_i",
        foreground: Foreground = "none",
    ) -> BNNeck:
        return BNNeck(backbone, classes, last_stride, neck, pool, test_feature, foreground)

    build.__name__ = f"bnneck_{backbone}"
    build.__doc__ = f"The strong baseline with BNNeck over {backbone}, 256x128, {BACKBONES[backbone]}-d: Luo et al., TMM 2019."
    register(build)


for _backbone in BACKBONES:
    _register(_backbone)
