"""Parsing masks: a label for each pixel of an image, moved like the image in training."""

from pathlib import Path

import cv2
import numpy as np
import torch

from reid.common.errors import InputError
from reid.common.picture_file import read_image
from reid.data.augmentation import Changes
from reid.data.camera_changes import CameraChanges

BACKGROUND = 0
IGNORED = 255  # the label of pixels that count neither in training nor in a measure
# The label of each label's pixels in the mirror image, where right and left change places; arms, legs and shoes are the last of
# LIP's labels.
_MIRROR = np.arange(256, dtype=np.uint8)
_MIRROR[14:20] = 15, 14, 17, 16, 19, 18


def read_labels(path: Path) -> np.ndarray:
    """A mask, `(H, W)` uint8 with one label per pixel. Raises InputError if it is missing, does not decode or is a colour
    image."""
    mask = read_image(path, cv2.IMREAD_UNCHANGED)
    if mask.ndim != 2 or mask.dtype != np.uint8:
        raise InputError(f"{path}: must have one label per pixel, as 8-bit grey levels")
    return mask


def move_masks(masks: torch.Tensor, changes: Changes, seen: CameraChanges | None = None) -> torch.Tensor:
    """Move `(B, H, W)` uint8 masks as `change_camera` and then `augment` move their images; what comes from outside is
    background."""
    height, width = masks.shape[1:]
    shifts, mirrored = torch.from_numpy(changes.shifts), torch.from_numpy(changes.mirrored)
    columns = torch.arange(width)
    rows, columns = torch.arange(height) + shifts[:, :1], torch.where(mirrored[:, None], columns.flip(0), columns) + shifts[:, 1:]
    inside = [(rows >= 0) & (rows < height), (columns >= 0) & (columns < width)]
    if seen is not None:
        left, top, right, bottom = torch.from_numpy(seen.boxes).unbind(1)
        rows, columns = _shown(rows, height, top, bottom), _shown(columns, width, left, right)
        inside = [inside[0] & (rows >= 0) & (rows < height), inside[1] & (columns >= 0) & (columns < width)]
    rows, columns, *inside = (each.to(masks.device) for each in (rows.clamp(0, height - 1), columns.clamp(0, width - 1), *inside))
    each = torch.arange(len(masks), device=masks.device)[:, None, None]
    moved = masks[each, rows[:, :, None], columns[:, None, :]]
    mirror = torch.from_numpy(_MIRROR).to(masks.device)
    moved = torch.where(mirrored.to(masks.device)[:, None, None], mirror[moved.long()], moved)
    return moved.masked_fill(~(inside[0][:, :, None] & inside[1][:, None, :]), BACKGROUND)


def _shown(places: torch.Tensor, side: int, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """The pixel shown at `places (B, side)` of the part from `start` to `end` `(B,)`, shares of the side."""
    shares = (places + 0.5) / side
    return torch.floor((start[:, None] + shares * (end - start)[:, None]) * side).long()
