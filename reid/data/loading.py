"""Batches of crops as network inputs. Every image is decoded once; what changes at random changes on the device."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from reid.data.augmentation import augment, draw_changes
from reid.data.folders import read_image
from reid.preprocessing import Preprocessing
from reid.read_ahead import read_ahead

_DEPTH = 4  # batches kept ready
_THREADS = min(16, os.cpu_count() or 1)


def load_images(paths: Sequence[Path], size: Preprocessing) -> torch.Tensor:
    """Decode image files, stretched to `size`: `(N, H, W, 3)` uint8 BGR.

    All are held in memory: 30 KB an image of 160x64, 1.3 GB for Market-1501 at 256x128. Raises InputError for an image that does
    not decode.
    """
    images = torch.empty((len(paths), size.height, size.width, 3), dtype=torch.uint8)
    rows = images.numpy()

    def load(index: int) -> None:
        rows[index] = size.resize([read_image(paths[index])])[0]

    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(load, range(len(paths))):
            pass
    return images


def load_batches(
    images: torch.Tensor,
    labels: np.ndarray,
    batches: np.ndarray,
    size: Preprocessing,
    changes: tuple[float, float, float],
    seed: Sequence[int],
    first: int = 0,
    columns: slice = slice(None),
    device: torch.device | str = "cpu",
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield `(inputs (B, 3, H, W) float32, labels (B,))` on `device` for each row of `batches (batches, B)`.

    The rows index `images (N, H, W, 3)`, as `load_images` gives them, and `labels (N,)`. `changes` are `erasing`, `ratio` and
    `jitter` of `reid.data.augmentation.draw_changes`. All random numbers of a batch come from `seed` and its row; so a run may
    start at the row `first`, or load some `columns` only, and gets the inputs that a whole run gets there.
    """
    pinned = torch.device(device).type == "cuda"
    scale, shift = (torch.from_numpy(each).to(device) for each in size.affine())

    def draw() -> Iterator[tuple]:
        for row in range(first, len(batches)):
            chosen = batches[row, columns]
            drawn = draw_changes(batches.shape[1], size.height, size.width, np.random.default_rng([*seed, row]), *changes)
            yield images[torch.from_numpy(chosen)], torch.from_numpy(labels[chosen]), drawn.take(columns)

    for pixels, names, drawn in read_ahead(draw(), _DEPTH):
        if pinned:  # here and not ahead: no other thread may ask for such memory while a CUDA graph is captured
            pixels, names = pixels.pin_memory(), names.pin_memory()
        changed = augment(pixels.to(device, non_blocking=True), drawn)
        ordered = changed.flip(3) if size.colours == "rgb" else changed
        inputs = (ordered * scale - shift).permute(0, 3, 1, 2)  # channels last in memory
        yield inputs, names.to(device, non_blocking=True)
