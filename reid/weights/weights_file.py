"""A network's weights on disk: safetensors in half precision, with the network and its preprocessing in the metadata."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from reid.common.errors import InputError
from reid.common.files import replacing
from reid.common.foreign_files import DamagedFile, reading
from reid.preprocessing import Preprocessing
from reid.weights.thresholds import Thresholds

if TYPE_CHECKING:
    import torch
    from torch import nn

    from reid.models import Network

SHIPPED = Path(__file__).parent
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80")


@dataclass(frozen=True)
class Weights:
    """The tensors of one network by name, and the data that ships with them.

    `thresholds` are those fitted to this network. `training` records the origin of the weights (epochs, data, command). `options`
    are those of the network. Both must be JSON-serializable.
    """

    model: str
    preprocessing: Preprocessing
    tensors: Mapping[str, np.ndarray]
    thresholds: Thresholds = field(default_factory=Thresholds)
    training: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None

    @cached_property
    def hash(self) -> str:
        """SHA-256, in hexadecimal, of everything that determines an embedding: network, options, preprocessing, tensors."""
        digest = hashlib.sha256(f"{self.model} {self.preprocessing.to_metadata()}".encode())
        if self.options:
            digest.update(json.dumps(self.options, sort_keys=True).encode())
        for name in sorted(self.tensors):
            tensor = self.tensors[name]
            digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode())
            digest.update(np.ascontiguousarray(tensor).data)
        return digest.hexdigest()

    def network(self) -> "Network":
        """The network in evaluation mode, float32, without classifiers. Raises InputError if the tensors do not fit."""
        from reid.models import build

        network = build(self.model, **self.options)
        fill(network, self)
        network.preprocessing = self.preprocessing
        return network.eval()

    def write(self, path: str | Path) -> None:
        """Write the file for `read_weights`, atomically."""
        metadata = {"model": self.model, "preprocessing": self.preprocessing.to_metadata()}
        metadata |= {key: str(distance) for key, distance in self.thresholds.fields().items()}
        if self.training:
            metadata["training"] = json.dumps(self.training)
        if self.options:
            metadata["options"] = json.dumps(self.options)
        metadata["checksum"] = _checksum(self, metadata)
        with replacing(path) as temporary:
            temporary.write_bytes(save(dict(self.tensors), metadata))  # save_file makes it unreadable for other users


def fill(network: "nn.Module", weights: Weights) -> None:
    """Load the tensors of `weights` into `network`. Raises InputError, with the first that differs, if they do not fit."""
    import torch

    ours = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    theirs = {name: tensor.shape for name, tensor in weights.tensors.items()}
    wrong = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    if wrong:
        first = wrong[0]
        raise InputError(
            f"{weights.path or weights.model}: the weights do not fit the network {weights.model}: {len(wrong)} tensors differ, "
            f"first {first!r} ({theirs.get(first, 'absent')} in the file, {ours.get(first, 'absent')} in the network)"
        )
    network.load_state_dict({name: torch.from_numpy(np.array(tensor)) for name, tensor in weights.tensors.items()})


def halved(state: Mapping[str, "torch.Tensor"]) -> dict[str, np.ndarray]:
    """The tensors of a network's `state` for a file: matrices and kernels rounded to float16, which halves it.

    Tensors with at most one axis stay float32, since a running variance may not fit half precision and takes little space.
    """
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in state.items()}
    # safetensors writes the raw memory of an array, which a network trained with channels last stores in another order.
    return {name: array.astype(np.float16, order="C") if array.ndim > 1 else np.array(array) for name, array in arrays.items()}


def weights_of(
    model: str,
    network: "Network",
    training: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Weights:
    """The weights of `network`, without its classifiers, if any, rounded as by `halved`.

    `options` are those of `network`; for `training`, see `Weights`.
    """
    from reid.models import build

    options = dict(options or {})
    kept = build(model, **options).state_dict().keys()
    tensors = halved({name: tensor for name, tensor in network.state_dict().items() if name in kept})
    return Weights(model, network.preprocessing, tensors, training=dict(training or {}), options=options)


def blend(weights: Weights, other: Weights, share: float) -> Weights:
    """Interpolate between two sets of weights of one network, with the weight `share`, 0..1, on the `other`: Wortsman et al.,
    CVPR 2022, eq. 2.

    Batch-norm statistics are blended too. Thresholds are dropped, since distances change; the record has both origins. Raises
    InputError for sets of different networks or preprocessing, and for a share outside 0..1.
    """
    if not 0 <= share <= 1:
        raise InputError(f"the share must be between 0 and 1, not {share}")
    for name in ("model", "options", "preprocessing"):
        ours, theirs = getattr(weights, name), getattr(other, name)
        if ours != theirs:
            raise InputError(f"{other.path or other.model}: {name} differs, {theirs}, but the first file has {ours}")
    tensors = {
        name: np.asarray((1 - share) * ours.astype(np.float64) + share * other.tensors[name]).astype(ours.dtype)
        for name, ours in weights.tensors.items()
    }
    record: dict[str, Any] = {"blended": [dict(weights.training), dict(other.training)], "share": share}
    record["data"] = sorted({name for each in record["blended"] for name in each.get("data", [])})
    return Weights(weights.model, weights.preprocessing, tensors, training=record, options=weights.options)


def find_weights(name: str | Path) -> Weights:
    """The weights that ship for the network `name`, or those of a .safetensors file. Raises InputError if there are none."""
    if Path(name).suffix.lower() == ".safetensors":
        return read_weights(name)
    path = SHIPPED / f"{name}.safetensors"
    if not path.is_file():
        shipped = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.safetensors")))
        raise InputError(f"{name}: no weights of this name ship; choose from {shipped}, or give a .safetensors file")
    return read_weights(path)


def read_weights(path: str | Path) -> Weights:
    """Read a file written by `Weights.write`. Raises InputError for any other file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with reading(path, "a safetensors file of float32 and float16 tensors"), safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
            infinite = [name for name, tensor in tensors.items() if not np.isfinite(tensor).all()]
    except DamagedFile:
        if _is_pickle(path):
            sentence = "pickled checkpoints, which can run arbitrary code, are not read; save it as .safetensors"
            raise InputError(f"{path}: {sentence}") from None
        raise
    if infinite:
        reason = "the file is damaged, or training diverged"
        raise InputError(f"{path}: the tensor {infinite[0]!r} holds numbers that are not finite: {reason}")
    if not {"model", "preprocessing"} <= metadata.keys():
        raise InputError(f"{path}: the metadata must name a model and its preprocessing")
    checksum = metadata.pop("checksum", None)  # files from before there was one have none
    with reading(path, "a weights file of this package", "download it again, or write it anew"):
        training, options = (json.loads(metadata.get(key, "{}")) for key in ("training", "options"))
        if not isinstance(training, dict) or not isinstance(options, dict):
            raise TypeError("training and options must hold keys and values")
        size = Preprocessing.from_metadata(metadata["preprocessing"])
        thresholds = Thresholds.from_fields(metadata)
        weights = Weights(metadata["model"], size, tensors, thresholds, training, options, path)
        if checksum not in (None, _checksum(weights, metadata)):
            raise ValueError("its checksum is another")
    return weights


def _checksum(weights: Weights, metadata: Mapping[str, str]) -> str:
    """SHA-256, in hexadecimal, of all that a file holds: the tensors, by the hash of `weights`, and the metadata."""
    return hashlib.sha256(f"{weights.hash} {json.dumps(metadata, sort_keys=True)}".encode()).hexdigest()


def _is_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4).startswith(_PICKLE_STARTS)
