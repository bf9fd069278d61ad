"""Position-sensitive RoI pooling (Dai et al., R-FCN, NIPS 2016, eq. 1) in plain tensor operations."""

import torch

BINS = 7  # k: boxes are divided into 7 x 7 bins, each with a score map of its own
STRIDE = 4  # pixels of the network's input per cell of its score maps
_SMALLEST = 0.1  # cells of a box's side, as in R-FCN's code
_ROUNDING = 1e-6  # cells by which a bin's edge may miss a whole number


def summed(maps: torch.Tensor) -> torch.Tensor:
    """The sums `(49, H + 1, W + 1)`, float64, of score maps `(49, H, W)` above and left of each corner of a cell.

    They cost as much as one pass over the maps, and afterwards a bin of any size costs four look-ups.
    """
    return torch.nn.functional.pad(maps.double().cumsum(1).cumsum(2), (1, 0, 1, 0))


def pool(sums: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """The mean of each bin's own map over that bin, `(N, 7, 7)` float64, of `boxes` `(N, 4)` xyxy, pixels of the network's input.

    `sums` is from `summed`; gradients flow through both. As in R-FCN's code, edges are rounded to pixels, the right and bottom
    pixels belong to the box, and a bin has all cells that it touches. A bin without a cell of the maps gives 0.
    """
    pixels = torch.floor(boxes.double() + 0.5)
    (top, bottom), (left, right) = (_edges(pixels[:, axis], pixels[:, axis + 2], sums.shape[2 - axis] - 1) for axis in (1, 0))
    number = torch.arange(BINS * BINS, device=sums.device).reshape(BINS, BINS)
    rows, columns = (top[:, :, None], bottom[:, :, None]), (left[:, None], right[:, None])
    corners = [[sums[number, row, column] for column in columns] for row in rows]
    total = corners[1][1] - corners[0][1] - corners[1][0] + corners[0][0]
    cells = (rows[1] - rows[0]) * (columns[1] - columns[0])
    return torch.where(cells > 0, total / cells.clamp(min=1), 0.0)


def vote(pooled: torch.Tensor) -> torch.Tensor:
    """The votes of the bins of each box, `(N, 7, 7)`, as one logit `(N,)`: their mean (eq. 1 of Long et al. has its sigmoid)."""
    return pooled.mean((1, 2))


def _edges(start: torch.Tensor, end: torch.Tensor, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """First cell, and the one after the last, `(N, 7)` each, of the bins of boxes from pixel `start` to `end` `(N,)`."""
    begin = start / STRIDE
    step = ((end + 1) / STRIDE - begin).clamp(min=_SMALLEST) / BINS
    at = begin[:, None] + step[:, None] * torch.arange(BINS + 1, device=start.device)
    first, after = torch.floor(at[:, :-1] + _ROUNDING), torch.ceil(at[:, 1:] - _ROUNDING)
    return first.clamp(0, length).long(), after.clamp(0, length).long()
