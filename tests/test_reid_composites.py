"""People put together from two crops."""

import numpy as np
import pytest
import torch

from reid.data.composites import Composites, compose, draw_composites


def joined(cut: float, blend: float, height: int = 20) -> torch.Tensor:
    """A crop of blue joined with one whose left half is green and whose right half is red."""
    image, other = torch.zeros(2, 1, height, 4, 3, dtype=torch.uint8)
    image[..., 0] = 200
    other[:, :, :2, 1], other[:, :, 2:, 2] = 100, 100
    return compose(image, other, Composites(np.array([cut], np.float32), np.array([blend], np.float32)))[0]


BLUE, GREEN, RED = torch.tensor([200.0, 0, 0]), torch.tensor([0.0, 100, 0]), torch.tensor([0.0, 0, 100])


def test_below_the_cut_the_other_shows_and_above_it_the_first():
    found = joined(0.4, 0)
    assert (found[:8] == BLUE).all()
    assert (found[8:, :2] == GREEN).all()
    assert (found[8:, 2:] == RED).all()


def test_a_cut_at_the_feet_leaves_the_image():
    assert (joined(1, 0) == BLUE).all()


def test_a_blend_lets_the_mirrored_other_shine_through():
    found = joined(1, 0.25)
    assert torch.allclose(found[:, :2], 0.75 * BLUE + 0.25 * RED)
    assert torch.allclose(found[:, 2:], 0.75 * BLUE + 0.25 * GREEN)


def test_a_cut_comes_before_a_blend():
    assert torch.allclose(joined(0.5, 0.25)[15, 0], 0.75 * GREEN + 0.25 * RED)


def test_half_are_cut_between_chest_and_hips_and_three_in_ten_blended_independently():
    drawn = draw_composites(20_000, np.random.default_rng(0))
    cut, blended = drawn.cuts < 1, drawn.blends > 0
    assert (cut.mean(), blended.mean(), (cut & blended).mean()) == pytest.approx((0.5, 0.3, 0.15), abs=0.01)
    assert (drawn.cuts[cut].min(), drawn.cuts[cut].max()) == pytest.approx((0.35, 0.65), abs=0.001)
    assert drawn.blends.max() == pytest.approx(0.5, abs=0.001)
    assert (drawn.cuts.dtype, drawn.blends.dtype) == (np.float32, np.float32)


def test_the_same_seed_gives_the_same_and_some_of_them_are_theirs():
    first, same = (draw_composites(5, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(first.cuts, same.cuts)
    assert np.array_equal(first.blends, same.blends)
    assert np.array_equal(first.take(np.array([4, 0])).cuts, first.cuts[[4, 0]])
