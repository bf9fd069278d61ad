"""From images to maps of labels and regions, and which files hold a parser."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_parser import small_parser

import reid
from reid.__main__ import main
from reid.common import errors
from reid.common.errors import InputError
from reid.models import registry
from reid.models.regions import LABELS, MEMBERS, REGIONS
from reid.parsing.colours import COLOURS
from reid.parsing.parser import BATCH, Parser, labels_at, load_parser
from reid.weights.weights_file import weights_of

RANDOM = np.random.default_rng(0)


@pytest.fixture
def weights(monkeypatch):
    monkeypatch.setitem(registry._parsers, "small_parser", small_parser)
    return weights_of("small_parser", small_parser())


@pytest.fixture
def parser(weights):
    return Parser(weights)


def painted(*labels: str) -> np.ndarray:
    """An image of horizontal bands, each in the colour of its label, at twice the size that the parser takes."""
    rows = COLOURS[[LABELS.index(label) for label in labels]]
    return np.repeat(np.repeat(rows[:, None], 64 // len(labels), 0), 32, 1)


def test_each_pixel_has_the_regions_of_its_label(parser):
    maps, probabilities = parser.parse([painted("hat", "coat", "socks", "background")])
    assert (maps.shape, maps.dtype) == ((1, 5, 8, 4), np.float32)
    assert (probabilities.shape, probabilities.dtype) == ((1, 20, 8, 4), np.float32)
    assert probabilities[0].argmax(0)[:, 0].tolist() == [label for name in (1, 7, 8, 0) for label in (name, name)]
    bands = {region: maps[0, row].round()[:, 2].tolist() for row, region in enumerate(REGIONS)}
    assert bands == {
        "foreground": [1, 1, 1, 1, 1, 1, 0, 0],
        "head": [1, 1, 0, 0, 0, 0, 0, 0],
        "upper-body": [0, 0, 1, 1, 0, 0, 0, 0],
        "lower-body": [0, 0, 0, 0, 1, 1, 0, 0],
        "shoes": [0] * 8,
    }


def test_maps_are_sums_of_probabilities_in_0_to_1(parser):
    images = [RANDOM.integers(0, 256, (*RANDOM.integers(20, 60, 2), 3), np.uint8) for _ in range(5)]
    maps, probabilities = parser.parse(images)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(maps, np.einsum("rl,nlhw->nrhw", MEMBERS.numpy(), probabilities), atol=1e-5)
    assert 0 <= maps.min() <= maps.max() <= 1


def test_the_company_in_a_batch_does_not_change_a_map(parser):
    images = [RANDOM.integers(0, 256, (40, 20, 3), np.uint8) for _ in range(BATCH + 3)]
    together = parser.parse(images).maps
    np.testing.assert_allclose(np.concatenate([parser.parse([image]).maps for image in images]), together, atol=1e-5)


def test_no_images_give_no_maps(parser):
    assert [each.shape for each in parser.parse([])] == [(0, 5, 8, 4), (0, 20, 8, 4)]


def test_maps_that_are_no_numbers_are_refused(weights):
    tensors = {name: np.full_like(tensor, np.inf) for name, tensor in weights.tensors.items()}
    with pytest.raises(InputError, match="small_parser: its maps are not finite numbers"):
        Parser(replace(weights, tensors=tensors)).parse([painted("hat")])


@pytest.mark.parametrize(("height", "width"), [(32, 16), (20, 45), (4, 2), (3, 7)])
def test_labels_at_another_size_are_those_of_probabilities_scaled_as_pytorch_does(height, width):
    probabilities = RANDOM.dirichlet(np.ones(20), (8, 4)).transpose(2, 0, 1).astype(np.float32)
    scaled = torch.nn.functional.interpolate(torch.from_numpy(probabilities)[None], (height, width), mode="bilinear")[0]
    labels = labels_at(probabilities, height, width)
    assert (labels.shape, labels.dtype) == ((height, width), np.uint8)
    chosen = scaled.gather(0, torch.from_numpy(labels.astype(np.int64))[None])[0]
    np.testing.assert_allclose(chosen, scaled.amax(0), atol=1e-5)


def test_a_parser_is_opened_from_its_file(weights, tmp_path):
    weights.write(tmp_path / "own.safetensors")
    opened = load_parser(tmp_path / "own.safetensors")
    image = painted("face", "dress")
    np.testing.assert_array_equal(opened.parse([image]).maps, Parser(weights).parse([image]).maps)
    assert str(opened) == "small_parser on pytorch (cpu)"
    assert opened.weights_hash == weights.hash


def test_shipped_weights_are_opened_by_name(weights, tmp_path, monkeypatch):
    monkeypatch.setattr("reid.weights.weights_file.SHIPPED", tmp_path)
    with pytest.raises(InputError, match="small_parser: a parser that ships without weights; choose from"):
        load_parser("small_parser")
    weights.write(tmp_path / "small_parser.safetensors")
    assert load_parser("small_parser").name == "small_parser"


def test_what_is_no_parser_is_refused(weights, small_weights, tmp_path):
    small_weights.write(tmp_path / "other.safetensors")
    with pytest.raises(
        InputError, match=r"other\.safetensors: holds weights of small, which is no parser; choose from parser_light, or"
    ):
        load_parser(tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"robust: no parser; choose from parser_light, or give a \.safetensors file"):
        load_parser("robust")
    with pytest.raises(InputError, match=r"absent\.safetensors: no such file"):
        load_parser(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("engine", ["openvino", "pytorch"])
def test_a_parser_is_no_appearance_model(weights, tmp_path, monkeypatch, engine):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    weights.write(tmp_path / "own.safetensors")
    for name in (str(tmp_path / "own.safetensors"), "small_parser"):
        with pytest.raises(InputError) as refused:
            reid.load(name, engine=engine, device="cpu")
        assert str(refused.value).startswith(f"{name}: a parser, not an appearance model; use `python -m reid parse`")


@pytest.mark.parametrize("suffix", [".xml", ".pt"])
def test_an_exported_parser_agrees_with_pytorch(weights, tmp_path, monkeypatch, capsys, suffix):
    weights.write(tmp_path / "own.safetensors")
    monkeypatch.setattr(
        sys, "argv", ["x", "export", str(tmp_path / "own.safetensors"), "--output", str(tmp_path / f"out{suffix}")]
    )
    errors.run(main)
    assert "small_parser, minimum cosine with PyTorch 1.0" in capsys.readouterr().out
