"""The batches of a training run: which crops at which step, and at which size."""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import torch

from reid.data.camera_changes import CameraStrengths
from reid.data.folders import Crops
from reid.data.loading import load_batches, load_images
from reid.data.sampling import identity_batches
from reid.errors import InputError
from reid.preprocessing import Preprocessing
from reid.training import processes
from reid.training.recipe import Recipe

_STATISTICS_BATCHES = 100


class Batches:
    """The batches that `recipe` draws from `crops`, for a network that wants images of `size`, on `device`.

    Crops without a label have the identity -1 and come last. `taught (N, D)` is what teachers say of each crop, if there are any.
    """

    def __init__(
        self,
        recipe: Recipe,
        crops: Crops,
        size: Preprocessing,
        device: torch.device | str,
        taught: np.ndarray | None = None,
    ):
        self.recipe, self.crops, self.size, self.device = recipe, crops, size, device
        self._told = [crops.ids] if taught is None else [crops.ids, taught]
        self._images, self._decoded_size = torch.empty(0), None
        strengths = CameraStrengths(**{field.name: getattr(recipe, field.name) for field in fields(CameraStrengths)})
        self._camera = None if strengths == CameraStrengths() else strengths

    def epoch(self, epoch: int) -> np.ndarray:
        """Indices into the crops, `(steps, P * K + U)`, in the order of the run's batches; they depend on seed and epoch alone.

        The last U are without labels. Raises InputError when there are too few identities for one batch.
        """
        recipe, labels = self.recipe, self.crops.ids[self.crops.ids >= 0]
        rng = np.random.default_rng([recipe.seed, epoch, 0])
        batches = identity_batches(labels, recipe.identities_per_batch, recipe.images_per_identity, rng)
        if not len(batches):
            there, wanted = len(np.unique(labels)), recipe.identities_per_batch
            raise InputError(f"{there} identities do not fill a batch of {wanted}: give more data, or lower identities_per_batch")
        wanted = len(batches) * recipe.unlabelled_per_batch
        if not wanted:
            return batches
        unlabelled = np.arange(len(labels), len(self.crops))
        rounds = [rng.permutation(unlabelled) for _ in range(-(-wanted // len(unlabelled)))]
        return np.concatenate([batches, np.concatenate(rounds)[:wanted].reshape(len(batches), -1)], 1)

    def size_at(self, epoch: int) -> Preprocessing:
        """What images become in an epoch: smaller ones in the early epochs, if the recipe has some."""
        recipe = self.recipe
        if epoch >= recipe.early_epochs:
            return self.size
        return replace(self.size, height=recipe.early_height, width=recipe.early_width)

    def inputs(self, batches: np.ndarray, epoch: int, first: int = 0) -> Iterator[tuple[torch.Tensor, ...]]:
        """Images, labels and, with teachers, what they say, of an epoch's `batches` from step `first` on.

        It is this process's share of each batch: whole identities, then images without labels.
        """
        recipe, size = self.recipe, self.size_at(epoch)
        changes, seed = (recipe.random_erasing, recipe.erasing_ratio, recipe.colour_jitter), [recipe.seed, epoch, 1]
        own = processes.own_rows(recipe.labelled_per_batch), processes.own_rows(recipe.unlabelled_per_batch)
        columns = np.concatenate([own[0], recipe.labelled_per_batch + own[1]])
        images = self._at(size)
        return load_batches(images, self._told, batches, size, changes, seed, first, columns, self.device, self._camera)

    def statistics(self) -> Iterator[torch.Tensor]:
        """Batches of the last epoch's kind from which the batch-norm statistics of averaged weights are recomputed."""
        last = self.recipe.epochs - 1
        for images, *_ in self.inputs(self.epoch(last)[:_STATISTICS_BATCHES], last):
            yield images

    def _at(self, size: Preprocessing) -> torch.Tensor:
        """All images at `size`, decoded when the size changes."""
        if size != self._decoded_size:
            self._images, self._decoded_size = load_images(self.crops.paths, size), size
        return self._images
