"""Batches of crops as network inputs, decoded and augmented while the network computes."""

from collections.abc import Iterator

import numpy as np
import torch

from reid.data.augmentation import augment
from reid.data.folders import Crops, read_image
from reid.preprocessing import Preprocessing
from reid.read_ahead import read_ahead

_DEPTH = 4  # batches kept ready


def load_batches(
    crops: Crops, batches: np.ndarray, preprocessing: Preprocessing, erasing: float, rng: np.random.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield `(images (B, 3, H, W) float32, labels (B,))` for each row of `batches (batches, B)`, indices into `crops`.

    `erasing` is the probability of random erasing. Raises InputError for an image that does not decode.
    """
    mean = 255 * np.array(preprocessing.mean[::-1])

    def load() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for batch in batches:
            images = preprocessing.resize([read_image(crops.paths[index]) for index in batch])
            inputs = preprocessing.normalise(augment(images, mean, rng, erasing=erasing))
            yield torch.from_numpy(inputs), torch.from_numpy(crops.ids[batch])

    return read_ahead(load(), _DEPTH)
