"""OpenVINO on the CPU, in bfloat16 where the processor computes in it natively."""

from functools import cache, partial
from pathlib import Path

import numpy as np

from reid.errors import InputError
from reid.export import cached_export, export_openvino, verify
from reid.onnx_file import OnnxFile, check_shapes
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
        return OpenVINO(source.path, precision, source)
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
    """A compiled network with one request at a time, given all cores. `source` is what a file from elsewhere promises."""

    name, device = "openvino", "cpu"

    def __init__(self, path: Path, precision: str, source: OnnxFile | None = None):
        self.precision = precision
        try:
            model = _core().read_model(path)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise InputError(f"{path}: not a network that OpenVINO can read ({reason})") from None
        self._singly = source is not None and check_shapes(source, _sides(model.input(0)), list(map(_sides, model.outputs)))
        # A thread bound to a core waits for whatever else runs there: on a busy machine that cost two thirds of the speed.
        settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
        self._request = _core().compile_model(model, "CPU", settings).create_infer_request()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """`(B, 3, H, W)` to `(B, D)`, float32."""
        if self._singly:
            return np.concatenate([self._request.infer([image[None]])[0].astype(np.float32) for image in images])
        return self._request.infer([images])[0].astype(np.float32)


def _sides(port: "openvino.Output") -> list[int | None]:  # noqa: F821
    return [side.get_length() if side.is_static else None for side in port.get_partial_shape()]
