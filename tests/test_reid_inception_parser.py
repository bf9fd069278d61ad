"""The paper's parser: its maps, its parts, and the reach of its pyramid."""

import pytest
import torch
from safetensors.torch import save_file

from reid import models
from reid.models.inception_parser import AtrousPyramid
from reid.models.regions import LABELS


@pytest.fixture(scope="module")
def parser():
    torch.manual_seed(0)
    return models.build("parser")


def test_it_is_a_parser_and_no_network_that_embeds_people():
    assert "parser" in models.parsers()
    assert "parser" not in models.available()


@pytest.mark.parametrize(("size", "maps"), [((512, 512), (32, 32)), ((160, 64), (10, 4)), ((512, 170), (32, 11))])
def test_its_maps_have_a_sixteenth_of_the_size(size, maps):
    with torch.device("meta"):
        network = models.build("parser").eval()
        assert network(torch.zeros(2, 3, *size)).shape == (2, network.dimension, *maps)
    assert (network.preprocessing.height, network.preprocessing.width) == (512, 512)


def test_it_gives_probabilities_and_in_training_their_logits(parser):
    images = torch.randn(2, 3, 64, 32)
    with torch.no_grad():
        (head,) = parser.train()(images)
        maps = parser.eval()(images)
    assert head[:3] == (None, None, None)
    assert head.maps.shape == maps.shape == (2, len(LABELS), 4, 2)
    torch.testing.assert_close(maps.sum(1), torch.ones(2, 4, 2))


def test_its_parts_have_the_names_by_which_a_recipe_sets_their_rates(parser):
    assert {name.partition(".")[0] for name, _ in parser.named_parameters()} == {"backbone", "aspp", "classifier"}


def test_each_branch_of_the_pyramid_sees_nine_pixels_as_far_apart_as_its_rate():
    pyramid = AtrousPyramid(1).eval()
    for branch in pyramid:
        torch.nn.init.ones_(branch[0].weight)
    point = torch.zeros(1, 1, 25, 25)
    point[0, 0, 12, 12] = 1
    with torch.no_grad():
        seen = pyramid(point)[0, ::256] > 0  # a channel of each branch
    for maps, rate in zip(seen, (3, 6, 9, 12), strict=True):
        steps = (12 - rate, 12, 12 + rate)
        assert maps.nonzero().tolist() == [[y, x] for y in steps for x in steps]


def test_its_backbone_starts_from_a_file(parser, tmp_path):
    tensors = {name: torch.rand_like(value) for name, value in parser.backbone.state_dict().items() if value.ndim}
    save_file(tensors | {"fc.bias": torch.zeros(1000), "AuxLogits.fc.bias": torch.zeros(1000)}, tmp_path / "own.safetensors")
    assert parser.load_backbone(tmp_path / "own.safetensors")
    assert torch.equal(parser.backbone.Mixed_7c.branch_pool.conv.weight, tensors["Mixed_7c.branch_pool.conv.weight"])
