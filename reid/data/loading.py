"""Batches of crops as network inputs, decoded and augmented in a thread while the network computes."""

import queue
import threading
from collections.abc import Iterator

import numpy as np
import torch

from reid.data.augmentation import augment
from reid.data.folders import Crops, read_image
from reid.preprocessing import Preprocessing

_AHEAD = 4  # batches kept ready


def load_batches(
    crops: Crops, batches: np.ndarray, preprocessing: Preprocessing, erasing: float, rng: np.random.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield `(images (B, 3, H, W) float32, labels (B,))` for each row of `batches (batches, B)`, indices into `crops`.

    `erasing` is the probability of random erasing. The thread ends with the iteration, also when that is cut short.
    Raises InputError for an image that does not decode.
    """
    ready: queue.Queue = queue.Queue(_AHEAD)
    stopped = threading.Event()
    mean = 255 * np.array(preprocessing.mean[::-1])

    def hand_over(item: object) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for batch in batches:
                if stopped.is_set():
                    return
                images = preprocessing.resize([read_image(crops.paths[index]) for index in batch])
                inputs = preprocessing.normalise(augment(images, mean, rng, erasing=erasing))
                hand_over((torch.from_numpy(inputs), torch.from_numpy(crops.ids[batch])))
            hand_over(None)
        except Exception as error:  # raised again in the consumer, where it can be reported
            hand_over(error)

    threading.Thread(target=produce, daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stopped.set()
