"""What teachers, networks trained elsewhere, say of the images that another network learns from."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich import get_console
from rich.progress import track

from reid.appearance import AppearanceModel, load
from reid.data.folders import Crops, read_image
from reid.errors import InputError
from reid.files import replacing

_KEPT_EVERY = 1024  # images: what an interrupt costs at most


def open_teachers(files: Sequence[str], device: str) -> list[AppearanceModel]:
    """The networks in `files`, as `reid.load` opens them. Raises InputError, naming the recipe's key, for one that is missing."""
    try:
        return [load(file, device=device) for file in files]
    except InputError as error:
        raise InputError(f"teacher: {error}") from None


def teach(teachers: Sequence[AppearanceModel], crops: Crops, centred: float) -> np.ndarray:
    """What `teachers`, one or more, say of `crops`: unit rows `(N, sum of their dimensions)`, float32.

    A teacher's embedding of an image is that of the image and of its mirror image together. It is told apart from what the camera
    adds: the share `centred`, 0..1, of the mean of the camera's embeddings is taken out. All teachers weigh the same. What they
    say is kept in the cache, by teacher and image. Raises InputError for an image that does not decode.
    """
    joined = []
    for teacher in teachers:
        rows = _unit(_remembered(teacher, crops.paths))
        for camera in np.unique(crops.cameras):
            own = crops.cameras == camera
            rows[own] -= centred * rows[own].mean(0)
        joined.append(_unit(rows))
    return np.concatenate(joined, 1) / np.float32(len(joined) ** 0.5)


def _remembered(teacher: AppearanceModel, paths: Sequence[Path]) -> np.ndarray:
    """The embeddings of images and mirror images, added up, `(N, D)`: out of the cache as far as they are there."""
    keys = [hashlib.sha256(path.read_bytes()).hexdigest()[:32] for path in paths]
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    file = Path(home) / "mtmc" / "teachers" / f"{teacher.name}-{teacher.weights_hash[:24]}.npz"
    known = _read(file)
    missing = {key: path for key, path in zip(keys, paths, strict=True) if key not in known}
    starts, label = range(0, len(missing), _KEPT_EVERY), f"asking {teacher.name}"
    names = list(missing)
    for start in track(starts, label, transient=True, disable=not get_console().is_terminal):
        chunk = names[start : start + _KEPT_EVERY]
        images = [read_image(missing[name]) for name in chunk]
        rows = teacher.embed(images) + teacher.embed([np.ascontiguousarray(image[:, ::-1]) for image in images])
        known.update(zip(chunk, rows.astype(np.float16), strict=True))
        _write(file, known)
    return np.stack([known[key] for key in keys]).astype(np.float32)


def _read(file: Path) -> dict[str, np.ndarray]:
    if not file.is_file():
        return {}
    with np.load(file, allow_pickle=False) as kept:
        return dict(zip(kept["images"].tolist(), kept["embeddings"], strict=True))


def _write(file: Path, known: dict[str, np.ndarray]) -> None:
    try:
        with replacing(file) as temporary:
            np.savez(temporary, images=np.array(list(known)), embeddings=np.stack(list(known.values())))
    except OSError:
        pass  # a cache saves time, it is no result


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
