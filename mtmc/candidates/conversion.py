"""Published weights as those of the person classifier: the authors' HDF5 file, and SqueezeNet 1.1 of torchvision."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from mtmc.candidates.network import PersonClassifier, network_of, weights_of
from reid.common.errors import InputError
from reid.common.foreign_files import reading
from reid.weights.weights_file import Weights, read_weights

_COUNTS = "num_batches_tracked"  # of batch norm, unused but in training, and unknown to the PyTorch of the published file
# The stages of the classifier's backbone: where each layer of torchvision's `features` is.
_LAYERS = {0: "conv1.0", 3: "conv2.1", 4: "conv2.2", 6: "conv3.1", 7: "conv3.2"} | {n: f"conv4.{n - 8}" for n in (9, 10, 11, 12)}


def convert(path: Path) -> Weights:
    """The authors' weights in `path`: HDF5 (.h5) with an array for each name of the network, or a state dict of PyTorch (.pth).

    Names may begin with `module.`, as those of a network on several devices do. Raises `InputError`, naming the first, for a
    file that lacks an array of the network, has one of another shape, or has others.
    """
    network = PersonClassifier()
    tensors = read_tensors(path)
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items() if not name.endswith(_COUNTS)}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items() if not name.endswith(_COUNTS)}
    if wrong := sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)):
        first = wrong[0]
        told = f"{first} is {found.get(first, 'absent')} in the file, {wanted.get(first, 'absent')} in the network"
        raise InputError(f"{path}: not the person classifier of MOTDT: {len(wrong)} arrays differ, first {told}")
    counts = {name: value for name, value in network.state_dict().items() if name.endswith(_COUNTS)}
    network.load_state_dict(tensors | counts)
    return weights_of(network, {"converted": path.name})


def start_from(network: PersonClassifier, path: Path) -> None:
    """Fill `network` from a scorer's .safetensors file, or its backbone from SqueezeNet 1.1 of torchvision (.pth)."""
    if path.suffix == ".safetensors":
        network.load_state_dict(network_of(read_weights(path)).state_dict())
        return
    layers = {}
    for name, tensor in read_tensors(path).items():
        kind, _, rest = name.partition(".")
        number, _, parameter = rest.partition(".")
        if kind == "features" and number.isdigit() and int(number) in _LAYERS:
            layers[f"{_LAYERS[int(number)]}.{parameter}"] = tensor
    backbone = network.feature_extractor.state_dict()
    if {name: value.shape for name, value in layers.items()} != {name: value.shape for name, value in backbone.items()}:
        raise InputError(f"{path}: not SqueezeNet 1.1 of torchvision; get squeezenet1_1, or give a scorer's .safetensors file")
    network.feature_extractor.load_state_dict(layers)


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The arrays in an HDF5 file or a state dict, by name without `module.`. Raises `InputError` for any other file."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix in (".h5", ".hdf5"):
        tensors = _read_hdf5(path)
    else:
        with reading(path, "a state dict of PyTorch"):
            tensors = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(tensors, Mapping) or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise InputError(f"{path}: not arrays by name; give the authors' .h5 file, or a state dict")
    return {str(name).removeprefix("module."): value for name, value in tensors.items()}


def _read_hdf5(path: Path) -> dict[str, torch.Tensor]:
    try:
        import h5py
    except ImportError:
        raise InputError(f"{path}: HDF5 needs h5py: pip install 'mtmc[motdt]'") from None
    with reading(path, "an HDF5 file of arrays by name"), h5py.File(path, "r") as file:
        return {name: torch.from_numpy(np.asarray(array, np.float32)) for name, array in file.items()}
