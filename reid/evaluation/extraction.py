"""Embeddings of image files, decoded batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from rich import get_console
from rich.progress import track

from reid.appearance import BATCH
from reid.common.picture_file import read_image


def embed_files(embed: Callable[[list[np.ndarray]], np.ndarray], paths: Sequence[Path], label: str = "embedding") -> np.ndarray:
    """Apply `embed` to the images in `paths`, one or more; returns `(N, D)` float32. Shows a progress bar.

    `embed` takes `(H, W, 3)` uint8 BGR images and returns one row each, like `AppearanceModel.embed`. Raises InputError for a
    file that is cut off or does not decode.
    """
    return np.concatenate(list(embed_batches(embed, paths, label)))


def embed_batches(
    embed: Callable[[list[np.ndarray]], np.ndarray], paths: Sequence[Path], label: str = "embedding"
) -> Iterator[np.ndarray]:
    """As `embed_files`, but yield the rows of one batch after the other."""
    starts, watched = range(0, len(paths), BATCH), get_console().is_terminal
    for start in track(starts, label, transient=True, disable=not watched):
        yield embed([read_image(path) for path in paths[start : start + BATCH]])
