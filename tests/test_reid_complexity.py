"""Parameters and multiply-adds: the counting rule, and the networks against their papers."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import nn

from reid.models import build
from reid.models.backbones import build_backbone
from reid.models.complexity import PUBLISHED, count
from reid.preprocessing import Preprocessing


def network_of(*layers):
    network = nn.Sequential(*layers)
    network.preprocessing = Preprocessing(8, 6)
    return network


@pytest.mark.parametrize(
    ("network", "parameters", "multiply_adds"),
    [
        pytest.param(network_of(nn.Conv2d(3, 4, 3, padding=1)), 4 * 27 + 4, 8 * 6 * 4 * 27, id="a convolution"),
        pytest.param(network_of(nn.Conv2d(3, 4, 3, 2, 1)), 4 * 27 + 4, 4 * 3 * 4 * 27, id="a stride"),
        pytest.param(network_of(nn.Conv2d(3, 6, 1, groups=3)), 6 + 6, 8 * 6 * 6, id="groups"),
        pytest.param(network_of(nn.Flatten(), nn.Linear(144, 5)), 144 * 5 + 5, 144 * 5, id="a linear layer"),
        pytest.param(network_of(nn.BatchNorm2d(3), nn.ReLU()), 6, 0, id="what is not counted"),
    ],
)
def test_a_layer_counts_one_for_each_multiply_add(network, parameters, multiply_adds):
    counted = count(network)
    assert (counted.parameters, counted.multiply_adds) == (parameters, multiply_adds)


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [("robust", 2.91e6, 0.68e9), ("robust_2x", 5.76e6, 1.62e9), ("hacnn", 2.93e6, 0.54e9)],
)
def test_a_network_has_the_size_of_a_straightforward_reading_of_its_paper(name, parameters, multiply_adds):
    counted = count(build(name))
    assert counted.parameters == pytest.approx(parameters, rel=0.005)
    assert counted.multiply_adds == pytest.approx(multiply_adds, rel=0.01)


def test_robust_is_close_to_the_figures_that_its_paper_prints():
    counted, published = count(build("robust")), PUBLISHED["robust"]
    assert counted.parameters == pytest.approx(published.parameters, rel=0.03)
    assert counted.multiply_adds == pytest.approx(published.multiply_adds, rel=0.08)


@pytest.mark.parametrize("name", ["robust", "robust_2x"])
def test_robust_has_the_printed_flops_with_normalisations_biases_and_relu_counted_too(name):
    """One a value for the bias of each convolution, two for its normalisation and one for ReLU, to the digits of print."""
    network, more = build(name).eval(), 0

    def add(times):
        def hook(module, inputs, output):
            nonlocal more
            more += times * output.numel()

        return hook

    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.register_forward_hook(add(3))
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(add(1))
    alone = count(network).multiply_adds
    assert alone + more == pytest.approx(PUBLISHED[name].multiply_adds, abs=5e6)


def test_resnet50_with_the_classifier_of_imagenet_has_the_size_that_lawen_et_al_print():
    counted, published = count(build("bnneck_resnet50", last_stride=1)), PUBLISHED["bnneck_resnet50"]
    assert counted.parameters == 25_557_032 - 2048 * 1000 - 1000 + 2 * 2048  # torchvision's, and the neck for the classifier
    assert counted.parameters + 2048 * 1000 == pytest.approx(published.parameters, rel=0.03)
    assert counted.multiply_adds == pytest.approx(published.multiply_adds, abs=5e7)


INCEPTION = 27_161_264 - 3_326_696 - 2048 * 1000 - 1000  # torchvision's number, without its two classifiers
PYRAMID = 4 * (9 * 2048 * 256 + 2 * 256) + 1024 * 20 + 20  # four branches and the classifier of pixels


@cache
def counted(name, size=None, **options):
    with torch.device("meta"):
        network = build(name, **options)
    if size:
        network.preprocessing = replace(network.preprocessing, height=size[0], width=size[1])
    return count(network)


def test_inception_has_the_multiply_adds_that_torchvision_publishes():
    with torch.device("meta"):
        backbone = build_backbone("inception_v3", 2)
    backbone.preprocessing = Preprocessing(299, 299)
    assert count(backbone).multiply_adds + 2048 * 1000 == pytest.approx(5.713e9, abs=5e5)


def test_the_parser_has_the_size_of_its_layers():
    """Szegedy et al., CVPR 2016, table 1 and figures 5 to 7, on maps of 256, 128, 64 and 32 pixels a side."""

    def a(inputs, pooled):
        return inputs * (64 + 48 + 64 + pooled) + 25 * 48 * 64 + 9 * 96 * (64 + 96)

    def c(width):
        return 768 * (192 + 2 * width + 192) + 7 * (width * width + width * 192) + 7 * (3 * width * width + width * 192)

    def e(inputs):
        return inputs * (320 + 384 + 448 + 192) + 9 * 448 * 384 + 4 * 3 * 384 * 384

    stem = 256**2 * 9 * (3 * 32 + 32 * 32 + 32 * 64) + 128**2 * (64 * 80 + 9 * 80 * 192)
    fifth = 64**2 * (a(192, 32) + a(256, 64) + a(288, 64) + 288 * 64 + 9 * 64 * 96)
    sixth = 9 * 288 * 384 + 9 * 96 * 96 + c(128) + 2 * c(160) + c(192)
    seventh = 2 * 768 * 192 + 9 * 192 * (320 + 192) + 14 * 192 * 192 + e(1280) + e(2048)
    pyramid = 4 * 9 * 2048 * 256 + 1024 * 20
    parser = counted("parser")
    assert parser.parameters == INCEPTION + PYRAMID
    assert parser.multiply_adds == stem + fifth + 32**2 * (sixth + seventh + pyramid)


@pytest.mark.parametrize(
    ("options", "backbones", "parsers"),
    [
        pytest.param({}, 2, 1, id="with foreground"),
        pytest.param({"regions": "body"}, 2, 1, id="without"),
        pytest.param({"regions": "combined"}, 2, 1, id="combined"),
        pytest.param({"shared": True}, 1, 1, id="shared"),
        pytest.param({"regions": "none"}, 1, 0, id="the baseline"),
    ],
)
def test_spreid_has_the_size_of_its_backbones_and_its_parser(options, backbones, parsers):
    found, alone, parser = counted("spreid", **options), counted("spreid", regions="none"), counted("parser", (512, 170))
    assert found.parameters == backbones * INCEPTION + parsers * (INCEPTION + PYRAMID)
    assert found.multiply_adds == backbones * alone.multiply_adds + parsers * parser.multiply_adds


def test_a_light_spreid_has_the_size_of_efficientnet_and_the_light_parser():
    found = counted("spreid", (160, 64), backbone="efficientnet_lite0", parser="parser_light", shared=True, last_stride=1)
    assert found.parameters == 4_652_008 - 1280 * 1000 - 1000 + counted("parser_light").parameters
    assert found.multiply_adds < 0.5e9


def resnet50(height, width, last_stride=2):
    """The multiply-adds of He et al., CVPR 2016, table 1, up to each group; the stride is that of a block's 3x3 convolution."""
    pixels, inputs, sums = height * width // 4, 64, [height * width // 4 * 49 * 3 * 64]
    pixels //= 4
    for blocks, middle, stride in ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, last_stride)):
        outputs, total = 4 * middle, 0
        for block in range(blocks):
            before, step = pixels, stride if block == 0 else 1
            pixels //= step * step
            total += before * inputs * middle + pixels * (9 * middle * middle + middle * outputs)
            total += pixels * inputs * outputs if block == 0 else 0  # the shortcut
            inputs = outputs
        sums.append(total)
    return sums


# torchvision's number of parameters of ResNet-50, without its classifier; those of a later block of group 3, and of group 4.
RESNET50 = 25_557_032 - 2048 * 1000 - 1000
BLOCK = 1024 * 256 + 9 * 256 * 256 + 256 * 1024 + 2 * (256 + 256 + 1024)
LAST = 1024 * 512 + 2 * 2048 * 512 + 3 * (9 * 512 * 512 + 512 * 2048) + 1024 * 2048 + 2 * (3 * (512 + 512 + 2048) + 2048)
REDUCTION = 2048 * 256 + 2 * 256


def test_the_backbone_of_the_part_networks_has_the_multiply_adds_that_torchvision_publishes():
    assert sum(resnet50(224, 224)) + 2048 * 1000 == pytest.approx(4.089e9, abs=5e5)


@pytest.mark.parametrize("last_stride", [1, 2])
def test_pcb_has_the_size_of_resnet50_and_one_reduction(last_stride):
    found = counted("pcb", last_stride=last_stride, neck="none")
    assert found.parameters == RESNET50 + REDUCTION
    assert found.multiply_adds == sum(resnet50(384, 128, last_stride)) + 6 * 2048 * 256
    assert counted("pcb").parameters == RESNET50 + REDUCTION + 6 * 2 * 256
    assert counted("pcb", test_feature="g").multiply_adds == sum(resnet50(384, 128, 1))


@pytest.mark.parametrize("last_stride", [1, 2])
def test_mgn_has_three_copies_of_what_follows_the_first_block_of_the_third_group(last_stride):
    found = counted("mgn", last_stride=last_stride, neck="none")
    assert found.parameters == RESNET50 + 2 * (5 * BLOCK + LAST) + 8 * REDUCTION
    block = 24 * 8 * (1024 * 256 + 9 * 256 * 256 + 256 * 1024)
    (*before, whole), last = resnet50(384, 128, last_stride), resnet50(384, 128, 1)[-1]
    assert found.multiply_adds == sum(before) + 2 * 5 * block + whole + 2 * last + 8 * 2048 * 256
    assert counted("mgn", neck="bnneck").parameters == found.parameters + 8 * 2 * 256


def test_alignedreid_computes_its_stripes_only_where_they_are_compared():
    found = counted("alignedreid", neck="none")
    assert found.parameters == RESNET50 + 2 * 2048 + 2048 * 128 + 128
    assert found.multiply_adds == sum(resnet50(256, 128, 1))
