"""The backbones: those of Luo et al., TMM 2019, table IX, of Kalayeh et al., CVPR 2018, table 3, and a light one.

Torchvision's ResNets and Inception-V3, timm's squeeze-and-excitation ResNets, IBN-Net50, and EfficientNet-Lite0.
"""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file
from torch import nn

from reid.common.errors import InputError
from reid.common.foreign_files import reading
from reid.models import efficientnet_lite
from reid.models.operators import import_torchvision

# Channels of the last map, by name.
BACKBONES = {
    "resnet18": 512,
    "resnet34": 512,
    "resnet50": 2048,
    "resnet101": 2048,
    "resnet152": 2048,
    "seresnet50": 2048,
    "seresnet101": 2048,
    "seresnext50": 2048,
    "seresnext101": 2048,
    "resnet50_ibn_a": 2048,
    "resnet50_ibn_b": 2048,
    "inception_v3": 2048,
    "efficientnet_lite0": efficientnet_lite.CHANNELS,
}
# Those with the four groups of a ResNet: Luo et al., TMM 2019, table IX, and ResNet-152.
ResNet = Literal[
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "seresnet50",
    "seresnet101",
    "seresnext50",
    "seresnext101",
    "resnet50_ibn_a",
    "resnet50_ibn_b",
]
# The networks of Hu et al., CVPR 2018, as in the public strong baseline; timm also has newer ones.
_TIMM = {
    "seresnet50": "legacy_seresnet50",
    "seresnet101": "legacy_seresnet101",
    "seresnext50": "legacy_seresnext50_32x4d",
    "seresnext101": "legacy_seresnext101_32x4d",
}
_IBN_RELEASE = "https://github.com/XingangPan/IBN-Net/releases/download/v1.0"
_IBN = {
    "resnet50_ibn_a": f"{_IBN_RELEASE}/resnet50_ibn_a-d9d0bb7b.pth",
    "resnet50_ibn_b": f"{_IBN_RELEASE}/resnet50_ibn_b-9ca61e85.pth",
}
_PREFIXES = "", "module.", "backbone."  # as published; from data-parallel training; from a network of this package
_log = logging.getLogger(__name__)


def build_backbone(name: str, last_stride: int) -> nn.Sequential:
    """One of `BACKBONES` with fresh parameters: `(B, 3, H, W)` to `(B, C, H / s, W / s)`, where s is 16 times `last_stride`.

    A last stride of 1 (Luo et al., CVPRW 2019, sec. 3.4) doubles the height and width of the last map without more parameters.
    Inception-V3 is finer in another way, and at a last stride of 2 a little smaller: see `reid.models.inception_v3`. Raises
    InputError if the package of this backbone is not installed.
    """
    if name == "efficientnet_lite0":
        return efficientnet_lite.efficientnet_lite0(last_stride)
    if name == "inception_v3":
        import_torchvision()
        from reid.models.inception_v3 import inception_v3

        return inception_v3(last_stride)
    whole = _build(name)
    children = OrderedDict()
    for child, module in whole.named_children():
        children[child] = module
        if child == "layer4":
            break
    for convolution in whole.get_submodule("layer4.0").modules():
        if isinstance(convolution, nn.Conv2d) and convolution.stride == (2, 2):
            convolution.stride = (last_stride, last_stride)
    return nn.Sequential(children)


def load_weights(backbone: nn.Sequential, name: str, source: str | Path) -> bool:
    """Load the weights of `source` into `backbone`, which is `name` of `BACKBONES`; True on success.

    "imagenet" is the published file of this backbone, downloaded once to torch.hub's cache. If the download fails, a warning is
    logged and the backbone keeps its weights. That of EfficientNet-Lite0 comes with a package. Any other source is a state dict
    in a .safetensors or .pth file, whose classifier is ignored. Raises InputError if the file cannot be read or does not fit, and
    if that package is not installed.
    """
    if source == "imagenet" and name == "efficientnet_lite0":
        tensors = _read(efficientnet_lite.published_file())
    elif source == "imagenet":
        try:
            tensors = torch.hub.load_state_dict_from_url(_address(name), map_location="cpu", check_hash=True, weights_only=True)
        except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: the hash does not match
            _log.warning(
                "cannot download ImageNet weights of %s (%s): it starts from random ones; a local file can be given instead",
                name,
                error,
            )
            return False
    else:
        tensors = dict(_read(Path(source)))
    if name == "efficientnet_lite0" and "_conv_stem.weight" in tensors:  # published under other names
        names = efficientnet_lite.published_names(backbone)
        tensors = {ours: tensors[theirs] for ours, theirs in names.items() if theirs in tensors}
    _fill(backbone, tensors, f"{source}: these weights do not fit the backbone {name!r}")
    return True


def _build(name: str) -> nn.Module:
    if name in _TIMM:
        return _timm().create_model(_TIMM[name], num_classes=0)
    if name in _IBN:
        import_torchvision()
        from reid.models import ibn

        return getattr(ibn, name)()
    return getattr(import_torchvision().models, name)()


def _timm():
    import_torchvision()
    try:
        import timm
    except ModuleNotFoundError:
        raise InputError("SE-ResNets need timm, which is not installed: pip install 'mtmc[backbones]'") from None
    return timm


def _address(name: str) -> str:
    """The URL of the ImageNet weights; the file name ends with the first digits of its hash, which is verified."""
    if name in _TIMM:
        return _timm().get_pretrained_cfg(_TIMM[name]).url
    if name in _IBN:
        return _IBN[name]
    return import_torchvision().models.get_model_weights(name).IMAGENET1K_V1.url  # V1: as in the papers


def _read(path: Path) -> Mapping[str, torch.Tensor]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with reading(path, "a state dict in .safetensors or .pth"):
        if path.suffix == ".safetensors":
            return load_file(path)
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(tensors, Mapping):
        tensors = tensors.get("state_dict", tensors)
    if not isinstance(tensors, Mapping) or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise InputError(f"{path}: not a state dict of tensors by name")
    return tensors


def _fill(backbone: nn.Sequential, tensors: Mapping[str, torch.Tensor], complaint: str) -> None:
    ours = backbone.state_dict()
    prefix = max(_PREFIXES, key=lambda prefix: sum(prefix + key in tensors for key in ours))
    found = {key: tensors[prefix + key] for key in ours if prefix + key in tensors}
    # Older files lack the batch normalisation counters, which are unused here.
    wrong = [
        key
        for key, value in ours.items()
        if not key.endswith("num_batches_tracked") and (key not in found or found[key].shape != value.shape)
    ]
    if wrong:
        theirs = tuple(found[wrong[0]].shape) if wrong[0] in found else "absent"
        raise InputError(
            f"{complaint}: {len(wrong)} of {len(ours)} tensors differ, first {wrong[0]!r} "
            f"({theirs} in the file, {tuple(ours[wrong[0]].shape)} in the backbone)"
        )
    backbone.load_state_dict(found, strict=False)
