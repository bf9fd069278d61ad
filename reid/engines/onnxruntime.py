"""ONNX Runtime, on the CPU or, with its GPU package, on CUDA."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid.common.errors import InputError
from reid.export import cached_export, export_onnx, verify
from reid.weights.network_file import NetworkFile, check_shapes
from reid.weights.weights_file import Weights

if TYPE_CHECKING:
    import onnxruntime

READS = (".onnx",)  # external files
_FILE = "network.onnx"
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}


def precisions(device: str) -> list[str]:
    """The precisions of this engine on `device`, fastest first, float32 last; empty if it does not run there."""
    import onnxruntime

    runs = device == "cpu" or "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return ["f32"] if runs else []


def open_engine(source: Weights | NetworkFile, device: str, precision: str) -> "OnnxRuntime":
    """Open `source`; weights of `reid` are exported first, unless an export is cached."""
    if isinstance(source, NetworkFile):
        return OnnxRuntime(source.path, device, source)
    return OnnxRuntime(cached_export(source, "onnxruntime", partial(_export, source)) / _FILE, device)


def _export(weights: Weights, folder: Path) -> None:
    network = weights.network()
    export_onnx(network, weights.preprocessing, folder / _FILE)
    verify(OnnxRuntime(folder / _FILE, "cpu"), network, weights.preprocessing)


class OnnxRuntime:
    """A session of one ONNX file. `source` describes an external file."""

    name, precision = "onnxruntime", "f32"

    def __init__(self, path: Path, device: str, source: NetworkFile | None = None):
        import onnxruntime

        self.device = device
        index = int(device.partition(":")[2] or 0)
        provider = "CPUExecutionProvider" if device == "cpu" else ("CUDAExecutionProvider", {"device_id": index})
        try:
            # From a CPU there is nothing to fall back to, but it would try, and print so.
            self._session = onnxruntime.InferenceSession(str(path), providers=[provider], enable_fallback=device != "cpu")
        except Exception as error:  # its exceptions share no public base class
            reason = str(error).strip().splitlines()[-1]
            raise InputError(f"{path}: not a network that ONNX Runtime can read ({reason})") from None
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        self._input = inputs[0].name
        if inputs[0].type not in _TYPES:  # numbers like 0.3 would be cut to 0, and nobody told
            raise InputError(f"{path}: takes a {inputs[0].type}: export it with an input of float32")
        self._type = _TYPES[inputs[0].type]
        self._singly = source is not None and check_shapes(source, list(map(_sides, inputs)), list(map(_sides, outputs)))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """`(B, 3, H, W)` to `(B, D)`, float32."""
        images = images.astype(self._type, copy=False)
        if self._singly:
            return np.concatenate([self._session.run(None, {self._input: image[None]})[0].astype(np.float32) for image in images])
        return self._session.run(None, {self._input: images})[0].astype(np.float32)


def _sides(port: "onnxruntime.NodeArg") -> list[int | None]:
    return [side if isinstance(side, int) else None for side in port.shape]
