"""Inference engines: PyTorch, ONNX Runtime and OpenVINO, with a common interface on one device."""

import importlib.util
import shutil
from types import ModuleType
from typing import Protocol

import numpy as np

from reid.common.errors import InputError
from reid.common.foreign_files import reading
from reid.engines import onnxruntime, openvino, pytorch
from reid.engines.row_check import check_rows
from reid.export import LEAST_COSINE, least_cosine, probe
from reid.weights.network_file import NetworkFile
from reid.weights.weights_file import Weights

_MODULES: dict[str, ModuleType] = {"openvino": openvino, "onnxruntime": onnxruntime, "pytorch": pytorch}
_PACKAGES = {"openvino": "openvino", "onnxruntime": "onnxruntime", "pytorch": "torch"}


class Engine(Protocol):
    """`engine(images (B, 3, H, W) float32) -> (B, D) float32`; `precision` is "f32", "bf16" or "f16"."""

    name: str
    precision: str
    device: str

    def __call__(self, images: np.ndarray) -> np.ndarray: ...


def installed() -> list[str]:
    """The installed engines, the fastest on a CPU first."""
    return [name for name, package in _PACKAGES.items() if importlib.util.find_spec(package)]


def open_engine(source: Weights | NetworkFile, engine: str = "auto", device: str = "auto") -> Engine:
    """Open `source` for inference on `device` ("cpu", "cuda", "cuda:1"; "auto": CUDA if the engine can use it).

    Engine "auto" is the fastest installed one: PyTorch on CUDA, OpenVINO on a CPU. An engine uses its fastest precision whose
    embeddings of the probe agree with its float32 ones to a cosine over 0.999. Raises InputError for an engine that is unknown or
    not installed, for an engine that does not support the device or the file, and for a network that fails `check_rows`.
    """
    module, device = _choose(source, engine, devices(device))
    *fast, exact = module.precisions(device)
    reference = _open(module, source, device, exact)
    images = probe(source.preprocessing)
    rows = check_rows(reference, images, source)
    for precision in fast:
        candidate = _open(module, source, device, precision)
        if least_cosine(candidate(images), rows) > LEAST_COSINE:
            return candidate
    return reference


def open_every(source: Weights | NetworkFile, device: str = "auto") -> list[Engine]:
    """Open `source` with each installed engine that can run it on `device`, in each of its precisions."""
    device = devices(device)[0]
    modules = [_MODULES[name] for name in installed() if _reads(name, source)]
    return [_open(module, source, device, precision) for module in modules for precision in module.precisions(device)]


def _open(module: ModuleType, source: Weights | NetworkFile, device: str, precision: str) -> Engine:
    """Open `source` with one engine; a file of a user's that it cannot open is one sentence, whatever the engine raises."""
    if isinstance(source, Weights):
        return module.open_engine(source, device, precision)
    with reading(source.path, f"a network that {module.__name__.rpartition('.')[2]} runs"):
        return module.open_engine(source, device, precision)


def _choose(source: Weights | NetworkFile, engine: str, devices: list[str]) -> tuple[ModuleType, str]:
    present = installed()
    if engine != "auto" and engine not in _MODULES:
        raise InputError(f"unknown engine {engine}; choose from auto, {', '.join(_MODULES)}")
    if engine != "auto" and engine not in present:
        raise InputError(f"engine {engine} is not installed: pip install {_PACKAGES[engine]}")
    for device in devices:
        by_speed = present if device == "cpu" else present[::-1]
        for name in by_speed if engine == "auto" else [engine]:
            if _reads(name, source) and _MODULES[name].precisions(device):
                return _MODULES[name], device
    if isinstance(source, NetworkFile):
        readers, kind = [name for name in _MODULES if _reads(name, source)], f"{source.suffix} files"
        if engine != "auto" and engine not in readers:
            raise InputError(f"{source.path}: the engine {engine} does not read {kind}; use {' or '.join(readers)}")
        if not set(readers) & set(present):
            raise InputError(f"{source.path}: no installed engine reads {kind}: pip install {_PACKAGES[readers[0]]}")
    what = "no installed engine runs" if engine == "auto" else f"the engine {engine} does not run"
    raise InputError(f"{what} {source.model} on {devices[0]}; use the device cpu")


def _reads(engine: str, source: Weights | NetworkFile) -> bool:
    return isinstance(source, Weights) or source.suffix in _MODULES[engine].READS


def devices(name: str) -> list[str]:
    """The devices of `name` ("auto", "cpu", "cuda", "cuda:1"), the fastest first.

    Raises InputError for an unknown name, and for a missing device.
    """
    kind, _, index = name.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (index and not (kind == "cuda" and index.isdecimal())):
        raise InputError(f"unknown device {name}; choose from auto, cpu, cuda, cuda:N")
    if kind == "cpu" or (kind == "auto" and not shutil.which("nvidia-smi")):
        return ["cpu"]  # without a driver there is no need to import torch
    import torch

    present = torch.cuda.is_available() and int(index or 0) < torch.cuda.device_count()
    if kind == "auto":
        return ["cuda", "cpu"] if present else ["cpu"]
    if not present:
        raise InputError(f"device {name} is missing, or this torch was built without CUDA; use the device cpu")
    return [name]
