"""Embeddings of image files, decoded batch by batch."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich import get_console
from rich.progress import track

from reid.appearance import BATCH
from reid.data.folders import read_image


def embed_files(embed: Callable[[list[np.ndarray]], np.ndarray], paths: Sequence[Path], label: str = "embedding") -> np.ndarray:
    """Apply `embed` to the images in `paths`, one or more; returns `(N, D)` float32. Shows a progress bar.

    `embed` takes `(H, W, 3)` uint8 BGR images and returns one row each, like `AppearanceModel.embed`. Raises InputError for a
    file that does not decode.
    """
    starts, watched = range(0, len(paths), BATCH), get_console().is_terminal
    watched_starts = track(starts, label, transient=True, disable=not watched)
    return np.concatenate([embed([read_image(path) for path in paths[start : start + BATCH]]) for start in watched_starts])
