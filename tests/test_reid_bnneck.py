"""The strong baseline: its necks, its descriptor, and its way to disk and to other engines."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from reid import models
from reid.engines.openvino import OpenVINO
from reid.export import export_onnx, export_openvino, verify
from reid.preprocessing import Preprocessing
from reid.weights.weights_file import read_weights, weights_of


def build(classes=5, **options):
    torch.manual_seed(0)
    return models.build("bnneck_resnet18", classes, **options)


def images(count=4):
    return torch.randn(count, 3, 64, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("neck", "metric", "identity"),
    [
        ("neck1", None, "f_t"),
        ("neck2", "f_t", None),
        ("neck3", "f_t", "f_t"),
        ("bnneck1", None, "f_i"),
        ("bnneck2", "f_i", None),
        ("bnneck3", "f_i", "f_i"),
        ("bnneck", "f_t", "f_i"),
        ("l2", "f_t", "f_t"),
    ],
)
def test_a_neck_gives_each_loss_the_feature_that_figure_8_says(neck, metric, identity):
    network = build(neck=neck)
    features = dict(zip(("f_t", "f_i"), network.features(images()), strict=True))
    assert torch.equal(features["f_t"], features["f_i"]) == (not neck.startswith("bn"))
    (head,) = network(images())
    assert head.features is None if metric is None else torch.equal(head.features, features[metric])
    assert head.logits is None if identity is None else torch.equal(head.logits, network.classifier(features[identity]))
    trained = head.features if identity is None else head.logits
    trained.square().sum().backward()
    assert [name for name, value in network.named_parameters() if value.grad is None and name != "norm.bias"] == []


def test_the_neck_has_no_shift_and_the_classifier_no_bias():
    network = build()
    assert not network.norm.bias.requires_grad
    assert not network.norm.bias.any()
    assert network.classifier.bias is None
    assert network.classifier.weight.std().item() == pytest.approx((2 / 512) ** 0.5, rel=0.05)


@pytest.mark.parametrize(
    ("neck", "biased"),
    [("neck1", True), ("neck3", True), ("bnneck1", False), ("bnneck3", False), ("bnneck", False), ("l2", False)],
)
def test_the_classifier_has_a_bias_only_without_normalisation(neck, biased):
    assert (build(neck=neck).classifier.bias is not None) == biased


def test_l2_gives_both_losses_and_the_test_features_of_unit_length():
    network = build(neck="l2")
    (head,) = network(images())
    assert torch.allclose(head.features.norm(dim=1), torch.ones(4), atol=1e-5)
    assert torch.allclose(head.logits, 4 * head.features @ network.classifier.weight.T, atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(network.eval()(images()), network.features(images())[0], atol=1e-6)


def test_average_and_maximum_pooling_side_by_side_double_the_features():
    network = build(pool="average_max").eval()
    with torch.no_grad():
        maps = network.backbone(images())
        pooled, _ = network.features(images())
    assert network.dimension == 1024
    assert torch.allclose(pooled[:, :512], maps.mean((2, 3)), atol=1e-5)
    assert torch.allclose(pooled[:, 512:], maps.amax((2, 3)), atol=1e-5)


@pytest.mark.parametrize("test_feature", ["f_t", "f_i"])
def test_the_descriptor_is_the_chosen_feature_at_unit_length(test_feature):
    network = build(test_feature=test_feature).eval()
    network.norm.running_mean += 1
    with torch.no_grad():
        feature = dict(zip(("f_t", "f_i"), network.features(images()), strict=True))[test_feature]
        assert torch.allclose(network(images()), F.normalize(feature), atol=1e-6)


def test_f_t_is_the_mean_of_the_last_map():
    network = build().eval()
    with torch.no_grad():
        assert torch.allclose(network.features(images())[0], network.backbone(images()).mean((2, 3)), atol=1e-6)


def test_weights_with_options_come_back_and_embed_equally(tmp_path):
    options = {"last_stride": 2, "neck": "bnneck3", "test_feature": "f_t"}
    network = build(**options)
    network(images())  # moves the running statistics
    network.preprocessing = Preprocessing(64, 32)
    weights_of("bnneck_resnet18", network, options=options).write(tmp_path / "own.safetensors")
    found = read_weights(tmp_path / "own.safetensors")
    assert (found.options, found.preprocessing) == (options, Preprocessing(64, 32))
    with torch.no_grad():
        np.testing.assert_allclose(found.network()(images()), network.eval()(images()), atol=2e-3)


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_an_export_agrees_with_pytorch(tmp_path, suffix):
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    network, preprocessing = build(0).eval(), Preprocessing(64, 32)
    (export_onnx if suffix == ".onnx" else export_openvino)(network, preprocessing, tmp_path / f"own{suffix}")
    assert verify(OpenVINO(tmp_path / f"own{suffix}", "f32"), network, preprocessing) > 0.99999
