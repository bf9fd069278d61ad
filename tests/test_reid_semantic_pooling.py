"""Pooling by the maps of a parser, and the parser inside another network."""

import pytest
import torch
from normed_parser import NormedParser
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import update_bn

from reid import models
from reid.common.errors import InputError
from reid.engines.openvino import OpenVINO
from reid.export import export_openvino, verify
from reid.models.frozen_parser import FrozenParser
from reid.models.layers import Average, GeM, Maximum
from reid.models.regions import LABELS
from reid.models.semantic_pooling import pool, scale_up
from reid.weights.weights_file import weights_of


def seeded(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(5, 4), (10, 8), (7, 9)], ids=["equal sizes", "twice", "another shape"])
def test_pooling_equals_a_loop_over_the_pixels(size):
    activations, maps = seeded(2, 6, 5, 4), seeded(2, 3, *size, seed=1)
    scaled, found = scale_up(activations, maps), pool(activations, maps)
    assert found.shape == (2, 3, 6)
    for image in range(2):
        for region in range(3):
            total, weight = torch.zeros(6), 0.0
            for y in range(size[0]):
                for x in range(size[1]):
                    total += maps[image, region, y, x] * scaled[image, :, y, x]
                    weight += float(maps[image, region, y, x])
            torch.testing.assert_close(found[image, region], total / weight)


def test_activations_are_scaled_up_between_their_pixels():
    activations = torch.tensor([[[[0.0, 4.0]]]])
    assert scale_up(activations, torch.zeros(1, 1, 1, 4)).flatten().tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e4])
def test_the_weights_of_a_map_sum_to_one(scale):
    constant = torch.full((1, 2, 4, 3), 7.0)
    torch.testing.assert_close(pool(constant, scale * seeded(1, 5, 16, 12)), torch.full((1, 5, 2), 7.0))


def test_a_map_of_nothing_but_background_gives_zeros_and_finite_gradients():
    activations, maps = seeded(1, 3, 4, 3).requires_grad_(), torch.zeros(1, 2, 8, 6).requires_grad_()
    found = pool(activations, maps)
    found.sum().backward()
    assert found.tolist() == [[[0, 0, 0], [0, 0, 0]]]
    assert not activations.grad.any()
    assert maps.grad.isfinite().all()


def test_pooling_is_exact_where_the_network_around_it_runs_in_half_precision():
    activations, maps = 1000 * seeded(2, 4, 5, 4), seeded(2, 3, 10, 8, seed=1)
    with torch.autocast("cpu", torch.bfloat16):
        inside = pool(activations, maps)
    assert torch.equal(inside, pool(activations, maps))


class Around(models.Network):
    """A network of one normalisation with a parser inside."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.parser = FrozenParser("normed_parser")

    def forward(self, images):
        return self.parser(self.norm(images))


@pytest.fixture
def around(normed_parser):
    torch.manual_seed(0)
    return Around()


def test_a_parser_inside_gives_five_maps_that_do_not_depend_on_training(around):
    images = seeded(4, 3, 32, 16)
    expected = around.parser(images)
    assert expected.shape == (4, 5, 8, 4)
    torch.testing.assert_close(expected[:, 1:].sum(1), expected[:, 0])  # the parts of a person are the person
    assert torch.equal(around.train().parser(images), expected)
    assert torch.equal(around.eval().parser(images), expected)


def test_training_leaves_a_parser_inside_as_it_was(around):
    before = {name: value.clone() for name, value in around.state_dict().items()}
    assert not around.train()(3 + seeded(4, 3, 32, 16)).requires_grad
    update_bn([3 + seeded(4, 3, 32, 16)], around)
    changed = {name for name, value in around.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}


def test_a_parser_inside_computes_what_the_parser_computes_alone_after_its_weights_are_given(around):
    torch.manual_seed(7)
    alone = NormedParser()
    alone(seeded(4, 3, 32, 16))  # moves the running statistics
    around.load_parser(alone.state_dict(), "normed_parser")
    images = seeded(2, 3, 32, 16, seed=3)
    with torch.no_grad():
        torch.testing.assert_close(around.parser(images)[:, 0], 1 - alone.eval()(images)[:, LABELS.index("background")])


@pytest.mark.parametrize(
    ("spoil", "model", "sentence"),
    [
        pytest.param(lambda tensors: tensors, "parser", "those of parser, but .* is normed_parser", id="another parser"),
        pytest.param(lambda tensors: tensors | {"more": torch.zeros(1)}, "normed_parser", "1 .* first 'more'", id="one more"),
        pytest.param(lambda _: {}, "normed_parser", "9 tensors differ", id="none"),
        pytest.param(
            lambda tensors: tensors | {"backbone.0.weight": torch.zeros(1)},
            "normed_parser",
            "first 'backbone.0.weight'",
            id="another shape",
        ),
    ],
)
def test_weights_that_do_not_fit_the_parser_inside_are_refused(around, spoil, model, sentence):
    before = around.parser.network.state_dict()["backbone.0.weight"].clone()
    with pytest.raises(InputError, match=sentence):
        around.load_parser(spoil(NormedParser().state_dict()), model)
    assert torch.equal(around.parser.network.state_dict()["backbone.0.weight"], before)


def test_a_network_without_a_parser_refuses_weights_for_one():
    with pytest.raises(InputError, match=r"parser_light are for a parser inside .* has none"):
        models.build("robust").load_parser({}, "parser_light")


@pytest.mark.parametrize("layer", [GeM(), GeM(1.5), Average(), Maximum()], ids=["gem", "another exponent", "average", "maximum"])
def test_pooling_by_a_foreground_is_pooling_of_its_pixels_alone(layer):
    maps, where = seeded(2, 3, 6, 4), torch.zeros(2, 1, 6, 4)
    where[:, :, 1:3] = 0.5 if not isinstance(layer, Maximum) else 1
    with torch.no_grad():
        torch.testing.assert_close(layer(maps, where), layer(maps[:, :, 1:3]))


def test_pooling_of_powers_by_an_empty_foreground_has_finite_gradients():
    layer, maps = GeM(), seeded(2, 3, 6, 4).requires_grad_()
    found = layer(maps, torch.zeros(2, 1, 6, 4))
    found.sum().backward()
    torch.testing.assert_close(found, torch.zeros(2, 3), atol=1e-5, rtol=0)
    assert maps.grad.isfinite().all() and layer.exponent.grad.isfinite()


DOORS = {
    "robust": {},
    "robust_2x": {"pool": "average"},
    "hacnn": {},
    "bnneck_resnet18": {"neck": "neck3"},
}


@pytest.fixture(params=DOORS)
def pair(request, normed_parser):
    """A network as it is, and with equal parameters one that pools by a foreground, in evaluation mode."""
    torch.manual_seed(0)
    plain = models.build(request.param, **DOORS[request.param]).eval()
    door = models.build(request.param, foreground="parser_light", **DOORS[request.param]).eval()
    door.load_state_dict(plain.state_dict() | {f"parser.{key}": value for key, value in door.parser.state_dict().items()})
    return plain, door


def test_a_foreground_everywhere_changes_nothing_and_a_half_one_does(pair):
    plain, door = pair
    images = torch.randn(2, 3, 160, 64, generator=torch.Generator().manual_seed(0))
    where = torch.ones(2, 1, 10, 4)  # as large as the last maps
    door.parser.foreground = lambda images: where
    with torch.no_grad():
        expected = plain(images)
        torch.testing.assert_close(door(images), expected, atol=1e-5, rtol=0)
        where[:, :, :5] = 0
        assert (door(images) - expected).abs().max() > 1e-4


def test_without_a_foreground_a_network_has_no_tensor_of_a_parser(pair):
    plain, door = pair
    keys = set(door.state_dict())
    assert {key for key in keys if not key.startswith("parser.")} == set(plain.state_dict())
    assert len(keys) > len(plain.state_dict())


def test_a_network_that_pools_by_a_foreground_trains_in_all_parts_but_the_parser(normed_parser):
    network = models.build("robust", classes=5, foreground="parser_light")
    sum(head.logits.sum() for head in network(torch.randn(4, 3, 160, 64))).backward()
    untrained = {name for name, value in network.named_parameters() if value.grad is None}
    assert untrained == {name for name, _ in network.named_parameters() if name.startswith("parser.")}


def test_a_network_that_pools_by_a_foreground_comes_back_from_its_weights(normed_parser):
    torch.manual_seed(0)
    network, options = models.build("bnneck_resnet18", foreground="parser_light"), {"foreground": "parser_light"}
    found = weights_of("bnneck_resnet18", network, options=options).network()
    with torch.no_grad():
        torch.testing.assert_close(found(seeded(2, 3, 64, 32)), network.eval()(seeded(2, 3, 64, 32)), atol=2e-3, rtol=0)


class Pooled(models.Network):
    """One convolution, pooled by the foreground of a parser inside."""

    preprocessing = NormedParser.preprocessing

    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(3, 8, 3, 8, 1)
        self.pool = GeM()
        self.parser = FrozenParser("normed_parser")

    def forward(self, images):
        return F.normalize(self.pool(self.body(images), self.parser.foreground(images)))


def test_a_network_that_pools_by_a_foreground_exports_as_one_graph_for_any_number_of_images(normed_parser, tmp_path):
    torch.manual_seed(0)
    network = Pooled().eval()
    export_openvino(network, network.preprocessing, tmp_path / "own.xml")
    assert verify(OpenVINO(tmp_path / "own.xml", "f32"), network, network.preprocessing) > 0.99999
