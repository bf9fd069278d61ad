"""OpenVINO on the CPU, in bfloat16 where the processor computes in it natively."""

from functools import cache, partial
from pathlib import Path

import numpy as np

from reid.errors import InputError
from reid.export import cached_export, export_openvino, verify
from reid.onnx_file import OnnxFile
from reid.weights_file import Weights

_FILE = "network.xml"


def precisions(device: str) -> list[str]:
    """What this engine can compute in on `device`, fastest first, float32 last; nothing where it does not run."""
    if device != "cpu":
        return []
    return ["bf16", "f32"] if "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else ["f32"]


def open_engine(source: Weights | OnnxFile, device: str, precision: str) -> "OpenVINO":
    """Compile `source` in `precision`; weights of ours are exported first, unless that was done before."""
    if isinstance(source, OnnxFile):
        return OpenVINO(source.path, precision)
    return OpenVINO(cached_export(source, "openvino", partial(_export, source)) / _FILE, precision)


def _export(weights: Weights, folder: Path) -> None:
    network = weights.network()
    export_openvino(network, weights.preprocessing, folder / _FILE)
    verify(OpenVINO(folder / _FILE, "f32"), network, weights.preprocessing)


@cache
def _core() -> "openvino.Core":  # noqa: F821
    import openvino

    return openvino.Core()


class OpenVINO:
    """A compiled network with one request at a time, which is given all cores."""

    name, device = "openvino", "cpu"

    def __init__(self, path: Path, precision: str):
        self.precision = precision
        try:
            model = _core().read_model(path)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise InputError(f"{path}: not a network that OpenVINO can read ({reason})") from None
        if model.input(0).get_partial_shape()[0].is_static:
            raise InputError(f"{path}: takes a fixed number of images at a time; export it with a free batch axis")
        # A thread bound to a core waits for whatever else runs there: on a busy machine that cost two thirds of the speed.
        settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
        self._request = _core().compile_model(model, "CPU", settings).create_infer_request()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """`(B, 3, H, W)` to `(B, D)`, float32."""
        return self._request.infer([images])[0].astype(np.float32)
