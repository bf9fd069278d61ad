"""Position-sensitive RoI pooling: known answers, a plain loop, torchvision's operator, and gradients."""

import math

import numpy as np
import pytest
import torch

from mtmc.candidates.pooling import pool, summed, vote

RNG = np.random.default_rng(0)


def looped(maps: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The bins of one box, as R-FCN's code computes them, in exact fractions of a cell: 28 of them to a cell."""
    _, height, width = maps.shape
    left, top, right, bottom = (math.floor(edge + 0.5) for edge in box)
    bins = np.zeros((7, 7))
    for row in range(7):
        for column in range(7):
            # In 28ths of a cell, a pixel is 7, and a seventh of p pixels is p: everything is whole.
            y, x = (top * 7 + row * (bottom + 1 - top), left * 7 + column * (right + 1 - left))
            rows = slice(max(y // 28, 0), min(max(-(-(y + bottom + 1 - top) // 28), 0), height))
            columns = slice(max(x // 28, 0), min(max(-(-(x + right + 1 - left) // 28), 0), width))
            part = maps[row * 7 + column][rows, columns]
            bins[row, column] = part.mean() if part.size else 0
    return bins


def test_each_bin_reads_its_own_map():
    maps = torch.arange(49.0)[:, None, None].expand(49, 20, 20)
    pooled = pool(summed(maps), torch.tensor([[8.0, 12.0, 40.0, 60.0]]))
    torch.testing.assert_close(pooled[0], torch.arange(49.0, dtype=torch.float64).reshape(7, 7))
    assert vote(pooled).item() == 24


def test_a_bin_is_the_mean_over_its_cells():
    maps = torch.zeros(49, 14, 14)
    maps[0, :2, :2] = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    maps[48, 12:, 12:] = 5
    pooled = pool(summed(maps), torch.tensor([[0.0, 0.0, 55.0, 55.0]]))  # pixels 0 to 55: two cells to a bin
    assert pooled[0, 0, 0] == 3 and pooled[0, 6, 6] == 5 and pooled.sum() == 8


def test_boxes_of_all_kinds_are_as_a_plain_loop_has_them():
    maps = RNG.normal(size=(49, 30, 40))
    corners = RNG.uniform(-40, 180, (300, 2))
    boxes = np.concatenate([corners, corners + RNG.uniform(0, 120, (300, 2)) * RNG.integers(0, 2, (300, 2))], axis=1)
    pooled = pool(summed(torch.from_numpy(maps)), torch.from_numpy(boxes))
    np.testing.assert_allclose(pooled, [looped(maps, box) for box in boxes], atol=1e-9)


def test_boxes_of_whole_cells_are_as_torchvision_pools_them():
    maps = torch.from_numpy(RNG.normal(size=(49, 70, 70)))
    first = RNG.integers(0, 40, (200, 2))
    cells = torch.from_numpy(np.concatenate([first, first + RNG.integers(1, 29, (200, 2))], axis=1)).double()
    try:
        from torchvision.ops import ps_roi_pool

        theirs = ps_roi_pool(maps[None], torch.cat([torch.zeros(200, 1).double(), 4 * cells], dim=1), 7, 0.25)[:, 0]
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"torchvision does not load here: {str(error).partition('.')[0]}")
    pixels = 4 * cells - torch.tensor([0, 0, 1, 1])  # the last pixel belongs to a box in R-FCN's code, but not in torchvision's
    torch.testing.assert_close(pool(summed(maps), pixels), theirs)


def test_no_boxes_give_no_rows():
    assert pool(summed(torch.zeros(49, 5, 5)), torch.zeros(0, 4)).shape == (0, 7, 7)


def test_gradients_reach_the_cells_of_a_box_and_no_other():
    maps = torch.zeros(49, 14, 14, requires_grad=True)
    vote(pool(summed(maps), torch.tensor([[0.0, 0.0, 27.0, 27.0]]))).sum().backward()
    assert maps.grad is not None
    torch.testing.assert_close(maps.grad.sum((1, 2)), torch.full((49,), 1 / 49))
    assert not maps.grad[:, 7:].any() and not maps.grad[:, :, 7:].any()
