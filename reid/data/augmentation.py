"""Data augmentation for training: that of Luo et al., CVPRW 2019, with random erasing of Zhong et al. 2020, and colour jitter.

Changes are drawn on the CPU, so a seed gives the same ones everywhere, and applied to a whole batch at once, on its device.
"""

from dataclasses import dataclass

import numpy as np
import torch

_AREA = 0.02, 0.4
_LEAST_RATIO = 0.3
_GREY = 0.114, 0.587, 0.299  # of blue, green and red: ITU-R BT.601


@dataclass(frozen=True)
class Changes:
    """The changes to each of `B` images, in order.

    colours: brightness, contrast and saturation, factors `(B, 3)` float32; None leaves the colours. shifts: rows and columns by
    which the content moves up and to the left, `(B, 2)`, padded with black. mirrored: flipped horizontally, `(B,)` bool. erased:
    the rectangle filled with the image's mean, `(B, 4)` as top, left, height and width in pixels; a height of 0 means none.
    """

    colours: np.ndarray | None
    shifts: np.ndarray
    mirrored: np.ndarray
    erased: np.ndarray

    def take(self, rows: slice | np.ndarray) -> "Changes":
        """The changes to some of the images."""
        colours = None if self.colours is None else self.colours[rows]
        return Changes(colours, self.shifts[rows], self.mirrored[rows], self.erased[rows])


def draw_changes(
    count: int,
    height: int,
    width: int,
    rng: np.random.Generator,
    erasing: float = 0.5,
    ratio: float = 3.33,
    jitter: float = 0.0,
    padding: int = 10,
) -> Changes:
    """Draw changes to `count` images.

    Each is mirrored with probability 0.5, shifted by up to `padding` pixels in both directions (padded on all sides and cropped
    back; Luo et al. print 10 at every size), and with probability `erasing` loses a rectangle of 0.02 to 0.4 of its area, 0.3 to
    `ratio` times as high as wide: 3.33 in Luo et al., 3.3 in Lawen et al. `jitter`, in 0..1, is the largest deviation from 1 of
    the factors on brightness, contrast and saturation. Raises ValueError for images too small for a rectangle.
    """
    if min(height, width) < 2:
        raise ValueError(f"images of {height}x{width} pixels are too small for a rectangle")
    shifts = rng.integers(-padding, padding + 1, (count, 2))
    mirrored = rng.random(count) < 0.5
    erased = _rectangles(count, height, width, ratio, rng)
    erased[rng.random(count) >= erasing] = 0
    colours = rng.uniform(1 - jitter, 1 + jitter, (count, 3)).astype(np.float32) if jitter else None
    return Changes(colours, shifts, mirrored, erased)


def augment(images: torch.Tensor, changes: Changes) -> torch.Tensor:
    """Apply `changes` to `(B, H, W, 3)` uint8 BGR images; returns a float32 tensor of the same shape, in 0..255, on their
    device."""
    count, height, width, _ = images.shape
    shifts, mirrored, erased = (
        torch.from_numpy(each).to(images.device) for each in (changes.shifts, changes.mirrored, changes.erased)
    )
    pixels = images.float()
    if changes.colours is not None:
        pixels = _colour(pixels, torch.from_numpy(changes.colours).to(images.device))
    means = pixels.mean((1, 2), keepdim=True)
    rows, columns = torch.arange(height, device=images.device), torch.arange(width, device=images.device)
    holes = _within(rows, erased[:, 0], erased[:, 2])[:, :, None] & _within(columns, erased[:, 1], erased[:, 3])[:, None, :]
    sources = rows + shifts[:, :1], torch.where(mirrored[:, None], columns.flip(0), columns) + shifts[:, 1:]
    black = [(source < 0) | (source >= side) for source, side in zip(sources, (height, width), strict=True)]
    each = torch.arange(count, device=images.device)[:, None, None]
    moved = pixels[each, sources[0].clamp(0, height - 1)[:, :, None], sources[1].clamp(0, width - 1)[:, None, :]]
    moved = moved.masked_fill((black[0][:, :, None] | black[1][:, None, :])[..., None], 0)
    return torch.where(holes[..., None], means, moved)


def _rectangles(count: int, height: int, width: int, highest: float, rng: np.random.Generator) -> np.ndarray:
    """Rectangles `(count, 4)` inside an image. Area, ratio and corner are all drawn again where one does not fit.

    So Luo et al., CVPRW 2019, sec. 3.2. Large ones thus become rare: the mean area is 0.15 of an image, not 0.21.
    """
    found, missing = np.zeros((count, 4), np.int64), np.arange(count)
    while len(missing):
        area = rng.uniform(*_AREA, len(missing)) * height * width
        ratio = rng.uniform(_LEAST_RATIO, highest, len(missing))
        sides = np.stack([(area * ratio) ** 0.5, (area / ratio) ** 0.5], 1).round().astype(np.int64)
        corners = rng.integers(0, (height, width), (len(missing), 2))
        fits = ((sides > 0) & (corners + sides <= (height, width))).all(1)
        found[missing[fits]] = np.concatenate([corners, sides], 1)[fits]
        missing = missing[~fits]
    return found


def _colour(pixels: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Scale brightness, the distance from the mean grey (contrast) and from each pixel's own grey (saturation)."""
    weights = torch.tensor(_GREY, device=pixels.device)
    brightness, contrast, saturation = factors[:, :, None, None, None].unbind(1)
    pixels = pixels * brightness
    grey = (pixels @ weights).mean((1, 2))[:, None, None, None]
    pixels = grey + contrast * (pixels - grey)
    grey = (pixels @ weights)[..., None]
    return (grey + saturation * (pixels - grey)).clamp(0, 255)


def _within(places: torch.Tensor, starts: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Which of `places (L,)` lie in each of `B` intervals, `(B, L)`."""
    return (places >= starts[:, None]) & (places < (starts + lengths)[:, None])
