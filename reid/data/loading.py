"""Batches of crops as network inputs, decoded and augmented while the network computes."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from reid.data.augmentation import augment
from reid.data.folders import Crops, read_image
from reid.preprocessing import Preprocessing
from reid.read_ahead import read_ahead

_DEPTH = 4  # batches kept ready
_THREADS = min(8, os.cpu_count() or 1)


def load_batches(
    crops: Crops,
    batches: np.ndarray,
    preprocessing: Preprocessing,
    erasing: float,
    seed: Sequence[int],
    first: int = 0,
    columns: slice = slice(None),
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield `(images (B, 3, H, W) float32, labels (B,))` for each row of `batches (batches, B)`, indices into `crops`.

    `erasing` is the probability of random erasing. Each image is changed by random numbers of its own, which come from `seed`,
    its row and its column; so a run may start at the row `first`, or load some `columns` only, and gets the images that a whole
    run gets there. Raises InputError for an image that does not decode.
    """
    places = np.arange(batches.shape[1])[columns]

    def load_image(row: int, column: int) -> np.ndarray:
        image = preprocessing.resize([read_image(crops.paths[batches[row, column]])])[0]
        return augment(image, np.random.default_rng([*seed, row, column]), erasing=erasing)

    def load() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        with ThreadPoolExecutor(_THREADS) as threads:
            for row in range(first, len(batches)):
                images = np.stack(list(threads.map(load_image, [row] * len(places), places)))
                yield torch.from_numpy(preprocessing.normalise(images)), torch.from_numpy(crops.ids[batches[row, places]])

    return read_ahead(load(), _DEPTH)
