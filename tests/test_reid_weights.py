"""Weights on disk: what is written comes back, and what is not ours is refused in one sentence."""

import json
import pickle
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file
from small_network import Small, small

import reid
from reid.common.errors import InputError
from reid.models import registry
from reid.preprocessing import Preprocessing
from reid.weights.thresholds import Thresholds
from reid.weights.weights_file import SHIPPED, blend, read_weights, weights_of


@pytest.fixture
def path(small_weights, tmp_path):
    replace(small_weights, thresholds=Thresholds(0.25)).write(tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


def test_a_file_gives_back_tensors_metadata_and_hash(small_weights, path):
    found = read_weights(path)
    assert (found.model, found.preprocessing) == ("small", Preprocessing(32, 16))
    assert (found.thresholds.image, found.training) == (0.25, {"epochs": 3})
    assert found.hash == small_weights.hash
    for name, tensor in small_weights.tensors.items():
        np.testing.assert_array_equal(found.tensors[name], tensor)


def test_classifiers_are_left_behind_and_kernels_are_stored_in_half_precision(small_weights):
    types = {name: tensor.dtype.name for name, tensor in small_weights.tensors.items()}
    assert not any(name.startswith("classifiers") for name in types)
    assert (types["body.0.weight"], types["head.weight"]) == ("float16", "float16")
    assert (types["body.1.running_var"], types["head.bias"]) == ("float32", "float32")


def test_a_running_variance_beyond_half_precision_survives(path):
    network = small()
    network.body[1].running_var.fill_(1e-9)
    weights_of("small", network).write(path)
    assert read_weights(path).network().body[1].running_var[0] == pytest.approx(1e-9)


def test_the_network_computes_with_the_weights_of_the_file(path):
    torch.manual_seed(1)
    images = torch.randn(2, 3, 32, 16)
    torch.manual_seed(0)
    original = Small(classes=5).eval()
    with torch.no_grad():
        np.testing.assert_allclose(read_weights(path).network()(images), original(images), atol=2e-3)


@pytest.mark.parametrize("change", ["tensor", "preprocessing"])
def test_the_hash_follows_what_decides_an_embedding(small_weights, change):
    network = small_weights.network()
    if change == "tensor":
        network.head.bias.data[0] += 1
    else:
        network.preprocessing = Preprocessing(32, 16, (0.5, 0.5, 0.5))
    assert weights_of("small", network).hash != small_weights.hash


def test_options_come_back_build_the_network_and_are_part_of_the_hash(monkeypatch, tmp_path):
    def sized(classes: int = 0, *, size: Literal[32, 64] = 32):
        network = small(classes)
        network.preprocessing = Preprocessing(size, 16)
        return network

    monkeypatch.setitem(registry._builders, "sized", sized)
    weights = weights_of("sized", sized(size=64), options={"size": 64})
    weights.write(tmp_path / "sized.safetensors")
    found = read_weights(tmp_path / "sized.safetensors")
    assert found.options == {"size": 64}
    assert found.network().preprocessing == Preprocessing(64, 16)
    assert found.hash == weights.hash != replace(weights, options={}).hash


def test_a_size_that_training_changed_comes_back_with_the_network(path):
    network = read_weights(path).network()
    network.preprocessing = Preprocessing(32, 16, (0.5, 0.5, 0.5))
    weights_of("small", network).write(path)
    assert read_weights(path).network().preprocessing == Preprocessing(32, 16, (0.5, 0.5, 0.5))


def test_the_hash_does_not_follow_the_threshold(small_weights):
    assert replace(small_weights, thresholds=Thresholds(0.1)).hash == small_weights.hash


def _pickle(path):
    path.write_bytes(pickle.dumps({"state_dict": 1}))


def _zip(path):
    torch.save({}, path)


def _text(path):
    path.write_text("version https://example.org/spec/v1, a pointer in place of the file, long enough to hold a header")


def _no_metadata(path):
    save_file({"a": np.zeros(2, np.float32)}, path)


def _broken_metadata(path):
    save_file({"a": np.zeros(2, np.float32)}, path, {"model": "small", "preprocessing": json.dumps({"height": 3})})


def _unknown_model(path):
    save_file({"a": np.zeros(2, np.float32)}, path, {"model": "osnet", "preprocessing": Preprocessing(32, 16).to_metadata()})


def _other_shape(path):
    tensors = dict(read_weights(path).tensors)
    tensors["head.weight"] = np.zeros((9, 256), np.float16)
    save_file(tensors, path, {"model": "small", "preprocessing": Preprocessing(32, 16).to_metadata()})


def _one_tensor_short(path):
    tensors = dict(read_weights(path).tensors)
    del tensors["head.bias"]
    save_file(tensors, path, {"model": "small", "preprocessing": Preprocessing(32, 16).to_metadata()})


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(_pickle, "pickled checkpoint", id="a pickle"),
        pytest.param(_zip, "pickled checkpoint", id="a torch.save file"),
        pytest.param(_text, "not a safetensors file", id="a text file"),
        pytest.param(_no_metadata, "must name a model", id="no metadata"),
        pytest.param(_broken_metadata, "not a weights file of this package", id="broken metadata"),
        pytest.param(_unknown_model, "unknown network osnet", id="an unknown network"),
        pytest.param(_other_shape, r"head\.weight.*\(9, 256\) in the file", id="another shape"),
        pytest.param(_one_tensor_short, r"head\.bias.*absent in the file", id="a tensor missing"),
        pytest.param(lambda path: path.unlink(), "no such file", id="no file"),
    ],
)
def test_a_wrong_weights_file_is_one_sentence(path, spoil, sentence):
    spoil(path)
    with pytest.raises(InputError, match=sentence) as caught:
        reid.load(path, engine="pytorch", device="cpu")
    assert "\n" not in str(caught.value)


def contents(weights) -> tuple:
    return weights.hash, weights.thresholds, weights.training, weights.options


@pytest.mark.parametrize("cut", [False, True], ids=["flipped", "cut off"])
def test_no_damage_of_a_weights_file_goes_unnoticed(path, cut):
    whole, original = path.read_bytes(), contents(read_weights(path))
    start, random = whole.index(b"}}") + 2, np.random.default_rng(0)
    places = [*random.integers(start, size=150), *random.integers(start, len(whole), size=100)]
    refused = 0
    for place in places:
        flipped = bytes([whole[place] ^ (1 << random.integers(8))])
        path.write_bytes(whole[:place] if cut else whole[:place] + flipped + whole[place + 1 :])
        try:
            assert contents(read_weights(path)) == original  # a flip in the name of the checksum changes nothing else
        except InputError as error:
            refused += 1
            assert "\n" not in str(error) and str(error).startswith(f"{path}: ")
    assert refused == len(places) if cut else refused > len(places) - 10


def test_a_file_from_before_there_were_checksums_is_read(path):
    with safe_open(path, "numpy") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    original = contents(read_weights(path))
    del metadata["checksum"]
    save_file(tensors, path, metadata)
    assert contents(read_weights(path)) == original


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.safetensors")))
def test_shipped_weights_have_a_checksum(name):
    with safe_open(SHIPPED / f"{name}.safetensors", "numpy") as file:
        assert "checksum" in file.metadata()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("max_cosine_distance", value) for value in ("nan", "inf", "-0.1", "2.5", "much", "")),
        *(("max_set_distance", value) for value in ("nan", "1e400")),
        *(("training", value) for value in ("[]", "3", "{", "[" * 100_000, '"a"')),
        *(("options", value) for value in ("[[1, 2]]", "null", '{"colour": "red"}')),
        *(("preprocessing", value) for value in ("[]", "3", '{"height": Infinity}')),
        ("preprocessing", '{"height": Infinity, "width": 16, "mean": [0, 0, 0], "std": [1, 1, 1]}'),
        ("preprocessing", '{"height": 32, "width": 16, "mean": [0, 0, 0], "std": [1, 1, NaN]}'),
    ],
)
def test_odd_metadata_are_one_sentence(path, key, value):
    weights = read_weights(path)
    metadata = {"model": "small", "preprocessing": weights.preprocessing.to_metadata(), key: value}
    save_file(dict(weights.tensors), path, metadata)
    with pytest.raises(InputError) as caught:
        read_weights(path).network()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600


def test_weights_of_another_network_are_refused(path):
    with pytest.raises(InputError, match="holds weights of small, not of robust"):
        reid.load("robust", weights=path)


def test_a_network_without_shipped_weights_says_how_to_get_some(small_weights):
    with pytest.raises(InputError, match="python -m reid train"):
        reid.load("small")


def test_an_unknown_network_is_refused_with_the_list_of_those_that_exist():
    with pytest.raises(InputError, match="robust_2x"):
        reid.load("resnet9000")


def test_a_network_whose_channels_lie_last_in_memory_comes_back_as_it_was(small_weights, tmp_path):
    network = small().to(memory_format=torch.channels_last)
    weights_of("small", network).write(tmp_path / "small.safetensors")
    ours, theirs = network.state_dict(), read_weights(tmp_path / "small.safetensors").network().state_dict()
    assert any(not tensor.is_contiguous() for tensor in ours.values())
    for name, tensor in ours.items():
        assert torch.allclose(tensor, theirs[name], atol=1e-3), name


def test_blended_weights_lie_between_both_and_name_the_data_of_both(small_weights, tmp_path):
    first = replace(small_weights, training={"data": ["one"]})
    second = replace(first, tensors={name: tensor + 1 for name, tensor in first.tensors.items()}, training={"data": ["two"]})
    mixed = blend(replace(first, thresholds=Thresholds(0.3)), second, 0.25)
    for name, tensor in first.tensors.items():
        assert mixed.tensors[name].dtype == tensor.dtype
        if tensor.ndim:  # else a count, which stays whole
            assert np.allclose(mixed.tensors[name], tensor + 0.25, atol=2e-3)
    mixed.write(tmp_path / "mixed.safetensors")
    assert read_weights(tmp_path / "mixed.safetensors").training["data"] == ["one", "two"]
    assert mixed.thresholds.image is None


def test_weights_of_two_networks_or_sizes_are_not_blended(small_weights):
    other_size = replace(small_weights, preprocessing=Preprocessing(64, 32))
    with pytest.raises(InputError, match="preprocessing differs"):
        blend(small_weights, other_size, 0.5)
    with pytest.raises(InputError, match="between 0 and 1"):
        blend(small_weights, small_weights, 1.5)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_no_finite_numbers_are_refused_by_name(small_weights, tmp_path, number):
    tensors = dict(small_weights.tensors)
    tensors["head.bias"] = np.where(np.arange(8) == 3, number, tensors["head.bias"]).astype(np.float32)
    replace(small_weights, tensors=tensors).write(tmp_path / "own.safetensors")
    with pytest.raises(InputError, match=r"own\.safetensors: the tensor 'head\.bias' holds numbers that are not finite"):
        read_weights(tmp_path / "own.safetensors")
