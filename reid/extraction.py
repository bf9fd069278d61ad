"""Embeddings of image files, decoded a batch at a time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich import get_console
from rich.progress import track

from reid.appearance import BATCH, AppearanceModel
from reid.data.folders import read_image


def embed_files(model: AppearanceModel, paths: Sequence[Path], label: str = "embedding") -> np.ndarray:
    """The embeddings `(N, D)` of the images in `paths`, with a progress bar. Raises InputError for one that does not decode."""
    embeddings = np.empty((len(paths), model.dimension), np.float32)
    watched = get_console().is_terminal
    for start in track(range(0, len(paths), BATCH), label, transient=True, disable=not watched):
        embeddings[start : start + BATCH] = model.embed([read_image(path) for path in paths[start : start + BATCH]])
    return embeddings
