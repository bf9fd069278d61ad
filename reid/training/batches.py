"""The batches of a training run: the crops and the image size of each step."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np
import torch

from reid.common.errors import InputError
from reid.data.camera_changes import CameraStrengths
from reid.data.folders import Crops
from reid.data.loading import ImageChanges, load_batches, load_images
from reid.data.sampling import identity_batches
from reid.preprocessing import Preprocessing
from reid.training import processes
from reid.training.recipe import Recipe

_STATISTICS_BATCHES = 100
Ask = Callable[[torch.Tensor], torch.Tensor]


class Batches:
    """The batches that `recipe` draws from `crops`, for a network with images of `size`, on `device`.

    Crops without a label have the identity -1 and come last. `taught (N, D)` are the teachers' embeddings of each crop, if any;
    `ask` calls the teachers on images composed during training.
    """

    def __init__(
        self,
        recipe: Recipe,
        crops: Crops,
        size: Preprocessing,
        device: torch.device | str,
        taught: np.ndarray | None = None,
        ask: Ask | None = None,
    ):
        self.recipe, self.crops, self.size, self.device = recipe, crops, size, device
        self._told = [crops.ids] if taught is None else [crops.ids, taught]
        self._images, self._ask = torch.empty(0), ask
        self._decoded_size: Preprocessing | None = None
        strengths = CameraStrengths(**{field.name: getattr(recipe, field.name) for field in fields(CameraStrengths)})
        camera = None if strengths == CameraStrengths() else strengths
        composed = recipe.composites_per_batch
        papers = recipe.random_erasing, recipe.erasing_ratio, recipe.colour_jitter
        self._changes = ImageChanges(*papers, camera, recipe.background, composed)

    def epoch(self, epoch: int) -> np.ndarray:
        """Indices into the crops, `(steps, P * K + U + C)`, in the order of the run's batches, by seed and epoch alone.

        U are crops without labels, and C are any crops, to be composed with others. Raises InputError if there are too few
        identities for one batch.
        """
        recipe, labels = self.recipe, self.crops.ids[self.crops.ids >= 0]
        rng = np.random.default_rng([recipe.seed, epoch, 0])
        batches = identity_batches(labels, recipe.identities_per_batch, recipe.images_per_identity, rng)
        if not len(batches):
            there, wanted = len(np.unique(labels)), recipe.identities_per_batch
            raise InputError(f"{there} identities do not fill a batch of {wanted}: give more data, or lower identities_per_batch")
        every, unlabelled = np.arange(len(self.crops)), np.arange(len(labels), len(self.crops))
        drawn = [
            _drawn_evenly(pool, len(batches) * count, rng).reshape(len(batches), -1)
            for pool, count in ((unlabelled, recipe.unlabelled_per_batch), (every, recipe.composites_per_batch))
        ]
        return np.concatenate([batches, *drawn], 1)

    def size_at(self, epoch: int) -> Preprocessing:
        """The image format in an epoch: smaller images in early epochs, if the recipe sets them."""
        recipe = self.recipe
        if epoch >= recipe.early_epochs:
            return self.size
        return replace(self.size, height=recipe.early_height, width=recipe.early_width)

    def inputs(self, batches: np.ndarray, epoch: int, first: int = 0) -> Iterator[tuple[torch.Tensor, ...]]:
        """Images, labels and, with teachers, their embeddings, of an epoch's `batches` from step `first`.

        These are this process's share of each batch: whole identities, then images without labels, then composed ones.
        """
        return self._load(batches, epoch, first, self._ask)

    def statistics(self) -> Iterator[torch.Tensor]:
        """Batches as in the last epoch, to recompute the batch-norm statistics of averaged weights."""
        last = self.recipe.epochs - 1
        for images, *_ in self._load(self.epoch(last)[:_STATISTICS_BATCHES], last, 0, None):  # without teachers
            yield images

    def _load(self, batches: np.ndarray, epoch: int, first: int, ask: Ask | None) -> Iterator[tuple[torch.Tensor, ...]]:
        recipe, size = self.recipe, self.size_at(epoch)
        seed, columns, images = [recipe.seed, epoch, 1], processes.own_rows(*recipe.parts_of_batch), self._at(size)
        return load_batches(images, self._told, batches, size, self._changes, seed, first, columns, self.device, ask)

    def _at(self, size: Preprocessing) -> torch.Tensor:
        """All images at `size`, decoded when the size changes."""
        if size != self._decoded_size:
            self._images, self._decoded_size = load_images(self.crops.paths, size), size
        return self._images


def _drawn_evenly(pool: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` members of `pool (N,)`: each once before any repeats."""
    rounds = [rng.permutation(pool) for _ in range(-(-count // len(pool)))] if count else [pool[:0]]
    return np.concatenate(rounds)[:count]
