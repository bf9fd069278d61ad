"""SPReID: what its descriptors hold, what trains, and its way to disk and to other engines, with a small parser inside."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from reid import models
from reid.engines.openvino import OpenVINO
from reid.export import export_onnx, export_openvino, verify
from reid.models.backbones import build_backbone
from reid.models.semantic_pooling import pool
from reid.preprocessing import Preprocessing
from reid.weights.weights_file import read_weights, weights_of

LIGHT = {"backbone": "efficientnet_lite0", "parser": "parser_light"}
WIDTH = 1280

pytestmark = pytest.mark.usefixtures("normed_parser")


def build(classes=5, **options):
    torch.manual_seed(0)
    return models.build("spreid", classes, **LIGHT, **options)


def images(count=4):
    return torch.randn(count, 3, 64, 32, generator=torch.Generator().manual_seed(0))


def names(network):
    return {name.partition(".")[0] for name, value in network.named_parameters() if value.requires_grad}


@pytest.mark.parametrize(
    ("options", "dimension"),
    [
        pytest.param({}, 3 * 2048, id="with foreground"),
        pytest.param({"regions": "body"}, 2 * 2048, id="without"),
        pytest.param({"regions": "combined"}, 5 * 2048, id="combined"),
        pytest.param({"regions": "none"}, 2048, id="the baseline"),
        pytest.param({"backbone": "resnet152", "shared": True}, 3 * 2048, id="another backbone, shared"),
        pytest.param({**LIGHT, "last_stride": 1}, 3 * 1280, id="light"),
    ],
)
def test_an_embedding_has_the_dimension_of_its_regions(options, dimension):
    with torch.device("meta"):
        network = models.build("spreid", **options).eval()
        assert network(torch.zeros(2, 3, 512, 170)).shape == (2, dimension) == (2, network.dimension)
    assert (network.preprocessing.height, network.preprocessing.width) == (512, 170)


def test_a_descriptor_holds_the_average_the_foreground_and_the_strongest_of_four_regions():
    network = build().eval()
    with torch.no_grad():
        (found,) = network.descriptors(images())
        maps = network.region_backbone(images())
        regions = pool(maps, network.parser(images()))
        average = network.backbone(images()).mean((2, 3))
    torch.testing.assert_close(found, torch.cat([average, regions[:, 0], regions[:, 1:].amax(1)], 1))


def test_without_foreground_that_third_is_missing_and_combined_has_both():
    networks = {regions: build(regions=regions).eval() for regions in ("foreground", "body", "combined")}
    with torch.no_grad():
        found = {regions: network.descriptors(images()) for regions, network in networks.items()}
        rows = {regions: network(images()) for regions, network in networks.items()}
    with_foreground, without = found["foreground"][0], found["body"][0]
    torch.testing.assert_close(without, torch.cat([with_foreground[:, :WIDTH], with_foreground[:, 2 * WIDTH :]], 1))
    torch.testing.assert_close(found["combined"], [with_foreground, without])
    torch.testing.assert_close(rows["combined"], torch.cat([rows["foreground"], rows["body"]], 1) / 2**0.5)
    torch.testing.assert_close(rows["combined"].norm(dim=1), torch.ones(4))


def test_the_baseline_is_the_average_of_its_backbone_alone():
    network = build(regions="none").eval()
    with torch.no_grad():
        torch.testing.assert_close(network(images()), F.normalize(network.backbone(images()).mean((2, 3))))
    assert names(network) == {"backbone", "classifiers"}


@pytest.mark.parametrize("regions", ["foreground", "body", "none", "combined"])
def test_the_identity_loss_alone_trains_everything_but_the_parser(regions):
    network = build(regions=regions)
    heads = network(images())
    assert [(head.features, head.logits.shape) for head in heads] == [(None, (4, 5))] * (2 if regions == "combined" else 1)
    assert sum(head.descriptor.shape[1] for head in heads) == network.dimension
    for head, classify in zip(heads, network.classifiers, strict=True):
        assert torch.equal(head.logits, F.linear(head.descriptor, classify.weight))
    sum(head.logits.sum() for head in heads).backward()
    without = {name for name, value in network.named_parameters() if value.grad is None}
    assert {name.partition(".")[0] for name in without} == ({"parser"} if regions != "none" else set())


def test_a_shared_backbone_serves_both_poolings():
    shared, apart = build(shared=True).eval(), build(shared=False).eval()
    assert names(shared) == {"backbone", "classifiers"}
    assert names(apart) == {"backbone", "region_backbone", "classifiers"}
    apart.backbone.load_state_dict(shared.backbone.state_dict())
    apart.region_backbone.load_state_dict(shared.backbone.state_dict())
    apart.parser.load_state_dict(shared.parser.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(apart(images()), shared(images()))


@pytest.mark.parametrize("options", [{}, {"shared": True}, {"regions": "none"}], ids=["two", "shared", "alone"])
def test_every_backbone_starts_from_the_same_file(tmp_path, options):
    tensors = {name: value + 1 for name, value in build_backbone(LIGHT["backbone"], 2).state_dict().items()}
    save_file(tensors, tmp_path / "own.safetensors")
    network = build(**options)
    assert network.load_backbone(tmp_path / "own.safetensors")
    for part in [name for name in ("backbone", "region_backbone") if name in names(network)]:
        for name, value in network.get_submodule(part).state_dict().items():
            assert name.endswith("num_batches_tracked") or torch.equal(value, tensors[name]), name


def test_images_of_nobody_have_embeddings_too():
    network = build().eval()
    network.parser.forward = lambda images: torch.zeros(len(images), 5, 16, 8)
    with torch.no_grad():
        rows = network(images())
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(4))
    assert not rows[:, WIDTH:].any()


def test_weights_hold_the_parser_and_come_back_with_the_options(tmp_path):
    options = {**LIGHT, "regions": "combined", "shared": True, "last_stride": 1}
    network = build(**{name: value for name, value in options.items() if name not in LIGHT})
    network(images())  # moves the running statistics
    network.preprocessing = Preprocessing(64, 32)
    weights_of("spreid", network, options=options).write(tmp_path / "own.safetensors")
    found = read_weights(tmp_path / "own.safetensors")
    assert found.options == options
    assert any(name.startswith("parser.") for name in found.tensors)
    assert not any(name.startswith("classifier") for name in found.tensors)
    with torch.no_grad():
        np.testing.assert_allclose(found.network()(images()), network.eval()(images()), atol=2e-3)


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_an_export_holds_parser_and_backbones_and_agrees_with_pytorch(tmp_path, suffix):
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    network, preprocessing = build(0, regions="combined", shared=True).eval(), Preprocessing(64, 32)
    (export_onnx if suffix == ".onnx" else export_openvino)(network, preprocessing, tmp_path / f"own{suffix}")
    assert verify(OpenVINO(tmp_path / f"own{suffix}", "f32"), network, preprocessing) > 0.99999
