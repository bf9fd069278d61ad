"""What another camera or another detector makes of an image: each change alone, and how often each is drawn."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from reid.data.camera_changes import CameraChanges, CameraStrengths, change_camera, draw_camera_changes

ALL = CameraStrengths(0.25, 0.3, 0.4, 0.2, 0.3, 0.4, 0.1, 0.3)


def changes(count: int = 1, **told) -> CameraChanges:
    """Changes to `count` images that do nothing but what is told."""
    nothing = {
        "boxes": np.tile(np.array([0, 0, 1, 1], np.float32), (count, 1)),
        "kernels": np.zeros(count, np.float32),
        "gains": np.ones((count, 3), np.float32),
        "exponents": np.ones(count, np.float32),
        "slopes": np.zeros((count, 2), np.float32),
        "grey": np.zeros(count, bool),
        "qualities": np.zeros(count, np.float32),
    }
    return CameraChanges(**nothing | {name: np.array(value, nothing[name].dtype) for name, value in told.items()})


def noise(count: int = 1, height: int = 32, width: int = 16) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def flat(*colour: int, height: int = 32, width: int = 16) -> torch.Tensor:
    return torch.tensor(colour, dtype=torch.uint8).expand(1, height, width, 3)


def test_without_strength_an_image_is_itself():
    images = noise(5)
    changed = change_camera(images, draw_camera_changes(5, np.random.default_rng(0), CameraStrengths()))
    assert torch.allclose(changed, images.float(), atol=0.05)  # black becomes a ten-thousandth of white, which has a gradient


def test_each_channel_is_multiplied_by_its_gain_and_no_more_than_white():
    changed = change_camera(flat(40, 100, 200), changes(gains=[[0.5, 1.2, 2]]))
    assert torch.allclose(changed, torch.tensor([20.0, 120, 255]), atol=0.01)


def test_the_tone_curve_keeps_white_and_is_a_power_of_the_share_of_it():
    changed = change_camera(torch.cat([flat(0, 51, 255)] * 2), changes(2, exponents=[2, 0.5]))
    assert torch.allclose(changed[0], torch.tensor([0, 255 * 0.04, 255]), atol=0.01)
    assert torch.allclose(changed[1], torch.tensor([2.55, 255 * 0.2**0.5, 255]), atol=0.01)


def test_light_falls_from_one_side_to_the_other_and_leaves_the_middle():
    changed = change_camera(flat(100, 100, 100, height=33, width=17), changes(slopes=[[-0.4, 0.2]]))[0, :, :, 0]
    assert changed[16, [0, 8, 16]].tolist() == pytest.approx([120, 100, 80], abs=0.01)
    assert changed[[0, 32], 8].tolist() == pytest.approx([90, 110], abs=0.01)


def test_an_image_without_colours_has_the_grey_of_each_pixel():
    changed = change_camera(torch.cat([flat(10, 20, 30)] * 2), changes(2, grey=[True, False]))
    assert torch.allclose(changed[0], torch.tensor(0.114 * 10 + 0.587 * 20 + 0.299 * 30), atol=0.01)
    assert torch.allclose(changed[1], torch.tensor([10.0, 20, 30]), atol=0.01)


@pytest.mark.parametrize("kernel", [0.02, 0.05])
def test_blur_keeps_the_mean_and_lowers_the_variance_as_a_gaussian_does(kernel):
    images = noise(1, 128, 64)
    changed = change_camera(images, changes(kernels=[kernel]))
    assert changed.mean().item() == pytest.approx(images.float().mean().item(), rel=0.02)
    # White noise keeps 1 / (2 sqrt(pi) deviation) of its variance in each direction; the deviations are equal in pixels here.
    expected = images.float().var() / (4 * np.pi * (kernel * 128) ** 2)
    assert changed.var().item() == pytest.approx(expected.item(), rel=0.25)


def test_a_point_is_blurred_by_the_deviation_in_both_directions():
    image = torch.zeros(1, 128, 64, 3)
    image[0, 64, 32] = 255
    weights = change_camera(image, changes(kernels=[0.03]))[0, :, :, 0].clamp(min=0.03) - 0.03  # less the floor of black
    for axis, middle in ((0, 64), (1, 32)):
        places = torch.arange(image.shape[1 + axis]) - middle
        profile = weights.sum(1 - axis)
        assert ((profile * places**2).sum() / profile.sum()).sqrt().item() == pytest.approx(0.03 * 128, rel=0.1)


def test_low_resolution_leaves_no_stripes_finer_than_its_pixels():
    stripes = torch.zeros(1, 160, 80, 3)
    stripes[:, ::2] = 255
    low = draw_camera_changes(1, np.random.default_rng(0), CameraStrengths(low_resolution=1))
    assert 0.5 / 60 <= low.kernels[0] <= 0.5 / 25
    assert change_camera(stripes, changes(kernels=low.kernels)).std() < 0.1 * stripes.std()
    coarse = torch.zeros(1, 160, 80, 3)
    coarse[:, :80] = 255
    assert change_camera(coarse, changes(kernels=low.kernels)).std() > 0.9 * coarse.std()


def test_a_box_shows_its_part_of_the_image():
    images = noise(1)
    lower_left = change_camera(images, changes(boxes=[[0, 0.5, 0.5, 1]]))
    doubled = torch.nn.functional.interpolate(images[:, 16:, :8].float().permute(0, 3, 1, 2), scale_factor=2, mode="bilinear")
    inner = (slice(1, -1), slice(1, -1))  # the edges see beyond the box
    assert torch.allclose(lower_left[0][inner], doubled[0].permute(1, 2, 0)[inner], atol=0.05)


def test_a_box_beyond_the_image_moves_it_and_shows_black_there():
    images = noise(1)
    moved = change_camera(images, changes(boxes=[[0.25, -0.125, 1.25, 0.875]]))
    assert torch.allclose(moved[0, 4:, :-4], images[0, :-4, 4:].float(), atol=0.05)
    assert moved[0, :4].max() < 0.05
    assert moved[0, :, -4:].max() < 0.05


def test_a_box_cut_at_the_knees_stretches_what_is_above_them():
    image = torch.cat([flat(200, 200, 200, height=24), flat(50, 50, 50, height=8)], 1)
    changed = change_camera(image, changes(boxes=[[0, 0, 1, 0.75]]))
    assert torch.allclose(changed[0, :31], torch.tensor(200.0), atol=0.05)


def test_changes_to_one_image_leave_the_others():
    images, drawn = noise(4), draw_camera_changes(4, np.random.default_rng(0), ALL)
    whole = change_camera(images, drawn)
    for rows in (slice(1, 3), np.array([3, 0])):
        assert torch.allclose(change_camera(images[rows], drawn.take(rows)), whole[rows], atol=1e-3)


@pytest.mark.parametrize(
    ("strength", "value", "happened"),
    [
        pytest.param("grey", 0.2, lambda drawn: drawn.grey, id="grey"),
        pytest.param("blur", 0.3, lambda drawn: drawn.kernels > 0, id="blur"),
        pytest.param("low_resolution", 0.4, lambda drawn: drawn.kernels > 0, id="low resolution"),
        pytest.param("jpeg", 0.1, lambda drawn: drawn.qualities > 0, id="JPEG"),
        pytest.param("bad_crops", 0.5, lambda drawn: (drawn.boxes != [0, 0, 1, 1]).any(1), id="boxes"),
    ],
)
def test_a_change_happens_as_often_as_its_probability_says(strength, value, happened):
    drawn = draw_camera_changes(20_000, np.random.default_rng(0), replace(CameraStrengths(), **{strength: value}))
    assert happened(drawn).mean() == pytest.approx(value, abs=0.01)


def test_three_in_ten_boxes_that_lie_badly_end_at_the_knees():
    lower = draw_camera_changes(20_000, np.random.default_rng(0), CameraStrengths(bad_crops=1)).boxes[:, 3]
    assert (lower < 0.849).mean() == pytest.approx(0.3, abs=0.01)
    assert lower.min() == pytest.approx(0.6, abs=0.001)


def test_strengths_are_bounds_that_are_reached():
    drawn = draw_camera_changes(20_000, np.random.default_rng(0), ALL)
    bounds = {"gains": np.exp([-0.25, 0.25]), "exponents": np.exp([-0.3, 0.3]), "slopes": (-0.4, 0.4)}
    for name, (lowest, highest) in bounds.items():
        values = getattr(drawn, name)
        assert (values.min(), values.max()) == pytest.approx((lowest, highest), abs=0.001), name
    qualities, blurred = drawn.qualities[drawn.qualities > 0], drawn.kernels[drawn.kernels > 0]
    assert (qualities.min(), qualities.max()) == pytest.approx((20, 80), abs=0.2)
    assert 0.005 <= blurred.min() < 0.0055
    assert blurred.max() < np.hypot(0.015, 0.02)
    assert drawn.boxes[:, :2].min() == pytest.approx(-0.15, abs=0.001)


def test_the_same_seed_gives_the_same_changes_and_another_one_others():
    first, same, other = (draw_camera_changes(6, np.random.default_rng(seed), ALL) for seed in (1, 1, 2))
    assert all(np.array_equal(getattr(first, name), getattr(same, name)) for name in vars(first))
    assert not np.array_equal(first.gains, other.gains)
    assert torch.equal(change_camera(noise(6), first), change_camera(noise(6), same))
