"""From images and boxes to embeddings: crops, batches, and what is refused."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import reid
from reid.appearance import BATCH, AppearanceModel, crop
from reid.engines import open_engine
from reid.weights.thresholds import Thresholds

RANDOM = np.random.default_rng(0)


def pictures(count):
    return [RANDOM.integers(0, 256, (*RANDOM.integers(20, 60, 2), 3), np.uint8) for _ in range(count)]


@pytest.fixture(params=["openvino", "pytorch"])
def model(request, small_weights):
    return AppearanceModel(small_weights, open_engine(small_weights, request.param, "cpu"))


def test_embeddings_are_unit_rows_in_float32(model):
    embeddings = model.embed(pictures(5))
    assert (embeddings.shape, embeddings.dtype) == ((5, model.dimension), np.float32)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("length", [1e-30, 1e30])
def test_rows_whose_squares_are_beyond_float32_have_a_direction_too(small_weights, length):
    class Far:
        name, device, precision = "far", "cpu", "f32"

        def __call__(self, images):
            return np.tile(np.float32([3 * length, 4 * length] + 6 * [0]), (len(images), 1))

    rows = AppearanceModel(small_weights, Far()).embed(pictures(2))
    np.testing.assert_allclose(rows, [[0.6, 0.8] + 6 * [0]] * 2, rtol=1e-6)


def test_no_images_give_no_rows(model):
    assert model.embed([]).shape == (0, 8)
    assert model(np.zeros((40, 40, 3), np.uint8), np.zeros((0, 4))).shape == (0, 8)


def test_the_company_in_a_batch_does_not_change_an_embedding(model):
    images = pictures(2 * BATCH + 3)
    together = model.embed(images)
    np.testing.assert_allclose(np.concatenate([model.embed([image]) for image in images]), together, atol=1e-3)
    np.testing.assert_allclose(model.embed(images[::-1])[::-1], together, atol=1e-3)


def test_a_model_loaded_twice_gives_the_same_numbers(small_weights, tmp_path):
    replace(small_weights, thresholds=Thresholds(0.3)).write(tmp_path / "small.safetensors")
    first, second = (reid.load(tmp_path / "small.safetensors", device="cpu") for _ in range(2))
    images = pictures(4)
    np.testing.assert_array_equal(first.embed(images), second.embed(images))
    assert first.weights_hash == second.weights_hash == small_weights.hash
    assert (first.name, first.dimension, first.thresholds.image) == ("small", 8, 0.3)
    assert str(first).startswith("small on openvino (")


def test_rows_of_any_length_are_made_unit_rows(small_weights):
    class Doubling:
        name, precision, device = "doubling", "f32", "cpu"

        def __call__(self, images):
            return 2 * images[:, :, 0, 0]

    embeddings = AppearanceModel(small_weights, Doubling()).embed(pictures(3))
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


def test_a_frame_with_boxes_is_embedded_as_its_crops(model):
    frame = RANDOM.integers(0, 256, (100, 80, 3), np.uint8)
    boxes = [[10, 20, 30, 60], [5.4, 6.6, 24.2, 40.9]]
    np.testing.assert_array_equal(model(frame, np.array(boxes)), model.embed([frame[20:60, 10:30], frame[6:41, 5:25]]))


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        pytest.param([10, 20, 30, 60], (20, 60), (10, 30), id="whole pixels"),
        pytest.param([10.9, 20.9, 29.1, 59.1], (20, 60), (10, 30), id="rounded outward"),
        pytest.param([-50, -50, 10, 10], (0, 10), (0, 10), id="over the top left corner"),
        pytest.param([70, 90, 500, 500], (90, 100), (70, 80), id="over the bottom right corner"),
        pytest.param([10.2, 20.2, 10.3, 20.3], (20, 21), (10, 11), id="within one pixel"),
    ],
)
def test_a_crop_is_rounded_outward_and_clipped(box, rows, columns):
    frame = np.arange(100 * 80 * 3, dtype=np.uint32).astype(np.uint8).reshape(100, 80, 3)
    (found,) = crop(frame, np.array([box], float))
    np.testing.assert_array_equal(found, frame[slice(*rows), slice(*columns)])


@pytest.mark.parametrize(
    "box",
    [
        pytest.param([-20.0, 10.0, 0.0, 30.0], id="left of the frame"),
        pytest.param([80.0, 10.0, 90.0, 30.0], id="right of the frame"),
        pytest.param([10.0, 100.0, 20.0, 130.0], id="below the frame"),
        pytest.param([30.0, 10.0, 20.0, 30.0], id="negative width"),
        pytest.param([10.0, float("nan"), 20.0, 30.0], id="not a number"),
    ],
)
def test_a_box_without_a_part_in_the_frame_is_named(box):
    with pytest.raises(ValueError, match=r"box 1, .* has no part in the frame of 80x100"):
        crop(np.zeros((100, 80, 3), np.uint8), np.array([[1, 1, 9, 9], box]))


@pytest.mark.parametrize("shape", [(20, 10), (20, 10, 4), (0, 10, 3)])
def test_what_is_no_colour_image_is_refused(model, shape):
    with pytest.raises(ValueError, match="image 1 must be a non-empty"):
        model.embed([np.zeros((5, 5, 3), np.uint8), np.zeros(shape, np.uint8)])


def test_importing_reid_loads_no_network_library():
    code = "import sys, reid, reid.common.errors, reid.__main__; sys.exit('torch' in sys.modules or 'openvino' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
