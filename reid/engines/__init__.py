"""Where a network runs: PyTorch, ONNX Runtime or OpenVINO, each behind the same call on one device."""

import importlib.util
import shutil
from types import ModuleType
from typing import Protocol

import numpy as np

from reid.engines import onnxruntime, openvino, pytorch
from reid.errors import InputError
from reid.export import LEAST_COSINE, least_cosine, probe
from reid.onnx_file import OnnxFile
from reid.weights_file import Weights

_MODULES: dict[str, ModuleType] = {"openvino": openvino, "onnxruntime": onnxruntime, "pytorch": pytorch}
_PACKAGES = {"openvino": "openvino", "onnxruntime": "onnxruntime", "pytorch": "torch"}


class Engine(Protocol):
    """`engine(images (B, 3, H, W) float32) -> (B, D) float32`; `precision` is "f32", "bf16" or "f16"."""

    name: str
    precision: str
    device: str

    def __call__(self, images: np.ndarray) -> np.ndarray: ...


def installed() -> list[str]:
    """The engines whose package is there, the fastest on a CPU first."""
    return [name for name, package in _PACKAGES.items() if importlib.util.find_spec(package)]


def open_engine(source: Weights | OnnxFile, engine: str = "auto", device: str = "auto") -> Engine:
    """Make `source` ready to run on `device` ("cpu", "cuda", "cuda:1"; "auto": CUDA where there is one).

    Engine "auto" is the fastest installed one: PyTorch on CUDA, on a CPU OpenVINO. An engine takes its fastest precision
    whose embeddings of the probe agree with its own float32 to a cosine over 0.999. Raises InputError for an engine that is
    unknown or not installed, and for a pair of engine and device, or of engine and file, that does not exist.
    """
    device = _device(device)
    name = _engine(source, engine, device)
    module = _MODULES[name]
    *fast, exact = module.precisions(device)
    reference = module.open_engine(source, device, exact)
    images = probe(source.preprocessing)
    for precision in fast:
        candidate = module.open_engine(source, device, precision)
        if least_cosine(candidate(images), reference(images)) > LEAST_COSINE:
            return candidate
    return reference


def open_every(source: Weights | OnnxFile, device: str = "auto") -> list[Engine]:
    """`source` on each installed engine that can run it on `device`, in each of the engine's precisions."""
    device = _device(device)
    opened = []
    for name in installed():
        try:
            module = _MODULES[_engine(source, name, device)]
            opened += [module.open_engine(source, device, precision) for precision in module.precisions(device)]
        except InputError:  # this engine does not run on that device, or does not read such a file
            continue
    return opened


def _engine(source: Weights | OnnxFile, name: str, device: str) -> str:
    present = installed()
    if name == "auto":
        if isinstance(source, OnnxFile):
            return "onnxruntime" if device != "cpu" and "onnxruntime" in present else "openvino"
        return "pytorch" if device != "cpu" else present[0]
    if name not in _MODULES:
        raise InputError(f"there is no engine named {name!r}; there are: auto, {', '.join(_MODULES)}")
    if name not in present:
        raise InputError(f"the engine {name} is not installed: pip install {_PACKAGES[name]}")
    if name == "pytorch" and isinstance(source, OnnxFile):
        raise InputError(f"{source.path}: PyTorch does not run ONNX files; use --engine openvino or onnxruntime")
    return name


def _device(name: str) -> str:
    kind, _, index = name.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (index and not (kind == "cuda" and index.isdecimal())):
        raise InputError(f"there is no device named {name!r}; there are: auto, cpu, cuda, cuda:N")
    if kind == "cpu":
        return "cpu"
    if kind == "auto" and not shutil.which("nvidia-smi"):
        return "cpu"  # no driver, so there is no need to load torch and ask
    import torch

    if torch.cuda.is_available() and int(index or 0) < torch.cuda.device_count():
        return "cuda" if kind == "auto" else name
    if kind == "auto":
        return "cpu"
    raise InputError(f"the device {name} is not there, or this torch was built without CUDA; use --device cpu")
