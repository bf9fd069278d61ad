"""OpenVINO on the CPU, in bfloat16 if the CPU supports it natively."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid.common.errors import InputError
from reid.common.openvino_session import core, open_request, read_network
from reid.export import cached_export, export_openvino, probe, verify
from reid.weights.network_file import NetworkFile, check_shapes
from reid.weights.weights_file import Weights

if TYPE_CHECKING:
    import openvino

READS = ".onnx", ".xml"  # external files
_FILE = "network.xml"
_ROUNDING = 1e-4  # of the largest component: tolerance of float32 for another order of summation


def precisions(device: str) -> list[str]:
    """The precisions of this engine on `device`, fastest first, float32 last; empty if it does not run there."""
    if device != "cpu":
        return []
    return ["bf16", "f32"] if "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else ["f32"]


def open_engine(source: Weights | NetworkFile, device: str, precision: str) -> "OpenVINO":
    """Compile `source` in `precision`; weights of `reid` are exported first, unless an export is cached."""
    if isinstance(source, NetworkFile):
        return OpenVINO(source.path, precision, source)
    return OpenVINO(cached_export(source, "openvino", partial(_export, source)) / _FILE, precision)


def _export(weights: Weights, folder: Path) -> None:
    network = weights.network()
    export_openvino(network, weights.preprocessing, folder / _FILE)
    verify(OpenVINO(folder / _FILE, "f32"), network, weights.preprocessing)


class OpenVINO:
    """A compiled network that runs one request at a time on all cores. `source` describes an external file.

    A file that takes one image at a time is run on batches if its network allows it, else image by image.
    """

    name, device = "openvino", "cpu"

    def __init__(self, path: Path, precision: str, source: NetworkFile | None = None):
        self.precision, self._singly = precision, False
        model = read_network(path)
        if source is not None:
            self._singly = check_shapes(source, list(map(_sides, model.inputs)), list(map(_sides, model.outputs)))
            if not model.input(0).get_element_type().is_real():  # values such as 0.3 would silently be truncated to 0
                kind = model.input(0).get_element_type().get_type_name()
                raise InputError(f"{path}: takes inputs of type {kind}; export it with an input of type f32")
            if self._singly:
                batched = _batched(model, probe(source.preprocessing))
                model, self._singly = batched or model, batched is None
        self._request = open_request(model, precision)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """`(B, 3, H, W)` to `(B, D)`, float32."""
        return _one_by_one(self._request, images) if self._singly else self._request.infer([images])[0].astype(np.float32)


def _batched(model: "openvino.Model", images: np.ndarray) -> "openvino.Model | None":
    """`model`, which takes one image, reshaped for batches; None if impossible, or if `images (B, 3, H, W)` give other rows in a
    batch."""
    batched = model.clone()
    try:
        batched.reshape([-1, *images.shape[1:]])
        together = open_request(batched, "f32").infer([images])[0]
    except RuntimeError:
        return None
    alone = _one_by_one(open_request(model, "f32"), images)
    with np.errstate(all="ignore"):  # of a damaged network, which fails `check_rows`
        same = together.shape == alone.shape and np.abs(together - alone).max() <= _ROUNDING * np.abs(alone).max()
    return batched if same else None


def _one_by_one(request: "openvino.InferRequest", images: np.ndarray) -> np.ndarray:
    return np.concatenate([request.infer([image[None]])[0].astype(np.float32) for image in images])


def _sides(port: "openvino.Output") -> list[int | None]:
    return [side.get_length() if side.is_static else None for side in port.get_partial_shape()]
