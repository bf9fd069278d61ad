"""The networks against their papers: shapes, counts, and the behaviour of their parts."""

from types import SimpleNamespace
from typing import Literal

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from reid import models
from reid.common.errors import InputError
from reid.models import registry
from reid.models.layers import GeM, HarmoniousAttention, StridedDepthwise, sample_regions
from reid.models.shuffle import ShuffleA, ShuffleB, shuffle


@pytest.fixture(scope="module", params=["hacnn", "robust", "robust_2x"])
def network(request):
    torch.manual_seed(0)
    return models.build(request.param, classes=5)


def test_a_descriptor_is_a_row_of_unit_length_and_of_the_stated_dimension(network):
    with torch.no_grad():
        descriptors = network.eval()(torch.randn(3, 3, 160, 64))
    assert descriptors.shape == (3, network.dimension)
    assert torch.allclose(descriptors.norm(dim=1), torch.ones(3), atol=1e-5)


def test_training_gives_two_heads_of_features_and_logits(network):
    heads = network.train()(torch.randn(2, 3, 160, 64))
    assert [(features.shape, logits.shape) for features, logits, *_ in heads] == [((2, network.dimension // 2), (2, 5))] * 2


def test_robust_heads_are_of_unit_length_before_the_losses():
    heads = models.build("robust", classes=5).train()(torch.randn(2, 3, 160, 64))
    for features, *_ in heads:
        assert torch.allclose(features.norm(dim=1), torch.ones(2), atol=1e-5)


def test_every_parameter_of_a_network_is_trained_by_its_heads(network):
    network.train()
    network.zero_grad()
    heads = network(torch.randn(4, 3, 160, 64))
    sum(head.logits.sum() for head in heads).backward()
    assert [name for name, value in network.named_parameters() if value.grad is None] == []


def test_an_unknown_network_is_refused_with_the_list_of_those_that_exist():
    with pytest.raises(InputError, match="robust_2x"):
        models.build("osnet")


def test_a_network_without_its_sizes_is_told(monkeypatch):
    monkeypatch.setitem(registry._builders, "bare", lambda classes=0: nn.Linear(2, 2))
    with pytest.raises(InputError, match="bare: the network lacks preprocessing and dimension"):
        models.build("bare")


@pytest.fixture
def optional(monkeypatch):
    """A made-up builder with options, which gives back what it was called with."""

    def optional(classes: int = 0, *, shape: Literal["round", "square"] = "round", stride: Literal[1, 2] = 1):
        return SimpleNamespace(preprocessing=None, dimension=0, given=(classes, shape, stride))

    monkeypatch.setitem(registry._builders, "optional", optional)


def test_options_and_their_values_are_read_off_the_builder(optional):
    assert models.options("optional") == {"shape": "round", "stride": 1}
    assert models.choices("optional") == {"shape": ("round", "square"), "stride": (1, 2)}
    assert models.build("optional", 3, stride=2).given == (3, "round", 2)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param({"form": 1}, "unknown option form; choose from shape, stride", id="an unknown option"),
        pytest.param({"shape": "flat"}, "shape must be one of round, square, not 'flat'", id="an unknown value"),
        pytest.param({"stride": True}, "stride must be one of .*, not True", id="a value of another kind"),
        pytest.param({"stride": [1]}, "stride must be one of .*, not \\[1\\]", id="a list"),
    ],
)
def test_an_option_that_does_not_exist_is_refused_with_those_that_do(optional, options, sentence):
    with pytest.raises(InputError, match=sentence):
        models.build("optional", **options)


@pytest.mark.parametrize(
    "options",
    [{"blocks": "inception"}, {"pool": "average"}, {"pool": "max"}, {"head": "bnneck"}, {"head": "none"}],
    ids=lambda options: "-".join(options.values()),
)
def test_each_exchanged_piece_gives_unit_rows_and_trains_in_all_its_parts(options):
    network = models.build("robust", classes=5, **options)
    heads = network(torch.randn(4, 3, 160, 64))
    assert [(features.shape, logits.shape) for features, logits, *_ in heads] == [((4, 512), (4, 5))] * 2
    sum(head.logits.sum() for head in heads).backward()
    trained = {name for name, value in network.named_parameters() if value.requires_grad}
    assert {name for name, value in network.named_parameters() if value.grad is not None} == trained
    with torch.no_grad():
        assert torch.allclose(network.eval()(torch.randn(2, 3, 160, 64)).norm(dim=1), torch.ones(2), atol=1e-5)


def test_hacnn_and_robust_with_each_others_pieces_are_the_same_network():
    def shapes(name, **options):
        return {key: value.shape for key, value in models.build(name, **options).state_dict().items()}

    assert shapes("hacnn", **models.options("robust")) == shapes("robust")
    assert shapes("robust", **models.options("hacnn")) == shapes("hacnn")


def test_unit_length_is_all_that_the_head_changes():
    """Lawen et al. 2019, Table 2: row h has it and row b has not."""
    torch.manual_seed(0)
    unit, plain = (models.build("robust", classes=5, head=head) for head in ("unit", "none"))
    plain.load_state_dict(unit.state_dict())
    images = torch.randn(4, 3, 160, 64)
    for ours, theirs in zip(unit(images), plain(images), strict=True):
        lengths = theirs.features.norm(dim=1, keepdim=True)
        assert torch.allclose(ours.features, theirs.features / lengths, atol=1e-5)
        assert torch.allclose(ours.logits, theirs.logits / lengths, atol=1e-4)
        assert (theirs.features < 0).any()


@pytest.mark.parametrize("scale", [1, 4])
def test_relu_and_the_scale_of_the_logits_are_options_of_their_own(scale):
    network = models.build("robust", classes=5, relu=True, logit_scale=scale)
    for head, classify in zip(network(torch.randn(4, 3, 160, 64)), network.classifiers, strict=True):
        assert (head.features >= 0).all()
        assert torch.allclose(head.logits, scale * head.features @ classify.weight.T, atol=1e-4)


def test_average_and_maximum_pooling_side_by_side_widen_only_the_linear_layers():
    one, both = (models.build("robust", pool=pool).state_dict() for pool in ("average", "average_max"))
    wider = {name for name, value in one.items() if both[name].shape != value.shape}
    assert wider == {"global_embedding.0.weight", "local_embedding.0.weight"}
    assert both["local_embedding.0.weight"].shape == (512, 2 * one["local_embedding.0.weight"].shape[1])


def test_a_bnneck_head_gives_the_classifier_and_the_test_normalised_features():
    network = models.build("robust", classes=5, head="bnneck")
    images = torch.randn(4, 3, 160, 64)
    for (features, logits, *_), neck, classify in zip(network(images), network.necks, network.classifiers, strict=True):
        deviation = (features.var(0, correction=0) + neck.eps).sqrt()
        assert torch.allclose(logits, classify((features - features.mean(0)) / deviation), atol=1e-3)
        assert not neck.bias.requires_grad
    with torch.no_grad():
        halves = [neck(branch) for neck, branch in zip(network.eval().necks, network.branches(images), strict=True)]
        expected = torch.cat([F.normalize(half) for half in halves], 1) / 2**0.5
        assert torch.allclose(network(images), expected, atol=1e-6)


def test_gem_with_exponent_one_is_the_mean_and_with_a_large_one_the_maximum():
    maps = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)) + 0.1
    assert torch.allclose(GeM(1.0)(maps), maps.mean((2, 3)), atol=1e-6)
    assert torch.allclose(GeM(200.0)(maps), maps.amax((2, 3)), rtol=0.02)


def test_gem_starts_at_the_papers_exponent_and_follows_equation_6():
    maps = torch.rand(1, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(GeM()(maps), (maps**3).mean((2, 3)) ** (1 / 3), atol=1e-6)


def test_hard_attention_starts_as_four_horizontal_stripes():
    _, centres = HarmoniousAttention(16).eval()(torch.randn(2, 16, 20, 8))
    stripes = torch.tensor([[0, -0.75], [0, -0.25], [0, 0.25], [0, 0.75]])
    assert torch.allclose(centres, stripes.expand(2, 4, 2), atol=1e-6)


def test_regions_equal_one_affine_grid_sample_a_region():
    maps, centres = torch.randn(3, 5, 20, 8), torch.rand(3, 4, 2) - 0.5
    regions = sample_regions(maps, centres, 6, 7).unflatten(0, (3, 4))
    for region in range(4):
        theta = torch.zeros(3, 2, 3)
        theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = 1, 0.25, centres[:, region]
        slow = F.grid_sample(maps, F.affine_grid(theta, (3, 5, 6, 7), align_corners=True), align_corners=True)
        assert torch.allclose(regions[:, region], slow, atol=1e-5)


def test_shuffling_interleaves_the_channels_of_two_maps():
    first, second = torch.tensor([0.0, 1, 2]).view(1, 3, 1, 1), torch.tensor([10.0, 11, 12]).view(1, 3, 1, 1)
    assert shuffle(first, second).flatten().tolist() == [0, 10, 1, 11, 2, 12]


def test_shuffle_a_passes_one_half_of_the_channels_unchanged():
    maps = torch.randn(2, 8, 6, 4)
    assert torch.equal(ShuffleA(8).eval()(maps)[:, ::2], maps[:, :4])


@pytest.mark.parametrize(("stride", "size"), [(1, (6, 4)), (2, (3, 2))])
def test_shuffle_b_changes_width_and_stride(stride, size):
    assert ShuffleB(8, 20, stride)(torch.randn(2, 8, 6, 4)).shape == (2, 20, *size)


def test_one_image_of_a_batch_does_not_change_the_descriptor_of_another(network):
    images = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 3, 160, 64)).astype(np.float32))
    with torch.no_grad():
        together, alone = network.eval()(images)[1], network.eval()(images[1:2])[0]
    assert torch.allclose(together, alone, atol=1e-4)


def test_shuffled_maps_keep_channels_last_in_training_and_are_not_turned_around_elsewhere():
    maps = torch.randn(2, 8, 6, 4)
    last = maps.to(memory_format=torch.channels_last)
    for training in (False, True):
        block = ShuffleA(8).train(training)
        with torch.no_grad():
            plain, turned = block(maps), block(last)
        torch.testing.assert_close(turned, plain)
        assert turned.is_contiguous(memory_format=torch.channels_last) == training


@pytest.mark.parametrize("stride", [(2, 2), (2, 1)])
def test_a_strided_depthwise_convolution_trains_in_half_precision_as_any_other(stride):
    torch.manual_seed(0)
    ours = StridedDepthwise(16, 16, 3, stride, 1, groups=16, bias=False)
    plain = nn.Conv2d(16, 16, 3, stride, 1, groups=16, bias=False)
    plain.load_state_dict(ours.state_dict())
    found = []
    for layer in (ours, plain):
        maps = torch.randn(2, 16, 7, 6, generator=torch.Generator().manual_seed(1)).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            out = layer(maps)
        out.float().square().sum().backward()
        found.append((out, maps.grad, layer.weight.grad))
    for one, other in zip(*found, strict=True):
        assert one.shape == other.shape
        torch.testing.assert_close(one, other, atol=0.02 * float(other.detach().abs().max()), rtol=0)
