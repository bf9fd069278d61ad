"""Teachers: pretrained networks whose embeddings another network learns."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from rich import get_console
from rich.progress import track
from torch import nn
from torch.nn import functional as F

from reid.appearance import AppearanceModel, find_source, load
from reid.common.array_file import read_arrays
from reid.common.cache_folder import cache_folder, embedding_code, touch, trim
from reid.common.errors import InputError
from reid.common.files import replacing
from reid.common.picture_file import read_image
from reid.engines import pytorch
from reid.weights.network_file import NetworkFile
from reid.weights.weights_file import Weights

_log = logging.getLogger(__name__)
_KEPT_EVERY = 1024  # images: the most that an interrupt loses
MOST = 2 << 30  # bytes of embeddings that are kept


def open_teachers(files: Sequence[str], device: str) -> list[AppearanceModel]:
    """Open the networks in `files`, on `device` if it can run them, else on the CPU, since they run only once.

    Raises InputError, naming the recipe's key, for a missing or unreadable file.
    """
    try:
        # An ONNX file needs a separate package on CUDA.
        return [load(file, device=device if Path(file).suffix.lower() != ".onnx" else "auto") for file in files]
    except InputError as error:
        raise InputError(f"teacher: {error}") from None


def teach(teachers: Sequence[AppearanceModel], paths: Sequence[Path]) -> np.ndarray:
    """The embeddings by `teachers`, one or more, of the images in `paths`: unit rows `(N, sum of their dimensions)`, float16.

    A teacher's embedding of an image is the sum of those of the image and its mirror image, normalised. All teachers have equal
    weight. Embeddings are cached by teacher and image; the cache keeps those used last, up to `MOST` bytes, and all those of this
    call. Raises InputError for an image that does not decode.
    """
    joined = [_unit(_remembered(teacher, paths)) for teacher in teachers]
    trim(cache_folder("teachers"), MOST, frozenset(map(_file, teachers)))
    return (np.concatenate(joined, 1) / np.float32(len(joined) ** 0.5)).astype(np.float16)


class PresentTeachers:
    """Teachers that run during training, on its device: BGR images `(B, H, W, 3)` in 0..255 to rows `(B, D)`.

    The rows are those of `teach` without the mirror images, which would double the cost. On CUDA the teachers run in half
    precision, as one CUDA graph per batch size. Raises InputError for a file that PyTorch does not run.
    """

    def __init__(self, files: Sequence[str], device: torch.device | str):
        self._device = torch.device(device)
        self._kind = torch.float16 if self._device.type == "cuda" else torch.float32
        sources = [find_source(file) for file in files]
        self._sizes = [source.preprocessing for source in sources]
        affine = [size.affine() for size in self._sizes]
        self._affine = [[torch.from_numpy(each).to(device)[:, None, None] for each in pair] for pair in affine]
        self._networks = [self._place(source) for source in sources]
        with torch.no_grad():  # report an unsupported operation now, not during training
            self._ask(torch.zeros(2, 32, 16, 3, device=device))
        self._images, self._rows = torch.empty(0), torch.empty(0)
        self._graph: torch.cuda.CUDAGraph  # from `_images` to `_rows`, once there are some

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            if self._device.type != "cuda":
                return self._ask(images)
            if images.shape != self._images.shape:
                self._capture(images)
            self._images.copy_(images)
            self._graph.replay()
            return self._rows.clone()

    def _place(self, source: Weights | NetworkFile) -> nn.Module:
        if isinstance(source, NetworkFile) and source.suffix not in pytorch.READS:
            what = f"PyTorch does not run {source.suffix} files; composites_per_batch must be 0"
            raise InputError(f"teacher: {source.path}: {what}")
        layout = torch.channels_last if self._device.type == "cuda" else torch.contiguous_format
        try:
            network = pytorch.network_of(source)
        except InputError as error:
            raise InputError(f"teacher: {error}") from None
        placed = network.requires_grad_(False).to(self._device, self._kind)
        return placed.to(memory_format=layout)  # type: ignore[call-overload]  # the stubs know it of tensors alone

    def _ask(self, images: torch.Tensor) -> torch.Tensor:
        rows = []
        for network, size, (scale, shift) in zip(self._networks, self._sizes, self._affine, strict=True):
            ordered = (images.flip(3) if size.colours == "rgb" else images).permute(0, 3, 1, 2)
            seen = F.interpolate(ordered, size=(size.height, size.width), mode="bilinear", align_corners=False)
            rows.append(F.normalize(network((seen * scale - shift).to(self._kind)).float()))
        return torch.cat(rows, 1) / len(rows) ** 0.5

    def _capture(self, images: torch.Tensor) -> None:
        self._images = images.clone()
        beside = torch.cuda.Stream(self._device)
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):  # a warm-up pass, in which libraries choose their algorithms
            self._ask(self._images)
        torch.cuda.current_stream().wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._rows = self._ask(self._images)


def _remembered(teacher: AppearanceModel, paths: Sequence[Path]) -> np.ndarray:
    """The summed embeddings of images and mirror images, `(N, D)`, from the cache where available."""
    keys = [hashlib.sha256(path.read_bytes()).hexdigest()[:32] for path in paths]
    file = _file(teacher)
    touch(file)
    known = _read(file)
    missing = {key: path for key, path in zip(keys, paths, strict=True) if key not in known}
    starts, label = range(0, len(missing), _KEPT_EVERY), f"running {teacher.name}"
    names = list(missing)
    for start in track(starts, label, transient=True, disable=not get_console().is_terminal):
        chunk = names[start : start + _KEPT_EVERY]
        images = [read_image(missing[name]) for name in chunk]
        rows = teacher.embed(images) + teacher.embed([np.ascontiguousarray(image[:, ::-1]) for image in images])
        known.update(zip(chunk, rows.astype(np.float16), strict=True))
        _write(file, _bounded(known, keys))
    return np.stack([known[key] for key in keys]).astype(np.float32)


def _file(teacher: AppearanceModel) -> Path:
    return cache_folder("teachers") / f"{teacher.name}-{teacher.weights_hash[:24]}-{embedding_code()[:8]}.npz"


def _bounded(known: dict[str, np.ndarray], keys: Sequence[str]) -> dict[str, np.ndarray]:
    """The embeddings of `keys`, after as many others as fit into `MOST` bytes: those that were used last."""
    used = {key: known[key] for key in keys if key in known}
    others = [key for key in known if key not in used]
    room = max(0, MOST // next(iter(known.values())).nbytes - len(used))
    return {key: known[key] for key in others[max(0, len(others) - room) :]} | used


def _read(file: Path) -> dict[str, np.ndarray]:
    if not file.is_file():
        return {}
    try:
        kept = read_arrays(file, ("images", "embeddings"), "the embeddings of a teacher")
        return dict(zip(kept["images"].tolist(), kept["embeddings"], strict=True))
    except (OSError, InputError, TypeError, ValueError):
        return {}  # damaged: the teacher runs again, and the file is rewritten


def _write(file: Path, known: dict[str, np.ndarray]) -> None:
    try:
        with replacing(file) as temporary:
            np.savez(temporary, images=np.array(list(known)), embeddings=np.stack(list(known.values())))
    except OSError as error:
        _log.warning(
            "%s is not writable (%s): every run recomputes the teachers' embeddings; set XDG_CACHE_HOME", file, error.strerror
        )


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
