"""JPEG as a change to images: beside OpenCV's, whose files keep brightness by the same table."""

import cv2
import numpy as np
import pytest
import torch

from reid.data.jpeg import compress

GREY = np.array([0.114, 0.587, 0.299])  # of blue, green and red


def picture(height: int = 128, width: int = 64, colours: bool = True) -> np.ndarray:
    """Coarse blotches under noise, uint8 BGR, whose colours are far from black and white: none is cut off."""
    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.integers(80, 176, (8, 4, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    image = (coarse + rng.normal(0, 12, (height, width, 1))).clip(0, 255).astype(np.uint8)
    return image if colours else np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, 2)


def ours(image: np.ndarray, quality: float) -> np.ndarray:
    return compress(torch.from_numpy(image)[None].float(), torch.tensor([float(quality)]))[0].numpy()


def opencvs(image: np.ndarray, quality: int) -> np.ndarray:
    full = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    written, file = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality, *full])
    assert written
    return cv2.imdecode(file, cv2.IMREAD_COLOR).astype(np.float32)


@pytest.mark.parametrize("quality", [20, 50, 100])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_black_grey_and_white_stay(quality, value):
    # The mean of a block is kept in steps of 16 eighths of a grey level at quality 50.
    step = 16 * (5000 / quality if quality < 50 else 200 - 2 * quality) / 100
    image = np.full((24, 16, 3), value, np.uint8)
    assert np.abs(ours(image, quality) - value).max() <= max(step, 1) / 16 + 0.01


def test_a_flat_colour_stays_flat():
    changed = ours(np.full((24, 16, 3), (40, 90, 200), np.uint8), 50)
    assert np.ptp(changed, (0, 1)).max() < 1e-3
    assert np.abs(changed[0, 0] - (40, 90, 200)).max() < 3


def test_quality_100_is_within_two_grey_levels():
    image = picture()
    assert np.abs(ours(image, 100) - image).max() < 2


def test_the_lower_the_quality_the_more_is_lost():
    image = picture()
    lost = [np.abs(ours(image, quality) - image).mean() for quality in (90, 60, 30, 10)]
    assert lost == sorted(lost)
    assert lost[0] > 0.5


@pytest.mark.parametrize(
    ("quality", "most"), [pytest.param(30, 5, id="30"), pytest.param(60, 4, id="60"), pytest.param(90, 2, id="90")]
)
def test_images_come_back_much_as_from_a_file_of_that_quality(quality, most):
    plain, colours = picture(colours=False), picture()
    assert np.abs(ours(plain, quality) - opencvs(plain, quality)).mean() < 1.2
    assert np.abs((ours(colours, quality) - opencvs(colours, quality)) @ GREY).mean() < 1.6
    assert np.abs(ours(colours, quality) - opencvs(colours, quality)).mean() < most  # a file keeps colours by a coarser table
    # Another quality's file is farther away.
    assert np.abs(ours(plain, quality) - opencvs(plain, quality // 2)).mean() > 2.4


def test_images_that_are_no_multiple_of_8_are_as_whole_blocks_of_repeated_edges():
    image = picture(29, 13)
    padded = np.pad(image, ((0, 3), (0, 3), (0, 0)), mode="edge")
    assert ours(image, 40).shape == image.shape
    assert np.allclose(ours(image, 40), ours(padded, 40)[:29, :13], atol=1e-3)


def test_each_image_has_its_own_quality_and_0_leaves_it():
    images = torch.from_numpy(np.stack([picture()] * 3)).float()
    changed = compress(images, torch.tensor([0.0, 20, 80]))
    assert torch.equal(changed[0], images[0])
    for row, quality in ((1, 20), (2, 80)):
        assert np.allclose(changed[row].numpy(), ours(picture(), quality), atol=1e-3)
