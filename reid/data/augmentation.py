"""Random changes of training crops: Luo et al., CVPRW 2019, sec. 3.2, and Zhong et al. 2020 for random erasing."""

import numpy as np


def augment(
    images: np.ndarray, mean: np.ndarray, rng: np.random.Generator, shift: float = 10 / 256, erasing: float = 0.5
) -> np.ndarray:
    """Flip, shift and erase `(N, H, W, 3)` uint8 images; a new array of the same shape.

    Each image is flipped with probability 0.5, moved by up to `shift` of its height in both directions over black (the papers
    pad an image 256 high by 10 pixels and crop it back), and with probability `erasing` loses one rectangle, filled with the
    colour `mean (3,)` in 0..255.
    """
    count, height, width = images.shape[:3]
    padding = round(shift * height)
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    tops, lefts = rng.integers(0, 2 * padding + 1, (2, count))
    flips = rng.random(count) < 0.5
    out = np.empty_like(images)
    for row, source, top, left, flip in zip(out, padded, tops, lefts, flips, strict=True):
        crop = source[top : top + height, left : left + width]
        row[:] = crop[:, ::-1] if flip else crop
        if rng.random() < erasing:
            top, left, high, wide = erased_rectangle(height, width, rng)
            row[top : top + high, left : left + wide] = mean
    return out


def erased_rectangle(height: int, width: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """A random rectangle, `top, left, height, width` in pixels, of 0.02 to 0.4 of the area and a ratio of 0.3 to 3.3."""
    while True:
        area = rng.uniform(0.02, 0.4) * height * width
        ratio = rng.uniform(0.3, 3.3)
        high, wide = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
        if 0 < high < height and 0 < wide < width:
            return int(rng.integers(0, height - high)), int(rng.integers(0, width - wide)), high, wide
