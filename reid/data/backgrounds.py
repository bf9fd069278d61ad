"""Background replacement, so a network cannot learn to identify people by their surroundings.

Few crops come with a mask, or are parsed. For the others, the average outline of a person centred in the box serves: pixels
outside it rarely belong to the person. They are replaced by the same part of another crop, in other colours, or masked by the
mean colour of the crop.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch.nn import functional as F

# The left half of a box, in rows from top to bottom: per cent of 903 photographs (Clothing Co-Parsing, Yang et al., CVPR 2014) in
# which the place belongs to the person, times 1.6, since walking people are wider than posing ones. The right half mirrors it.
_OUTLINE = [
    [0, 0, 2, 14],
    [0, 0, 19, 100],
    [0, 2, 29, 100],
    [0, 3, 43, 100],
    [0, 14, 100, 100],
    [0, 29, 100, 100],
    [2, 37, 100, 100],
    [2, 40, 100, 100],
    [2, 38, 100, 100],
    [2, 35, 100, 100],
    [2, 29, 100, 100],
    [0, 14, 100, 100],
    [0, 8, 85, 100],
    [0, 6, 69, 100],
    [0, 5, 61, 100],
    [0, 5, 53, 100],
    [0, 5, 42, 91],
    [0, 5, 38, 90],
    [0, 8, 40, 88],
    [0, 2, 5, 13],
]


@dataclass(frozen=True)
class Backgrounds:
    """The background of each of `B` people.

    replaced: `(B,)` bool; masked: `(B,)` bool, takes precedence. gains: factors on the colours of the donor crop, `(B, 3)`
    float32. flat: a colour, `(B, 3)` float32 in 0..255, blended over it with the weight `cover (B,)`.
    """

    replaced: np.ndarray
    masked: np.ndarray
    gains: np.ndarray
    flat: np.ndarray
    cover: np.ndarray

    def take(self, rows: np.ndarray) -> "Backgrounds":
        """The backgrounds of some of the people."""
        return Backgrounds(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def draw_backgrounds(count: int, rng: np.random.Generator, probability: float, masked: float = 0.0) -> Backgrounds:
    """Draw backgrounds for `count` people; each is replaced with the `probability`, 0..1, and masked with that of `masked`."""
    replaced = rng.random(count) < probability
    gains = np.exp(rng.uniform(-0.5, 0.5, (count, 3))).astype(np.float32)
    flat = rng.uniform(0, 255, (count, 3)).astype(np.float32)
    cover = rng.random(count).astype(np.float32)
    return Backgrounds(replaced, rng.random(count) < masked, gains, flat, cover)


def replace_backgrounds(
    images: torch.Tensor, donors: torch.Tensor, backgrounds: Backgrounds, masks: torch.Tensor | None = None
) -> torch.Tensor:
    """Replace the background in `(B, H, W, 3)` images by that of `donors`, of the same shape; returns a float32 tensor.

    `masks (B, H, W)` in 0..1 are the probability that a pixel belongs to the person; the default is the average outline.
    """
    told = {field.name: torch.from_numpy(getattr(backgrounds, field.name)).to(images.device) for field in fields(backgrounds)}
    cover, flat = told["cover"][:, None, None, None], told["flat"][:, None, None, :]
    around = (1 - cover) * donors.float() * told["gains"][:, None, None, :] + cover * flat
    masked = told["masked"][:, None, None, None]
    around = torch.where(masked, images.float().mean((1, 2), keepdim=True), around)
    person = outline(images.shape[1], images.shape[2], images.device)[None] if masks is None else masks
    kept = torch.where((told["replaced"] | told["masked"])[:, None, None], person, 1.0)[..., None]
    return images.float() * kept + around.clamp(0, 255) * (1 - kept)


def outline(height: int, width: int, device: torch.device | str = "cpu") -> torch.Tensor:
    """The probability that each pixel of a box belongs to its person, `(height, width)` in 0..1."""
    half = torch.tensor(_OUTLINE, dtype=torch.float32, device=device) / 100
    whole = torch.cat([half, half.flip(1)], 1)
    return F.interpolate(whole[None, None], size=(height, width), mode="bilinear", align_corners=False)[0, 0]
