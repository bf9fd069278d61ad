"""Networks on OpenVINO, on the CPU: reading a file, and compiling it for one request at a time."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reid.common.errors import InputError
from reid.common.foreign_files import survived

if TYPE_CHECKING:
    import openvino

_READ = "import sys; sys.modules['openvino_telemetry'] = None; import openvino; openvino.Core().read_model(sys.argv[1])"


@cache
def core() -> "openvino.Core":
    """The OpenVINO core, loaded on the first call."""
    import openvino

    return openvino.Core()


def read_network(path: Path) -> "openvino.Model":
    """The network in an ONNX or OpenVINO (.xml) file. Raises `InputError` for any other file."""
    if path.suffix == ".onnx":
        survived(path, "a network", _READ)
    try:
        return core().read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"{path}: not a network that OpenVINO can read ({reason})") from None


def open_request(network: "openvino.Model", precision: str) -> "openvino.InferRequest":
    """Compile the network in `precision`, "f32" or "bf16", for all cores and one request at a time."""
    # A thread pinned to a core waits for whatever else runs there: on a busy machine that cost two thirds of the speed.
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
    return core().compile_model(network, "CPU", settings).create_infer_request()
