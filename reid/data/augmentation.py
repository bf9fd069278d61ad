"""Random changes of training crops: Luo et al., CVPRW 2019, sec. 3.2, and Zhong et al. 2020 for random erasing."""

import numpy as np

_AREA = 0.02, 0.4
# Height over width, as Lawen et al. 2019 print it; Luo et al. print 0.3 to 3.33, which changes one rectangle in a hundred.
_RATIO = 0.3, 3.3


def augment(image: np.ndarray, rng: np.random.Generator, shift: float = 10 / 256, erasing: float = 0.5) -> np.ndarray:
    """Flip, shift and erase an image `(H, W, 3)` uint8; a new array of the same shape.

    It is flipped with probability 0.5, moved by up to `shift` of its height in both directions over black (the papers pad an
    image 256 high by 10 pixels and crop it back), and with probability `erasing` loses one rectangle, painted in its mean.
    """
    height, width = image.shape[:2]
    padding = round(shift * height)
    padded = np.zeros((height + 2 * padding, width + 2 * padding, 3), np.uint8)
    padded[padding : padding + height, padding : padding + width] = image
    top, left = rng.integers(0, 2 * padding + 1, 2)
    changed = padded[top : top + height, left : left + width].copy()
    if rng.random() < 0.5:
        changed = changed[:, ::-1].copy()
    if rng.random() < erasing:
        top, left, high, wide = erased_rectangle(height, width, rng)
        changed[top : top + high, left : left + wide] = image.mean((0, 1))
    return changed


def erased_rectangle(height: int, width: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """A random rectangle, `top, left, height, width` in pixels, of 0.02 to 0.4 of the area and a ratio of 0.3 to 3.3."""
    while True:
        area = rng.uniform(*_AREA) * height * width
        ratio = rng.uniform(*_RATIO)
        high, wide = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
        if 0 < high < height and 0 < wide < width:
            return int(rng.integers(0, height - high + 1)), int(rng.integers(0, width - wide + 1)), high, wide
