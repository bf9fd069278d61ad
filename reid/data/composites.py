"""Composite people made from two crops: the upper body of one over the lower body of another, or both blended.

They have no identity, but a teacher embeds them like any image. Querying the teacher with new images all the time transfers its
function, not its outputs on a few images (Beyer et al., CVPR 2022, blend images; Yun et al., ICCV 2019, cut and paste them).
"""

from dataclasses import dataclass, fields

import numpy as np
import torch


@dataclass(frozen=True)
class Composites:
    """How `B` crops are joined with others.

    cuts: the share of the height below which the other crop shows, `(B,)`; 1 means nowhere. blends: the weight of the mirrored
    other crop, blended in everywhere, 0..0.5, `(B,)`. Both float32.
    """

    cuts: np.ndarray
    blends: np.ndarray

    def take(self, rows: np.ndarray) -> "Composites":
        """The composites at some rows."""
        return Composites(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def draw_composites(count: int, rng: np.random.Generator) -> Composites:
    """Draw how to compose `count` pairs: half are cut between chest and hips, three in ten are blended, some are both."""
    cuts = np.where(rng.random(count) < 0.5, rng.uniform(0.35, 0.65, count), 1)
    blends = np.where(rng.random(count) < 0.3, rng.uniform(0, 0.5, count), 0)
    return Composites(cuts.astype(np.float32), blends.astype(np.float32))


def compose(images: torch.Tensor, others: torch.Tensor, composites: Composites) -> torch.Tensor:
    """Compose `(B, H, W, 3)` images with `others` of the same shape; returns a float32 tensor in the images' range."""
    both = composites.cuts, composites.blends
    cuts, blends = (torch.from_numpy(each).to(images.device)[:, None, None, None] for each in both)
    height = images.shape[1]
    rows = (torch.arange(height, device=images.device) + 0.5)[None, :, None, None] / height
    others = others.float()
    joined = torch.where(rows > cuts, others, images.float())
    return joined * (1 - blends) + others.flip(2) * blends
