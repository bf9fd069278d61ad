"""The batches of a training run: which crops at which step, and at which size."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from reid.data.folders import Crops
from reid.data.loading import load_batches
from reid.data.sampling import identity_batches
from reid.errors import InputError
from reid.preprocessing import Preprocessing
from reid.training import processes
from reid.training.recipe import Recipe

_STATISTICS_BATCHES = 100


def epoch_batches(recipe: Recipe, crops: Crops, epoch: int) -> np.ndarray:
    """Indices into `crops`, `(steps, P * K)`, in the order of the whole run's batches; they depend on seed and epoch alone.

    Raises InputError when there are too few identities for one batch.
    """
    rng = np.random.default_rng([recipe.seed, epoch, 0])
    batches = identity_batches(crops.ids, recipe.identities_per_batch, recipe.images_per_identity, rng)
    if not len(batches):
        raise InputError(f"fewer than {recipe.identities_per_batch} identities: a batch cannot be filled")
    return batches


def epoch_inputs(
    recipe: Recipe, crops: Crops, batches: np.ndarray, epoch: int, size: Preprocessing, first: int = 0
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Images and labels of an epoch's `batches` from step `first` on: this process's share of each, whole identities."""
    if epoch < recipe.early_epochs:
        size = replace(size, height=recipe.early_height, width=recipe.early_width)
    share = batches.shape[1] // processes.count()
    columns = slice(processes.rank() * share, (processes.rank() + 1) * share)
    return load_batches(crops, batches, size, recipe.random_erasing, [recipe.seed, epoch, 1], first, columns)


def statistics_images(recipe: Recipe, crops: Crops, size: Preprocessing, device: str) -> Iterator[torch.Tensor]:
    """Batches of training images from which the batch-norm statistics of averaged weights are recomputed."""
    batches = epoch_batches(recipe, crops, recipe.epochs)[:_STATISTICS_BATCHES]
    for images, _ in epoch_inputs(recipe, crops, batches, recipe.epochs, size):
        yield images.to(device)
