"""People who do not exist, put together from two crops: the upper body of one over the lower of another, or both in one picture.

Nobody knows who they are, but a teacher says what it sees, and a network learns from that as from any image. A teacher so asked
about ever new images teaches its function, not its answers to a few (Beyer et al., CVPR 2022, who blend images; Yun et al.,
ICCV 2019, cut and paste them).
"""

from dataclasses import dataclass, fields

import numpy as np
import torch


@dataclass(frozen=True)
class Composites:
    """How `B` crops are joined with others.

    cuts: the share of the height below which the other one shows, `(B,)`; 1: nowhere. blends: by which share the other one,
    mirrored, then shines through everywhere, 0..0.5, `(B,)`. Both float32.
    """

    cuts: np.ndarray
    blends: np.ndarray

    def take(self, rows: np.ndarray) -> "Composites":
        """Some of the ways to join."""
        return Composites(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def draw_composites(count: int, rng: np.random.Generator) -> Composites:
    """Draw how to join `count` pairs: half are cut between chest and hips, three in ten are blended, some are both."""
    cuts = np.where(rng.random(count) < 0.5, rng.uniform(0.35, 0.65, count), 1)
    blends = np.where(rng.random(count) < 0.3, rng.uniform(0, 0.5, count), 0)
    return Composites(cuts.astype(np.float32), blends.astype(np.float32))


def compose(images: torch.Tensor, others: torch.Tensor, composites: Composites) -> torch.Tensor:
    """Join `(B, H, W, 3)` images with `others` of the same shape; a new float32 tensor in the images' range."""
    both = composites.cuts, composites.blends
    cuts, blends = (torch.from_numpy(each).to(images.device)[:, None, None, None] for each in both)
    height = images.shape[1]
    rows = (torch.arange(height, device=images.device) + 0.5)[None, :, None, None] / height
    others = others.float()
    joined = torch.where(rows > cuts, others, images.float())
    return joined * (1 - blends) + others.flip(2) * blends
