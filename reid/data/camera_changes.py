"""Random changes that imitate another camera or another detector.

Sites differ in light, colours, sharpness and box placement; identity does not change. All changes are drawn on the CPU, so a seed
gives the same ones everywhere, and applied to a whole batch at once, on its device.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch

from reid.data.jpeg import compress

_LOW_HEIGHTS = 25, 60  # pixels of people far away
_BLUR = 0.5, 1.5  # standard deviation, in hundredths of the height: defocus or motion blur
_QUALITIES = 20, 80  # of JPEG
_GREY = 0.114, 0.587, 0.299  # of blue, green and red: ITU-R BT.601


@dataclass(frozen=True)
class CameraStrengths:
    """Strengths of the changes; a recipe has keys of these names. 0 disables a change.

    channel_gain: each colour channel is multiplied by a factor between exp(-x) and exp(x), as white balances differ. gamma: the
    exponent of the tone curve lies between exp(-x) and exp(x). light: brightness falls or rises by up to this share from one side
    of the image to the other. grey, blur, low_resolution, jpeg, bad_crops: probabilities, 0..1, of a grey image, a blurred one,
    one downsampled to a height of 25 to 60 pixels and enlarged again, JPEG compression with quality 20 to 80, and a misplaced
    box: each side is off by up to 15%, and three in ten such boxes end at the knees, 60 to 85% down.
    """

    channel_gain: float = 0.0
    gamma: float = 0.0
    light: float = 0.0
    grey: float = 0.0
    blur: float = 0.0
    low_resolution: float = 0.0
    jpeg: float = 0.0
    bad_crops: float = 0.0


@dataclass(frozen=True)
class CameraChanges:
    """The changes to each of `B` images: box and blur, tone curve, gains and light, grey, and finally JPEG.

    boxes: the part of the image that is shown, left, top, right and bottom as shares of its sides, `(B, 4)`; the outside is
    black. kernels: standard deviation of the blur, as a share of the height, `(B,)`. gains: factors of blue, green and red, `(B,
    3)`. exponents: of the tone curve, `(B,)`. slopes: relative rise of brightness from the left edge to the right, and from the
    top to the bottom, `(B, 2)`. grey: `(B,)` bool. qualities: of JPEG, 1..100, 0: not compressed, `(B,)`. All are float32 except
    `grey`.
    """

    boxes: np.ndarray
    kernels: np.ndarray
    gains: np.ndarray
    exponents: np.ndarray
    slopes: np.ndarray
    grey: np.ndarray
    qualities: np.ndarray

    def take(self, rows: slice | np.ndarray) -> "CameraChanges":
        """The changes to some of the images."""
        return CameraChanges(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def draw_camera_changes(count: int, rng: np.random.Generator, strengths: CameraStrengths) -> CameraChanges:
    """Draw independent changes to `count` images, with the given `strengths`."""

    def happens(probability: float) -> np.ndarray:
        return rng.random(count) < probability

    def between(low: float, high: float, *shape: int) -> np.ndarray:
        return rng.uniform(low, high, (count, *shape)).astype(np.float32)

    boxes = np.tile(np.array([0, 0, 1, 1], np.float32), (count, 1))
    moved, cut = happens(strengths.bad_crops), happens(0.3)
    boxes[moved] += between(-0.15, 0.15, 4)[moved]
    boxes[moved & cut, 3] = between(0.6, 0.85)[moved & cut]
    low = 0.5 / between(*_LOW_HEIGHTS)  # a blur of half a small pixel imitates downsampling and enlarging
    kernels = np.where(happens(strengths.low_resolution), low, 0)
    kernels = np.where(happens(strengths.blur), np.hypot(kernels, between(*_BLUR) / 100), kernels)
    gain, exponent, slope = strengths.channel_gain, strengths.gamma, strengths.light
    return CameraChanges(
        boxes,
        kernels.astype(np.float32),
        np.exp(between(-gain, gain, 3)),
        np.exp(between(-exponent, exponent)),
        between(-slope, slope, 2),
        happens(strengths.grey),
        np.where(happens(strengths.jpeg), between(*_QUALITIES), 0).astype(np.float32),
    )


def change_camera(images: torch.Tensor, changes: CameraChanges) -> torch.Tensor:
    """Apply `changes` to `(B, H, W, 3)` BGR images in 0..255; returns a float32 tensor of the same shape on their device."""
    device, (_, height, width, _) = images.device, images.shape
    told = {field.name: torch.from_numpy(getattr(changes, field.name)).to(device) for field in fields(changes)}
    left, top, right, bottom = told["boxes"].unbind(1)
    # Box, blur and resolution changes are separable sums over rows and columns: one matrix per image and side.
    rows = _resampling(height, top, bottom, told["kernels"] * height)
    columns = _resampling(width, left, right, told["kernels"] * width * 2)  # a box is assumed to be twice as high as wide
    pixels = torch.einsum("bhi,biwc->bhwc", rows, images.float())
    pixels = torch.einsum("bwj,bhjc->bhwc", columns, pixels)
    across = torch.linspace(-0.5, 0.5, width, device=device)
    down = torch.linspace(-0.5, 0.5, height, device=device)
    light = 1 + told["slopes"][:, :1, None] * across + told["slopes"][:, 1:, None] * down[:, None]
    shares = (pixels / 255).clamp(1e-4, 1) ** told["exponents"][:, None, None, None]
    pixels = 255 * shares * told["gains"][:, None, None, :] * light[..., None]
    grey = (pixels @ torch.tensor(_GREY, device=device))[..., None]
    pixels = torch.where(told["grey"][:, None, None, None], grey, pixels).clamp(0, 255)
    return compress(pixels, told["qualities"]) if changes.qualities.any() else pixels


def _resampling(side: int, start: torch.Tensor, end: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Matrices `(B, side, side)` from the pixels of a side to those of its part from `start` to `end`, blurred by `deviation`.

    Each pixel is a weighted mean of its neighbours; positions outside the image are 0. `start` and `end` `(B,)` are shares of the
    side, `deviation` `(B,)` is in pixels.
    """
    places = torch.arange(side, device=start.device)
    share = (places + 0.5) / side
    centres = (start[:, None] + share * (end - start)[:, None]) * side - 0.5
    distance = (places[None, None, :] - centres[:, :, None]).abs()
    # Without blur this is linear interpolation; wide Gaussians replace its triangle kernel.
    wide = deviation[:, None, None].clamp(min=1e-3)
    weights = torch.where(wide > 0.5, torch.exp(-0.5 * (distance / wide) ** 2), (1 - distance).clamp(min=0))
    weights = weights / weights.sum(2, keepdim=True).clamp(min=1e-6)
    inside = (centres > -0.5) & (centres < side - 0.5)
    return weights * inside[:, :, None]
