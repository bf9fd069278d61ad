"""Random changes to training images, and batches that are made from images decoded once."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reid.common.errors import InputError
from reid.data.augmentation import Changes, augment, draw_changes
from reid.data.camera_changes import CameraStrengths
from reid.data.loading import ImageChanges, Images, load_batches, load_images
from reid.preprocessing import Preprocessing

SIZE = Preprocessing(32, 16)


def random_images(count: int, height: int = 32, width: int = 16) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def unchanged(count: int) -> dict[str, np.ndarray | None]:
    return {
        "colours": None,
        "shifts": np.zeros((count, 2), int),
        "mirrored": np.zeros(count, bool),
        "erased": np.zeros((count, 4), int),
    }


def test_images_without_changes_are_themselves_and_keep_their_source():
    images = random_images(3)
    before = images.clone()
    changed = augment(images, Changes(**unchanged(3)))
    assert torch.equal(changed, images.float())
    changed += 1
    assert torch.equal(images, before)


def test_a_mirrored_image_has_its_columns_exchanged_and_the_others_do_not():
    images = random_images(2)
    changed = augment(images, Changes(**unchanged(2) | {"mirrored": np.array([True, False])}))
    assert torch.equal(changed[0], images[0].flip(1).float())
    assert torch.equal(changed[1], images[1].float())


def test_a_shifted_image_shows_black_where_nothing_is_left():
    images = random_images(1)
    changed = augment(images, Changes(**unchanged(1) | {"shifts": np.array([[2, -3]])}))[0]
    assert torch.equal(changed[:-2, 3:], images[0, 2:, :-3].float())
    assert not changed[-2:].any()
    assert not changed[:, :3].any()


def test_a_shift_is_that_of_the_image_before_it_is_mirrored():
    images = random_images(1)
    both = augment(images, Changes(**unchanged(1) | {"shifts": np.array([[1, 2]]), "mirrored": np.array([True])}))
    shifted = augment(images, Changes(**unchanged(1) | {"shifts": np.array([[1, 2]])}))
    assert torch.equal(both, shifted.flip(2))


def test_a_rectangle_is_erased_in_the_mean_of_its_image():
    images = random_images(2)
    changed = augment(images, Changes(**unchanged(2) | {"erased": np.array([[4, 5, 6, 7], [0, 0, 0, 0]])}))
    means = images[0].float().mean((0, 1))
    assert torch.allclose(changed[0, 4:10, 5:12], means.expand(6, 7, 3))
    assert torch.equal(changed[0, :4], images[0, :4].float())
    assert torch.equal(changed[1], images[1].float())


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        pytest.param((0.5, 1, 1), [[5.0, 10, 15], [25, 25, 25]], id="half as bright"),
        pytest.param((1, 0, 1), [[35.93, 35.93, 35.93], [35.93, 35.93, 35.93]], id="no contrast: the mean grey"),
        pytest.param((1, 1, 0), [[21.85, 21.85, 21.85], [50, 50, 50]], id="no saturation: each pixel's own grey"),
        pytest.param((9, 1, 1), [[90.0, 180, 255], [255, 255, 255]], id="not above white"),
    ],
)
def test_colours_follow_their_factors(factors, expected):
    image = torch.tensor([[[[10, 20, 30], [50, 50, 50]]]], dtype=torch.uint8)  # greys of 21.85 and 50, a mean of 35.925
    changed = augment(image, Changes(**unchanged(1) | {"colours": np.array([factors], np.float32)}))[0, 0]
    assert np.allclose(changed, expected, atol=0.01)


def test_half_are_mirrored_and_the_share_asked_for_is_erased():
    changes = draw_changes(4000, 64, 32, np.random.default_rng(0), erasing=0.2)
    assert abs(changes.mirrored.mean() - 0.5) < 0.03
    assert abs((changes.erased[:, 2] > 0).mean() - 0.2) < 0.03


@pytest.mark.parametrize("size", [(256, 128), (384, 192)])
def test_shifts_reach_what_the_papers_pad_in_both_directions_at_every_size(size):
    shifts = draw_changes(4000, *size, np.random.default_rng(0)).shifts
    assert (shifts.min(0) == -10).all()
    assert (shifts.max(0) == 10).all()


@given(height=st.integers(8, 300), width=st.integers(8, 200), seed=st.integers(0, 99))
def test_an_erased_rectangle_lies_inside_and_has_the_area_and_the_ratio_of_the_papers(height, width, seed):
    erased = draw_changes(8, height, width, np.random.default_rng(seed), erasing=1).erased
    ends = erased[:, :2] + erased[:, 2:]
    assert (erased >= 0).all()
    assert (ends <= (height, width)).all()
    area, ratio = erased[:, 2:].prod(1) / (height * width), erased[:, 2] / erased[:, 3]
    if height > 100 and width > 100:  # where whole pixels hardly matter
        assert ((area > 0.018) & (area < 0.41)).all()
        assert ((ratio > 0.27) & (ratio < 3.6)).all()


@pytest.mark.parametrize("highest", [3.3, 3.33])
def test_the_ratio_of_an_erased_rectangle_ends_where_the_recipe_says(highest):
    erased = draw_changes(20_000, 2000, 1000, np.random.default_rng(0), erasing=1, ratio=highest).erased
    assert (erased[:, 2] / erased[:, 3]).max() == pytest.approx(highest, abs=0.02)


def test_a_rectangle_that_does_not_fit_is_drawn_again_with_its_corner_so_that_large_ones_are_rare():
    erased = draw_changes(20_000, 256, 128, np.random.default_rng(0), erasing=1).erased
    assert erased[:, 2:].prod(1).mean() / (256 * 128) == pytest.approx(0.150, abs=0.002)


def test_no_jitter_leaves_the_colours_and_some_keeps_within_its_bounds():
    assert draw_changes(4, 32, 16, np.random.default_rng(0)).colours is None
    colours = draw_changes(500, 32, 16, np.random.default_rng(0), jitter=0.2).colours
    assert colours.shape == (500, 3)
    assert 0.8 <= colours.min() < 0.82
    assert 1.18 < colours.max() <= 1.2


@pytest.mark.parametrize("size", [SIZE, Preprocessing(32, 16, (1.0, 2.0, 3.0), (1.0, 2.0, 4.0), "bgr", 255)], ids=["rgb", "bgr"])
def test_batches_are_the_normalised_images_of_their_rows(size):
    images, labels = random_images(4), np.array([7, 7, 8, 8])
    batches = list(load_batches(Images(images), [labels], np.array([[3, 0], [1, 2]]), size, ImageChanges(), [1]))
    assert [names.tolist() for _, names in batches] == [[8, 7], [7, 8]]
    assert batches[0][0].shape == (2, 3, 32, 16)
    flat = torch.tensor([64, 128, 192], dtype=torch.uint8).expand(1, 32, 16, 3)
    inputs, _ = next(load_batches(Images(flat), [np.array([0])], np.array([[0]]), size, ImageChanges(), [1]))
    centre = inputs[0, :, 16, 8]
    assert np.allclose(centre, size.normalise(flat.numpy())[0, :, 16, 8], atol=1e-6)


def test_a_run_that_starts_later_or_loads_a_part_gets_the_inputs_of_a_whole_one():
    images, labels, order = random_images(8), np.arange(8), np.arange(8).reshape(2, 4)
    changes = ImageChanges(0.5, 3.3, 0.2, CameraStrengths(0.3, 0.3, 0.3, 0.2, 0.2, 0.2, 0.2, 0.5), background=0.5, composed=1)
    settings = SIZE, changes, [3, 1]
    whole = list(load_batches(Images(images), [labels], order, *settings))
    later = list(load_batches(Images(images), [labels], order, *settings, first=1))
    part = list(load_batches(Images(images), [labels], order, *settings, columns=slice(2, 4)))
    assert torch.equal(later[0][0], whole[1][0])
    assert torch.equal(part[0][0], whole[0][0][2:])
    assert part[1][1].tolist() == [6, 7]
    assert not torch.equal(whole[0][0], next(load_batches(Images(images), [labels], order, SIZE, changes, [4, 1]))[0])


def test_images_are_decoded_to_the_size_of_the_network(tmp_path):
    for index, colour in enumerate(((255, 0, 0), (0, 0, 255))):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((20, 9 + index, 3), colour, np.uint8))
    images = load_images([tmp_path / "0.png", tmp_path / "1.png"], SIZE)
    assert images.shape == (2, 32, 16, 3)
    assert images[1, 5, 5].tolist() == [0, 0, 255]
    with pytest.raises(InputError, match=r"2\.png: no such file"):
        load_images([tmp_path / "2.png"], SIZE)
