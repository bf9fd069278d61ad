"""Robust-ReID: Lawen et al., "Compact Network Training for Person ReID", arXiv 1910.07038."""

from typing import Literal

from reid.models.frozen_parser import Foreground
from reid.models.harmonious import Blocks, Harmonious, HeadKind, LogitScale, Pool
from reid.models.registry import register


@register
def robust(
    classes: int = 0,
    *,
    blocks: Blocks = "shuffle",
    pool: Pool = "gem",
    head: HeadKind = "unit",
    relu: Literal[True, False] = False,
    logit_scale: LogitScale = 4,
    foreground: Foreground = "none",
) -> Harmonious:
    """Robust-ReID 1x, 160x64, 1024-d; the paper reports 2.9M parameters and 0.72 GFLOPs."""
    return Harmonious(32, (128, 256, 384), (7, 10, 7), 512, classes, blocks, pool, head, relu, logit_scale, foreground)


@register
def robust_2x(
    classes: int = 0,
    *,
    blocks: Blocks = "shuffle",
    pool: Pool = "gem",
    head: HeadKind = "unit",
    relu: Literal[True, False] = False,
    logit_scale: LogitScale = 4,
    foreground: Foreground = "none",
) -> Harmonious:
    """Robust-ReID 2x, 160x64, 1920-d; the paper reports 6.4M parameters and 1.68 GFLOPs."""
    return Harmonious(36, (240, 320, 480), (8, 11, 8), 960, classes, blocks, pool, head, relu, logit_scale, foreground)
