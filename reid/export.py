"""Export of networks to ONNX, OpenVINO or TorchScript, checked against PyTorch and cached by the hash of the weights."""

import hashlib
import io
import logging
import os
import shutil
import signal
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from reid.common.cache_folder import cache_folder, discard, embedding_code, is_whole, seal, touch, trim
from reid.common.errors import InputError
from reid.preprocessing import Preprocessing
from reid.weights.weights_file import Weights

if TYPE_CHECKING:
    import torch
    from torch import nn

LEAST_COSINE = 0.999
MOST = 2 << 30  # bytes of exported networks that are kept
ROOM = 64 << 20  # bytes: with less, a failed export is that of a full disk
_OPSET = 17
_log = logging.getLogger(__name__)


def export_onnx(network: "nn.Module", preprocessing: Preprocessing, path: Path) -> None:
    """Write `network` as ONNX: input `images (B, 3, H, W)`, output `embeddings (B, D)`, B free. Raises InputError without
    `onnx`."""
    try:
        import onnx  # noqa: F401
    except ModuleNotFoundError:
        raise InputError("ONNX export needs the package onnx: pip install 'mtmc[onnx]'") from None
    from torch.onnx.utils import export  # the tracing exporter, present in every supported torch

    batch = {0: "batch"}
    with _quiet():
        export(
            network,
            (_example(preprocessing),),
            str(path),
            input_names=["images"],
            output_names=["embeddings"],
            dynamic_axes={"images": batch, "embeddings": batch},
            opset_version=_OPSET,
        )


def export_openvino(network: "nn.Module", preprocessing: Preprocessing, path: Path) -> None:
    """Write `network` for OpenVINO as `path` (.xml) and a .bin beside it, float32, B free."""
    import openvino

    shape = openvino.PartialShape([-1, 3, preprocessing.height, preprocessing.width])
    with _quiet(), interrupts():
        model = openvino.convert_model(network, example_input=_example(preprocessing), input=[shape])
    openvino.save_model(model, path, compress_to_fp16=False)


def export_torchscript(network: "nn.Module", preprocessing: Preprocessing, path: Path) -> None:
    """Write `network` as traced TorchScript, B free, for LibTorch in C++ programs."""
    import torch

    content = io.BytesIO()  # PyTorch ends the process if it cannot write to a file
    with _quiet():
        torch.jit.save(torch.jit.trace(network, _example(preprocessing)), content)
    path.write_bytes(content.getbuffer())


def load_torchscript(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """A TorchScript file as a function from images `(B, 3, H, W)` to embeddings `(B, D)`."""
    import torch

    with _quiet():
        network = torch.jit.load(str(path))
    return lambda images: network(torch.from_numpy(images)).detach().numpy()


def verify(run: Callable[[np.ndarray], np.ndarray], network: "nn.Module", preprocessing: Preprocessing) -> float:
    """The minimum cosine between `run`'s and the network's embeddings of the probe. Raises RuntimeError unless it exceeds
    0.999."""
    import torch

    images = probe(preprocessing)
    with torch.inference_mode():
        reference = network(torch.from_numpy(images)).numpy()
    agreement = least_cosine(run(images), reference)
    if not agreement > LEAST_COSINE:
        raise RuntimeError(f"the exported network does not agree with PyTorch: cosine {agreement:.5f}")
    return agreement


def probe(preprocessing: Preprocessing, count: int = 8) -> np.ndarray:
    """A fixed set of `count` synthetic images, coarse blobs with noise, as network input `(count, 3, H, W)`."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (count, 8, 4, 3), np.uint8)
    pictures = [cv2.resize(one, (preprocessing.width, preprocessing.height), interpolation=cv2.INTER_CUBIC) for one in coarse]
    noisy = np.stack(pictures) + random.normal(0, 8, (count, preprocessing.height, preprocessing.width, 3))
    return preprocessing.normalise(noisy.clip(0, 255).astype(np.uint8))


def least_cosine(first: np.ndarray, second: np.ndarray) -> float:
    """The minimum cosine between the rows of two `(N, D)` arrays, or between the maps `(N, D, h, w)` of a parser."""
    first, second = (rows.reshape(len(rows), -1) for rows in (first, second))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(np.min(np.einsum("nd,nd->n", first, second) / lengths))


def cached_export(weights: Weights, kind: str, write: Callable[[Path], None]) -> Path:
    """The folder that `write` fills once for these weights; later calls, in any process, reuse it.

    It is in the cache folder `engines`, which keeps those used last, up to `MOST` bytes. Its name covers the weights, the code of
    the networks and the versions of the converting packages, so it cannot be out of date; a damaged one is made anew. If the
    cache is not writable or its disk is full, a temporary folder lives until the process ends.
    """
    final = cache_folder("engines") / f"{weights.model}-{kind}-{_key(weights, kind)[:24]}"
    if is_whole(final):
        touch(final)
        return final
    discard(final)
    _log.warning("preparing %s for %s, once for these weights; this takes up to a minute", weights.model, kind)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".", dir=final.parent))
    except OSError as error:
        return _export_for_this_process(final, str(error.strerror), write)
    try:
        write(temporary)
        seal(temporary)
        os.rename(temporary, final)
        trim(final.parent, MOST)
    except (OSError, RuntimeError):  # OpenVINO and PyTorch tell a full disk by a RuntimeError
        if not is_whole(final):  # else another process was faster; its export is equivalent
            if shutil.disk_usage(final.parent).free > ROOM:
                raise
            return _export_for_this_process(final, "the disk is full", write)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return final


def _export_for_this_process(final: Path, reason: str, write: Callable[[Path], None]) -> Path:
    """A temporary folder in place of `final`, filled once."""
    folder = Path(_folder_of_this_process(str(final.parent), reason).name) / final.name
    if not folder.is_dir():
        folder.mkdir()
        write(folder)
    return folder


def _key(weights: Weights, kind: str) -> str:
    return hashlib.sha256(f"{weights.hash} {version('torch')} {version(kind)} {embedding_code()}".encode()).hexdigest()


@cache
def _folder_of_this_process(wanted: str, reason: str) -> tempfile.TemporaryDirectory:
    _log.warning("%s is not writable (%s): networks are exported again at every start; set XDG_CACHE_HOME", wanted, reason)
    return tempfile.TemporaryDirectory(prefix="mtmc-engines-")


def _example(preprocessing: Preprocessing) -> "torch.Tensor":
    import torch

    return torch.from_numpy(probe(preprocessing, 2))


@contextmanager
def interrupts() -> Iterator[None]:
    """Make Ctrl-C end an export: OpenVINO would take it for a layer that it cannot convert, or ignore it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return
    came = threading.Event()

    def interrupt(*_: object) -> None:
        came.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except Exception:
        if not came.is_set():
            raise
    finally:
        signal.signal(signal.SIGINT, before)
    if came.is_set():
        raise KeyboardInterrupt


@contextmanager
def _quiet() -> Iterator[None]:
    # Tracing warns that sizes become constants, which is intended for one input size.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
