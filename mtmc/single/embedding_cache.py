"""An embedding cache on disk, so comparing trackers runs the network only once."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from io import RawIOBase
from numbers import Integral
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from mtmc.single.answer_check import checked_rows
from reid.common.cache_folder import checksum, discard, embedding_code, touch, trim
from reid.common.files import replacing
from trackers import Detections

MOST = 4 << 30  # bytes of embeddings that are kept
PACKAGES = {"openvino": "openvino", "onnxruntime": "onnxruntime", "pytorch": "torch"}  # that compute, by engine

Embed = Callable[[np.ndarray | None, np.ndarray], tuple[np.ndarray, float]]


class _IncompleteError(Exception):
    """An entry lacks a part, which the disk refused or no model computed, and is therefore not stored."""


@contextmanager
def remembering(appearance, images, detections: list[Detections], folder: Path | None) -> Iterator[tuple[Embed, bool]]:
    """Embeddings of a whole sequence: read from `folder`, or computed and, after the last frame, stored there.

    Yields a function and whether the embeddings come from disk. Call the function in frame order with `(image, boxes (N, 4))`; it
    returns `(N, D)` rows and the seconds taken to compute them, or raises as `checked_rows` does. The image may be None if they
    come from disk. The entry's name is a hash of the model's weights, preprocessing and engine, of the code that makes
    embeddings, the identity of `images` and the boxes. A damaged entry is computed anew. The folder keeps the entries used last,
    up to `MOST` bytes. Nothing is stored without `folder`, for a model without `weights_hash` or `dimension`, for live images,
    for embeddings that alone exceed `MOST`, if a frame was skipped, or if the disk takes no entry or not all of it: a cache saves
    time, it is not a result.
    """
    count, declared = sum(len(frame) for frame in detections), getattr(appearance, "dimension", None)
    dimension = int(declared) if isinstance(declared, Integral) else 0
    weights, source = getattr(appearance, "weights_hash", None), getattr(images, "identity", None)
    length = 4 * count * dimension
    if folder is None or weights is None or source is None or not 0 < length <= MOST:
        yield _computing(appearance), False
        return
    rows = folder / f"{_key(appearance, source, detections)}.f32"
    told = rows.with_suffix(".json")
    spent: list[float] = []
    refused: list[OSError] = []
    whole = False
    with suppress(_IncompleteError), ExitStack() as stack:
        if (seconds := _seconds(told, rows, length)) is not None:
            touch(told)
            yield _reading(stack.enter_context(open(rows, "rb")), dimension, seconds / count), True
            return
        discard(rows, told)
        try:
            # Unbuffered, so that a full disk is told by the write and not when the file is closed.
            file = stack.enter_context(open(stack.enter_context(replacing(rows)), "wb", buffering=0))
        except OSError:
            yield _computing(appearance), False
            return
        yield _storing(_computing(appearance), file, spent, refused), False
        whole = not refused and file.tell() == length
        if not whole:
            raise _IncompleteError
    if whole:
        with suppress(OSError), replacing(told) as path:
            path.write_text(json.dumps({"seconds": sum(spent), "checksum": checksum(rows)}))
        trim(folder, MOST)


def _seconds(told: Path, rows: Path, length: int) -> float | None:
    """What the file `told` says that the entry of `length` bytes in `rows` took; None unless both are there and whole."""
    try:
        facts = json.loads(told.read_text(encoding="utf-8"))
        whole = rows.stat().st_size == length and checksum(rows) == facts["checksum"]
        return float(facts["seconds"]) if whole else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _key(appearance, source: str, detections: list[Detections]) -> str:
    engine = [getattr(appearance, name, None) for name in ("engine", "precision", "preprocessing")]
    package = PACKAGES.get(str(engine[0]))
    made_by = appearance.weights_hash, engine, package and version(package), cv2.__version__, embedding_code()
    digest = hashlib.sha256(f"{made_by}|{source}".encode())
    for frame in detections:
        digest.update(len(frame).to_bytes(4, "little"))
        digest.update(np.ascontiguousarray(frame.boxes, dtype=np.float64).tobytes())
    return digest.hexdigest()[:32]


def _computing(appearance) -> Embed:
    dimension: int | None = None

    def embed(image: np.ndarray | None, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        nonlocal dimension
        start = time.perf_counter()
        rows = checked_rows(appearance(image, boxes), len(boxes), dimension)
        dimension = rows.shape[1]
        return rows, time.perf_counter() - start

    return embed


def _storing(compute: Embed, file: RawIOBase, spent: list[float], refused: list[OSError]) -> Embed:
    def embed(image: np.ndarray | None, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        embeddings, seconds = compute(image, boxes)
        if not refused:
            try:
                _write_all(file, np.asarray(embeddings, "<f4").tobytes())
            except OSError as error:
                refused.append(error)
        spent.append(seconds)
        return embeddings, seconds

    return embed


def _write_all(file: RawIOBase, data: bytes) -> None:
    """Write `data`, of which an almost full disk takes a part, and then raises `OSError`."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _reading(file: BinaryIO, dimension: int, seconds_a_row: float) -> Embed:
    def embed(image: np.ndarray | None, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        rows = np.frombuffer(file.read(len(boxes) * dimension * 4), "<f4").reshape(-1, dimension)
        return rows, seconds_a_row * len(boxes)

    return embed
