"""Pooling by regions of a person: Kalayeh et al., "Human Semantic Parsing for Person Re-identification", CVPR 2018, sec. 3.3."""

from contextlib import nullcontext

import torch
from torch.nn import functional as F

_LEAST = 1e-12  # the sum of a map below which nobody is in it


def scale_up(activations: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """`(B, C, h, w)` activations, bilinearly at the height and width of `maps`, `(B, C, H, W)`."""
    height, width = (int(side) for side in maps.shape[2:])  # plain numbers even during export tracing
    return F.interpolate(activations, size=(height, width), mode="bilinear", align_corners=False)


def pool(activations: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """The mean of the activations in each region: `(B, C, h, w)` and `(B, R, H, W)` to `(B, R, C)`, float32.

    Kalayeh et al., sec. 3.3: the activations are scaled up to the maps, each map is divided by its sum over the pixels, and one
    matrix product pools by all of them. `maps` are at least 0; a map of zeros gives zeros.

    Scaling up is a matrix product too, and here the few maps take it instead of the many channels, transposed, which is the same
    and takes a hundredth of the time in training.
    """
    kind = activations.device.type
    # Means in half precision are coarse, and powers overflow.
    exact = torch.autocast(kind, enabled=False) if torch.amp.is_autocast_available(kind) else nullcontext()
    with exact:
        weights = maps.float() / maps.float().sum((2, 3), keepdim=True).clamp(min=_LEAST)
        rows, columns = (_scaling(activations.shape[side], maps.shape[side], maps.device) for side in (2, 3))
        return (rows @ weights @ columns.T).flatten(2) @ activations.float().flatten(2).transpose(1, 2)


def _scaling(small: int, large: int, device: torch.device) -> torch.Tensor:
    """What each of `large` pixels takes from each of `small` ones when these are scaled up, `(small, large)`."""
    ones = torch.eye(int(small), device=device)[None]  # a plain number even during export tracing
    return F.interpolate(ones, size=int(large), mode="linear", align_corners=False)[0]


def average(activations: torch.Tensor, where: torch.Tensor | None = None) -> torch.Tensor:
    """The mean over the pixels, `(B, C, h, w)` to `(B, C)`, weighted by the map `where`, `(B, 1, H, W)`, if there is one."""
    return activations.mean((2, 3)) if where is None else pool(activations, where)[:, 0]
