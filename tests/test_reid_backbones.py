"""The backbones against their publications, and weights that come from elsewhere."""

import sys
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from reid import models
from reid.common.errors import InputError
from reid.models.backbones import _address, build_backbone, load_weights
from reid.models.ibn import InstanceBatchNorm

# Parameters as torchvision, timm and the authors of IBN-Net publish them, with a classifier of 1000 classes.
PUBLISHED = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "seresnet50": 28_088_024,
    "seresnet101": 49_326_872,
    "seresnext50": 27_559_896,
    "seresnext101": 48_955_416,
    "resnet50_ibn_a": 25_557_032,
    "resnet50_ibn_b": 25_558_568,
    "inception_v3": 27_161_264 - 3_326_696,  # without the auxiliary classifier
    "efficientnet_lite0": 4_652_008,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_backbone_has_the_published_parameters_and_a_last_map_of_a_sixteenth(name):
    if name.startswith("se"):
        pytest.importorskip("timm")
    with torch.device("meta"):
        network = models.build(f"bnneck_{name}")
        maps = network.backbone(torch.zeros(2, 3, 256, 128))
    assert maps.shape == (2, network.dimension, 16, 8)
    classifier = 1000 * (network.dimension + 1)
    assert sum(value.numel() for value in network.backbone.parameters()) + classifier == PUBLISHED[name]


@pytest.mark.parametrize("name", ["resnet18", "resnet50_ibn_a", "seresnet50", "efficientnet_lite0"])
def test_a_last_stride_of_1_doubles_the_map_and_adds_no_parameter(name):
    if name.startswith("se"):
        pytest.importorskip("timm")
    with torch.device("meta"):
        fine, coarse = build_backbone(name, 1), build_backbone(name, 2)
        images = torch.zeros(2, 3, 64, 32)
        assert [side // 2 for side in fine(images).shape[2:]] == list(coarse(images).shape[2:])
    shapes = [{key: value.shape for key, value in backbone.state_dict().items()} for backbone in (fine, coarse)]
    assert shapes[0] == shapes[1]


@pytest.fixture
def inceptions():
    """Inception-V3 with the last stride of 1 and of 2, with equal parameters."""
    torch.manual_seed(0)
    fine, coarse = build_backbone("inception_v3", 1), build_backbone("inception_v3", 2)
    fine.load_state_dict(coarse.state_dict())
    return fine, coarse


def test_inception_is_torchvisions_with_the_images_that_its_published_weights_expect(inceptions):
    from torchvision.models import inception_v3

    theirs = inception_v3(transform_input=True, aux_logits=False, init_weights=False)
    theirs.load_state_dict(inceptions[1].state_dict(), strict=False)
    theirs.avgpool = theirs.dropout = theirs.fc = nn.Identity()
    images = torch.randn(1, 3, 107, 75, dtype=torch.float64)  # random layers fade out beyond float32
    with torch.no_grad():
        ours = inceptions[1].double().eval()(images)
        torch.testing.assert_close(ours.flatten(1), theirs.double().eval()(images), atol=0, rtol=1e-4)


@pytest.mark.parametrize(
    ("last_stride", "size", "maps"),
    [
        pytest.param(2, (299, 299), (8, 8), id="the published size"),
        pytest.param(2, (512, 170), (14, 3), id="a person"),
        pytest.param(1, (512, 512), (32, 32), id="the parser's"),
        pytest.param(1, (160, 64), (10, 4), id="a small person"),
        pytest.param(1, (512, 170), (32, 11), id="no multiple of 16"),
    ],
)
def test_inceptions_maps_have_the_published_size_or_a_sixteenth_of_the_image(last_stride, size, maps):
    with torch.device("meta"):
        backbone = build_backbone("inception_v3", last_stride)
        assert backbone(torch.zeros(2, 3, *size)).shape == (2, 2048, *maps)


def test_inceptions_finer_last_blocks_give_at_every_second_pixel_what_the_coarse_ones_give(inceptions):
    (fine, coarse), maps = (backbone.eval() for backbone in inceptions), torch.randn(1, 768, 17, 17)
    with torch.no_grad():
        reduced = fine.Mixed_7a(maps)
        torch.testing.assert_close(reduced[:, :, 1::2, 1::2], coarse.Mixed_7a(maps), atol=1e-5, rtol=0)
        pooled = 192  # the channels of the average pooling, which is not dilated
        dilated, dense = fine.Mixed_7b(reduced)[:, :-pooled], coarse.Mixed_7b(reduced[:, :, 1::2, 1::2])[:, :-pooled]
        assert dense.abs().max() > 1e-3
        torch.testing.assert_close(dilated[:, :, 1::2, 1::2], dense, atol=1e-5, rtol=0)


def test_ibn_normalises_the_first_half_by_instance_and_the_other_by_batch():
    maps = torch.randn(3, 8, 5, 4, generator=torch.Generator().manual_seed(0))
    normalised = InstanceBatchNorm(8)(maps)
    assert torch.allclose(normalised[:, :4], F.instance_norm(maps[:, :4]), atol=1e-6)
    assert torch.allclose(normalised[:, 4:], F.batch_norm(maps[:, 4:], None, None, training=True), atol=1e-6)


def test_ibn_a_spares_the_last_group():
    with torch.device("meta"):
        backbone = build_backbone("resnet50_ibn_a", 1)
    halves = [name for name, module in backbone.named_modules() if isinstance(module, InstanceBatchNorm)]
    blocks = {"layer1": 3, "layer2": 4, "layer3": 6}
    assert halves == [f"{group}.{block}.bn1" for group, count in blocks.items() for block in range(count)]


def test_ibn_b_normalises_by_instance_after_the_stem_and_two_groups():
    with torch.device("meta"):
        backbone = build_backbone("resnet50_ibn_b", 1)
    norms = {name: module.num_features for name, module in backbone.named_modules() if isinstance(module, nn.InstanceNorm2d)}
    assert norms == {"bn1": 64, "layer1.2.IN": 256, "layer2.3.IN": 512}


def test_ibn_bs_last_block_of_a_group_forgets_contrast():
    torch.manual_seed(0)
    group = build_backbone("resnet50_ibn_b", 1).layer1.eval()
    with torch.no_grad():
        output = group(torch.randn(2, 64, 8, 4))
        before = F.instance_norm(output)
    assert (output >= 0).all()
    assert torch.allclose(before.std((2, 3), correction=0), torch.ones(2, 256), atol=0.05)


@pytest.fixture(scope="module")
def trained():
    """A backbone of its own weights, with the classifier and the counters that published files have or lack."""
    torch.manual_seed(1)
    tensors = build_backbone("resnet18", 1).state_dict()
    return {key: value for key, value in tensors.items() if "num_batches" not in key} | {"fc.weight": torch.zeros(1000, 512)}


@pytest.mark.parametrize(
    ("suffix", "wrap"),
    [
        pytest.param(".safetensors", lambda tensors: tensors, id="safetensors"),
        pytest.param(".pth", lambda tensors: tensors, id="a state dict"),
        pytest.param(".pth", lambda tensors: {"state_dict": tensors, "epoch": 3}, id="a checkpoint around it"),
        pytest.param(".pth", lambda tensors: {f"module.{key}": value for key, value in tensors.items()}, id="from several GPUs"),
    ],
)
def test_a_local_file_gives_the_backbone_its_weights(trained, tmp_path, suffix, wrap):
    path = tmp_path / f"weights{suffix}"
    save_file(wrap(trained), path) if suffix == ".safetensors" else torch.save(wrap(trained), path)
    network = models.build("bnneck_resnet18")
    assert network.load_backbone(path)
    for key, value in network.backbone.state_dict().items():
        assert key not in trained or torch.equal(value, trained[key]), key


def _pickle(path):
    torch.save(nn.Linear(2, 2), path)


def _text(path):
    path.write_text("no weights")


def _numbers(path):
    torch.save({"epoch": 3}, path)


def _other(path):
    torch.save(build_backbone("resnet18", 1).state_dict() | {"layer4.0.conv1.weight": torch.zeros(1)}, path)


def _short(path):
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, path)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(lambda path: None, "no such file", id="no file"),
        pytest.param(_pickle, "not a state dict in", id="a pickled network"),
        pytest.param(_text, "not a state dict in", id="a text file"),
        pytest.param(_numbers, "not a state dict of tensors by name", id="no tensors"),
        pytest.param(_other, r"1 of 120 tensors differ, first 'layer4.0.conv1.weight' \(\(1,\) in the file", id="another shape"),
        pytest.param(_short, "absent in the file", id="tensors missing"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path, spoil, sentence):
    path = tmp_path / "weights.pth"
    spoil(path)
    with pytest.raises(InputError, match=sentence) as caught:
        load_weights(build_backbone("resnet18", 1), "resnet18", path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name != "efficientnet_lite0"])
def test_imagenet_weights_have_an_address_whose_file_name_carries_its_hash(name):
    if name.startswith("se"):
        pytest.importorskip("timm")
    address = _address(name)
    assert address.startswith("https://")
    assert torch.hub.HASH_REGEX.search(address)


def test_imagenet_weights_are_taken_where_they_are_reachable(trained, monkeypatch):
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda address, **_: trained)
    network = models.build("bnneck_resnet18")
    assert network.load_backbone("imagenet")
    assert torch.equal(network.backbone.conv1.weight, trained["conv1.weight"])


@pytest.mark.parametrize("error", [URLError("no route"), RuntimeError("invalid hash value")], ids=["no route", "other bytes"])
def test_imagenet_weights_that_cannot_be_had_are_a_warning_and_leave_the_backbone_alone(monkeypatch, caplog, error):
    def refuse(address, **_):
        raise error

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    network = models.build("bnneck_resnet18")
    before = network.backbone.conv1.weight.clone()
    assert not network.load_backbone("imagenet")
    assert "cannot download ImageNet weights of resnet18" in caplog.text
    assert torch.equal(network.backbone.conv1.weight, before)


def test_without_timm_a_squeeze_and_excitation_network_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError, match=r"pip install 'mtmc\[backbones\]'"):
        models.build("bnneck_seresnet50")
