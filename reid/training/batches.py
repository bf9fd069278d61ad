"""The batches of a training run: which crops at which step, and at which size."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from reid.data.folders import Crops
from reid.data.loading import load_batches, load_images
from reid.data.sampling import identity_batches
from reid.errors import InputError
from reid.preprocessing import Preprocessing
from reid.training import processes
from reid.training.recipe import Recipe

_STATISTICS_BATCHES = 100


class Batches:
    """The batches that `recipe` draws from `crops`, for a network that wants images of `size`, on `device`."""

    def __init__(self, recipe: Recipe, crops: Crops, size: Preprocessing, device: torch.device | str):
        self.recipe, self.crops, self.size, self.device = recipe, crops, size, device
        self._images, self._decoded_size = torch.empty(0), None

    def epoch(self, epoch: int) -> np.ndarray:
        """Indices into the crops, `(steps, P * K)`, in the order of the run's batches; they depend on seed and epoch alone.

        Raises InputError when there are too few identities for one batch.
        """
        recipe = self.recipe
        rng = np.random.default_rng([recipe.seed, epoch, 0])
        batches = identity_batches(self.crops.ids, recipe.identities_per_batch, recipe.images_per_identity, rng)
        if not len(batches):
            there, wanted = len(np.unique(self.crops.ids)), recipe.identities_per_batch
            raise InputError(f"{there} identities do not fill a batch of {wanted}: give more data, or lower identities_per_batch")
        return batches

    def size_at(self, epoch: int) -> Preprocessing:
        """What images become in an epoch: smaller ones in the early epochs, if the recipe has some."""
        recipe = self.recipe
        if epoch >= recipe.early_epochs:
            return self.size
        return replace(self.size, height=recipe.early_height, width=recipe.early_width)

    def inputs(self, batches: np.ndarray, epoch: int, first: int = 0) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Images and labels of an epoch's `batches` from step `first` on: this process's share of each, whole identities."""
        recipe, size = self.recipe, self.size_at(epoch)
        share = batches.shape[1] // processes.count()
        columns = slice(processes.rank() * share, (processes.rank() + 1) * share)
        changes, seed = (recipe.random_erasing, recipe.erasing_ratio, recipe.colour_jitter), [recipe.seed, epoch, 1]
        return load_batches(self._at(size), self.crops.ids, batches, size, changes, seed, first, columns, self.device)

    def statistics(self) -> Iterator[torch.Tensor]:
        """Batches of the last epoch's kind from which the batch-norm statistics of averaged weights are recomputed."""
        last = self.recipe.epochs - 1
        for images, _ in self.inputs(self.epoch(last)[:_STATISTICS_BATCHES], last):
            yield images

    def _at(self, size: Preprocessing) -> torch.Tensor:
        """All images at `size`, decoded when the size changes."""
        if size != self._decoded_size:
            self._images, self._decoded_size = load_images(self.crops.paths, size), size
        return self._images
