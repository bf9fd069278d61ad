"""HA-CNN: Li, Zhu and Gong, "Harmonious Attention Network for Person Re-Identification", CVPR 2018."""

from typing import Literal

from reid.models.frozen_parser import Foreground
from reid.models.harmonious import Blocks, Harmonious, HeadKind, LogitScale, Pool
from reid.models.registry import register


@register
def hacnn(
    classes: int = 0,
    *,
    blocks: Blocks = "inception",
    pool: Pool = "average",
    head: HeadKind = "none",
    relu: Literal[True, False] = True,
    logit_scale: LogitScale = 1,
    foreground: Foreground = "none",
) -> Harmonious:
    """HA-CNN with its inception blocks, 160x64, 1024-d; the paper reports 2.7M parameters, public code 2.93M."""
    return Harmonious(32, (128, 256, 384), (7, 10, 7), 512, classes, blocks, pool, head, relu, logit_scale, foreground)
