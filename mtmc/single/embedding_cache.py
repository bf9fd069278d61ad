"""An embedding cache on disk, so comparing trackers runs the network only once."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from reid.common.cache_folder import checksum, discard, embedding_code, touch, trim
from reid.common.files import replacing
from trackers import Detections

MOST = 4 << 30  # bytes of embeddings that are kept
PACKAGES = {"openvino": "openvino", "onnxruntime": "onnxruntime", "pytorch": "torch"}  # that compute, by engine

Embed = Callable[[np.ndarray | None, np.ndarray], tuple[np.ndarray, float]]


@contextmanager
def remembering(appearance, images, detections: list[Detections], folder: Path | None) -> Iterator[tuple[Embed, bool]]:
    """Embeddings of a whole sequence: read from `folder`, or computed and, after the last frame, stored there.

    Yields a function and whether the embeddings come from disk. Call the function in frame order with `(image, boxes (N, 4))`; it
    returns `(N, D)` rows and the seconds taken to compute them. The image may be None if they come from disk. The entry's name is
    a hash of the model's weights, preprocessing and engine, of the code that makes embeddings, the identity of `images` and the
    boxes. A damaged entry is made anew. The folder keeps the entries used last, up to `MOST` bytes. Nothing is stored without
    `folder`, for a model without `weights_hash`, for live images, for embeddings that alone exceed `MOST`, or if the folder is
    not writable: a cache saves time, it is not a result.
    """
    count = sum(len(frame) for frame in detections)
    weights, source = getattr(appearance, "weights_hash", None), getattr(images, "identity", None)
    if folder is None or weights is None or source is None or not count:
        yield _computing(appearance), False
        return
    length = 4 * count * appearance.dimension
    rows = folder / f"{_key(appearance, source, detections)}.f32"
    told = rows.with_suffix(".json")
    with ExitStack() as stack:
        if seconds := _seconds(rows, told, length):
            touch(told)
            yield _reading(stack.enter_context(open(rows, "rb")), appearance.dimension, seconds / count), True
            return
        discard(rows, told)
        try:
            if length > MOST:
                raise OSError("too large to keep")
            file = stack.enter_context(open(stack.enter_context(replacing(rows)), "wb"))
        except OSError:
            yield _computing(appearance), False
            return
        spent: list[float] = []
        yield _storing(_computing(appearance), file, spent), False
    with replacing(told) as path:
        path.write_text(json.dumps({"seconds": sum(spent), "checksum": checksum(rows)}))
    trim(folder, MOST)


def _seconds(rows: Path, told: Path, length: int) -> float | None:
    """The seconds that an entry took to compute; None where it is not there, or damaged."""
    try:
        facts = json.loads(told.read_text(encoding="utf-8"))
        whole = rows.stat().st_size == length and checksum(rows) == facts["checksum"]
        return max(float(facts["seconds"]), 1e-9) if whole else None
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
    def embed(image: np.ndarray | None, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        start = time.perf_counter()
        return appearance(image, boxes), time.perf_counter() - start

    return embed


def _storing(compute: Embed, file: BinaryIO, spent: list[float]) -> Embed:
    def embed(image: np.ndarray | None, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        embeddings, seconds = compute(image, boxes)
        file.write(np.asarray(embeddings, "<f4").tobytes())
        spent.append(seconds)
        return embeddings, seconds

    return embed


def _reading(file: BinaryIO, dimension: int, seconds_a_row: float) -> Embed:
    def embed(image: np.ndarray | None, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        rows = np.frombuffer(file.read(len(boxes) * dimension * 4), "<f4").reshape(-1, dimension)
        return rows, seconds_a_row * len(boxes)

    return embed
