"""PCB, MGN and AlignedReID++: what their heads and descriptors hold, beside slow definitions, and their way to disk."""

from typing import get_args

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from configs import path
from reid import models
from reid.engines.openvino import OpenVINO
from reid.export import export_onnx, export_openvino, verify
from reid.models.backbones import BACKBONES, ResNet, build_backbone
from reid.models.stripes import cut_stripes
from reid.preprocessing import Preprocessing
from reid.training.objective import Objective
from reid.training.recipe import read_recipe
from reid.weights.weights_file import read_weights, weights_of

NETWORKS = ["pcb", "mgn", "alignedreid"]
NECKS = ["bnneck", "none"]
PCB_MEANS = {"h": 6 * 256, "g": 6 * 512}
everywhere = pytest.mark.parametrize("name", NETWORKS)
either_neck = pytest.mark.parametrize("neck", NECKS)


def build(name, classes=5, **options):
    torch.manual_seed(0)
    return models.build(name, classes, backbone="resnet18", **options)


def settled(name, classes=0, **options):
    """In evaluation mode, with running statistics that are not those of the start."""
    network = build(name, classes, **options)
    network(images())
    return network.eval()


def images(count=4):
    return torch.randn(count, 3, 96, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("height", "bounds"),
    [(24, [(0, 4), (4, 8), (8, 12), (12, 16), (16, 20), (20, 24)]), (4, [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4)])],
    ids=["a height that divides", "fewer rows than stripes"],
)
def test_stripes_cover_the_map_from_top_to_bottom_and_none_is_empty(height, bounds):
    maps = torch.randn(2, 3, height, 5)
    found = cut_stripes(maps, 6)
    assert all(torch.equal(stripe, maps[:, :, a:b]) for stripe, (a, b) in zip(found, bounds, strict=True))
    adaptive = F.adaptive_avg_pool2d(maps, (6, 1))[..., 0]
    torch.testing.assert_close(torch.stack([stripe.mean((2, 3)) for stripe in found], 2), adaptive)


@everywhere
@either_neck
def test_the_descriptor_joins_the_unit_descriptors_of_the_heads(name, neck):
    network = settled(name, 5, neck=neck)
    network.training = True  # of the network alone: its layers stay as they are
    with torch.no_grad():
        heads = network(images())
        rows = network.eval()(images())
    assert rows.shape == (4, network.dimension)
    torch.testing.assert_close(rows, F.normalize(torch.cat([F.normalize(head.descriptor) for head in heads], 1)))
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(4))


@everywhere
@either_neck
def test_without_classifiers_the_heads_have_no_logits(name, neck):
    assert all(head.logits is None for head in build(name, 0, neck=neck)(images()))


@pytest.mark.parametrize("test_feature", ["h", "g"])
@either_neck
def test_pcb_reduces_and_classifies_the_mean_of_each_of_six_stripes(neck, test_feature):
    network = build("pcb", neck=neck, test_feature=test_feature)
    heads, maps = network(images()), network.backbone(images())
    pooled = [maps[:, :, row : row + 1].mean((2, 3)) for row in range(6)]  # 96 rows of pixels are six of the map
    weight = network.reduction.reduce.weight
    stripes = torch.stack([each @ weight.T for each in pooled])
    reduced = (stripes - stripes.mean((0, 1))) / (stripes.var((0, 1), correction=0) + network.reduction.norm.eps).sqrt()
    for index, head in enumerate(heads):
        feature = reduced[index].relu()
        torch.testing.assert_close(head.features, feature, atol=1e-4, rtol=1e-3)
        seen = network.norms[index](head.features)
        torch.testing.assert_close(head.logits, network.classifiers[index](seen))
        torch.testing.assert_close(head.descriptor, pooled[index] if test_feature == "g" else seen, atol=1e-4, rtol=1e-3)
    assert network.dimension == PCB_MEANS[test_feature]


@either_neck
def test_mgn_takes_maxima_of_three_branches_and_of_halves_and_thirds(neck):
    network = settled("mgn", 5, neck=neck)
    whole, features = [], []
    for branch, stride in zip(network.branches, (2, 1, 1), strict=True):
        backbone = build_backbone("resnet18", stride).eval()
        backbone.load_state_dict({**network.trunk.state_dict(), **branch.state_dict()})
        whole.append(backbone(images()))
    assert [each.shape[2:] for each in whole] == [(3, 1), (6, 2), (6, 2)]
    halves = [whole[1][:, :, :3], whole[1][:, :, 3:]]
    thirds = [whole[2][:, :, :2], whole[2][:, :, 2:4], whole[2][:, :, 4:]]
    pooled = [each.amax((2, 3)) for each in (*whole, *halves, *thirds)]
    reduced = [reduce(each) for reduce, each in zip(network.reductions, pooled, strict=True)]
    normed = [norm(each) for norm, each in zip(network.norms, reduced, strict=True)]
    torch.testing.assert_close(network(images()), torch.cat([F.normalize(each) for each in normed], 1) / 8**0.5)
    network.training = True
    heads = network(images())
    seen = normed if neck == "bnneck" else [*pooled[:3], *reduced[3:]]
    for index, head in enumerate(heads):
        torch.testing.assert_close(head.logits, network.classifiers[index](seen[index]))
        features.append(head.features is not None)
        if index < 3:
            torch.testing.assert_close(head.features, reduced[index])
    assert features == [True] * 3 + [False] * 5
    assert all(each.bias is None for each in network.classifiers)


@either_neck
def test_alignedreid_has_a_global_feature_and_unit_stripes_of_maxima(neck):
    network = settled("alignedreid", 5, neck=neck)
    tall = torch.randn(4, 3, 192, 32, generator=torch.Generator().manual_seed(1))
    maps = network.backbone(tall)  # twelve rows
    rows, stripes = network.with_stripes(tall)
    torch.testing.assert_close(rows, F.normalize(network.norm(maps.mean((2, 3)))))
    active = network.local_norm(maps).relu()
    for index in range(8):
        first, last = index * 12 // 8, -(-(index + 1) * 12 // 8)
        local = network.local(active[:, :, first:last].amax((2, 3)))
        torch.testing.assert_close(stripes[:, index], local / local.norm(dim=1, keepdim=True))
    network.training = True
    (head,) = network(tall)
    torch.testing.assert_close(head.stripes, stripes)
    torch.testing.assert_close(head.features, maps.mean((2, 3)))
    torch.testing.assert_close(F.normalize(head.descriptor), rows)


@pytest.mark.parametrize("name", ["pcb", "alignedreid"])
def test_a_bnneck_has_neither_shift_nor_bias_and_the_authors_classifier_has_one(name):
    for neck in NECKS:
        network = build(name, neck=neck)
        kinds = {key.rpartition(".")[2] for key, _ in network.named_parameters() if key.startswith("classifier")}
        assert kinds == ({"weight"} if neck == "bnneck" else {"weight", "bias"})
        frozen = {key for key, value in network.named_parameters() if not value.requires_grad}
        assert frozen == {key for key in network.state_dict() if key.startswith("norm") and key.endswith("bias")}


@everywhere
@either_neck
def test_the_losses_of_a_recipe_reach_every_parameter_with_finite_gradients(name, neck):
    network, recipe = build(name, neck=neck), read_recipe(path("reid", name))
    network.preprocessing = Preprocessing(96, 32)
    objective = Objective(recipe, network, 5)
    total = objective.weights @ objective.losses(network(images(6)), torch.tensor([0, 0, 1, 1, 2, 2]))
    total.backward()
    for key, value in network.named_parameters():
        assert not value.requires_grad or (value.grad is not None and value.grad.isfinite().all()), key


@everywhere
def test_the_recipe_of_a_network_is_that_of_the_baseline_but_for_the_center_loss(name):
    recipe, baseline = read_recipe(path("reid", name)), read_recipe(path("reid", "bag_of_tricks"))
    assert (recipe.model, recipe.center_weight) == (name, 0)
    assert recipe.identity_weight and recipe.triplet_weight
    for key in ("epochs", "learning_rate", "warmup_epochs", "label_smoothing", "random_erasing", "triplet", "triplet_margin"):
        assert getattr(recipe, key) == getattr(baseline, key)
    network = models.build(name, backbone="resnet18", **recipe.options)
    assert (recipe.height, recipe.width) == (network.preprocessing.height, network.preprocessing.width)


@everywhere
def test_every_part_starts_from_the_file_of_a_backbone(tmp_path, name):
    tensors = {key: value + 1 for key, value in build_backbone("resnet18", 2).state_dict().items()}
    save_file(tensors, tmp_path / "own.safetensors")
    network = build(name)
    assert network.load_backbone(tmp_path / "own.safetensors")
    parts = [network.trunk, *network.branches] if name == "mgn" else [network.backbone]
    for part in parts:
        for key, value in part.state_dict().items():
            assert key.endswith("num_batches_tracked") or torch.equal(value, tensors[key]), key


@pytest.mark.parametrize("backbone", get_args(ResNet))
def test_mgn_divides_every_resnet_without_loss(backbone):
    if backbone.startswith("seres"):
        pytest.importorskip("timm")

    def size(*parts):
        return sum(value.numel() for part in parts for value in part.state_dict().values())

    with torch.device("meta"):
        network, whole = models.build("mgn", backbone=backbone), build_backbone(backbone, 1)
    assert {size(network.trunk, branch) for branch in network.branches} == {size(whole)}
    assert network.reductions[0].reduce.in_features == BACKBONES[backbone]


@everywhere
def test_weights_with_options_come_back_and_embed_equally(tmp_path, name):
    options = {"backbone": "resnet18", "neck": "none", "last_stride": 1}
    network = models.build(name, 5, **options)
    network(images())  # moves the running statistics
    network.preprocessing = Preprocessing(96, 32)
    weights_of(name, network, options=options).write(tmp_path / "own.safetensors")
    found = read_weights(tmp_path / "own.safetensors")
    assert (found.options, found.preprocessing) == (options, Preprocessing(96, 32))
    assert not any(key.startswith("classifier") for key in found.tensors)
    with torch.no_grad():
        np.testing.assert_allclose(found.network()(images()), network.eval()(images()), atol=2e-3)


@everywhere
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_an_export_agrees_with_pytorch(tmp_path, name, suffix):
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    network, preprocessing = settled(name), Preprocessing(96, 32)
    (export_onnx if suffix == ".onnx" else export_openvino)(network, preprocessing, tmp_path / f"own{suffix}")
    assert verify(OpenVINO(tmp_path / f"own{suffix}", "f32"), network, preprocessing) > 0.99999
