"""Embeddings kept on disk, so that comparing trackers runs the network once."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from reid.files import replacing
from trackers import Detections

Embed = Callable[[np.ndarray | None, np.ndarray], tuple[np.ndarray, float]]


def default_folder() -> Path:
    """`mtmc/embeddings` in the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`). It may be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mtmc" / "embeddings"


@contextmanager
def remembering(appearance, images, detections: list[Detections], folder: Path | None) -> Iterator[tuple[Embed, bool]]:
    """Embeddings of a whole sequence: found in `folder`, or computed and, once every frame had its turn, stored there.

    Gives a function, to be called in the order of the frames with `(image, boxes (N, 4))`, that returns `(N, D)` rows and the
    seconds that computing them took; and whether they come from disk, in which case the image may be None. The entry's name is
    a hash of the model's weights and engine, the identity of `images` and the boxes. Nothing is stored without `folder`, for a
    model without `weights_hash`, for live images, or where the folder refuses: a cache saves time, it is no result.
    """
    count = sum(len(frame) for frame in detections)
    weights, source = getattr(appearance, "weights_hash", None), getattr(images, "identity", None)
    if folder is None or weights is None or source is None or not count:
        yield _computing(appearance), False
        return
    rows_path = folder / f"{_key(appearance, source, detections)}.npy"
    told_path = rows_path.with_suffix(".json")
    if rows_path.is_file() and told_path.is_file():
        seconds = json.loads(told_path.read_text())["seconds"]
        yield _reading(np.load(rows_path, mmap_mode="r"), seconds), True
        return
    with ExitStack() as stack:
        try:
            partial = stack.enter_context(replacing(rows_path))
            rows = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float32, shape=(count, appearance.dimension))
        except OSError:
            yield _computing(appearance), False
            return
        spent: list[float] = []
        yield _storing(_computing(appearance), rows, spent), False
        rows.flush()
    with replacing(told_path) as path:
        path.write_text(json.dumps({"seconds": sum(spent)}))


def _key(appearance, source: str, detections: list[Detections]) -> str:
    engine = getattr(appearance, "engine", None), getattr(appearance, "precision", None)
    digest = hashlib.sha256(f"{appearance.weights_hash}|{engine}|{source}".encode())
    for frame in detections:
        digest.update(len(frame).to_bytes(4, "little"))
        digest.update(np.ascontiguousarray(frame.boxes, dtype=np.float64).tobytes())
    return digest.hexdigest()[:32]


def _computing(appearance) -> Embed:
    def embed(image: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        start = time.perf_counter()
        return appearance(image, boxes), time.perf_counter() - start

    return embed


def _storing(compute: Embed, rows: np.ndarray, spent: list[float]) -> Embed:
    position = 0

    def embed(image: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        nonlocal position
        start, position = position, position + len(boxes)
        rows[start:position], seconds = compute(image, boxes)
        spent.append(seconds)
        return np.array(rows[start:position]), seconds

    return embed


def _reading(rows: np.ndarray, seconds: float) -> Embed:
    position = 0

    def embed(image: np.ndarray | None, boxes: np.ndarray) -> tuple[np.ndarray, float]:
        nonlocal position
        start, position = position, position + len(boxes)
        return np.array(rows[start:position]), seconds * len(boxes) / len(rows)

    return embed
