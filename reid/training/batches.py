"""The batches of a training run: the crops and the image size of each step."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import torch

from reid.common.errors import InputError
from reid.data.camera_changes import CameraStrengths
from reid.data.folders import Crops
from reid.data.loading import ImageChanges, Images, load_batches, load_images, load_masks
from reid.data.sampling import identity_batches, random_batches
from reid.preprocessing import Preprocessing
from reid.training import processes
from reid.training.recipe import Recipe

_STATISTICS_BATCHES = 100
Ask = Callable[[torch.Tensor], torch.Tensor]
People = Callable[[torch.Tensor], torch.Tensor]


class Batch(NamedTuple):
    """One process's share of a batch: images `(B, 3, H, W)`, labels `(B,)`, and, or None, the teachers' embeddings `(B, D)` and
    parsing masks `(B, H, W)` uint8."""

    images: torch.Tensor
    labels: torch.Tensor
    taught: torch.Tensor | None = None
    masks: torch.Tensor | None = None


class Batches:
    """The batches that `recipe` draws from `crops`, for a network with images of `size`, on `device`.

    Crops without a label have the identity -1. `taught (N, D)` are the teachers' embeddings of each crop, if any;
    `ask` calls the teachers on images composed during training. `people` tells where the person is, as `Parser.people` of
    `reid.parsing.parser` does; without it, an average outline of a person, or the crops' masks, tell it.
    """

    def __init__(
        self,
        recipe: Recipe,
        crops: Crops,
        size: Preprocessing,
        device: torch.device | str,
        taught: np.ndarray | None = None,
        ask: Ask | None = None,
        people: People | None = None,
    ):
        self.recipe, self.crops, self.size, self.device = recipe, crops, size, device
        self._told = [crops.ids] if taught is None else [crops.ids, taught]
        self._images, self._ask, self._people = Images(torch.empty(0)), ask, people
        self._decoded_size: Preprocessing | None = None
        strengths = CameraStrengths(**{field.name: getattr(recipe, field.name) for field in fields(CameraStrengths)})
        camera = None if strengths == CameraStrengths() else strengths
        composed = recipe.composites_per_batch
        papers = recipe.random_erasing, recipe.erasing_ratio, recipe.colour_jitter
        self._changes = ImageChanges(*papers, camera, recipe.background, recipe.masked, composed)

    def epoch(self, epoch: int) -> np.ndarray:
        """Indices into the crops, `(steps, L + S + U + C)`, in the order of the run's batches, by seed and epoch alone.

        L are P x K or random crops with labels, S are styled copies, U are crops without labels, and C are any crops, to be
        composed with others. Raises InputError if there are too few identities or images for one batch.
        """
        recipe, named = self.recipe, np.flatnonzero(self.crops.named)
        labels = self.crops.ids[named]
        rng = np.random.default_rng(recipe.seeds(epoch, 0))
        if recipe.images_per_batch:
            batches = random_batches(len(labels), recipe.images_per_batch, rng)
            key, there = "images", len(labels)
        else:
            batches = identity_batches(labels, recipe.identities_per_batch, recipe.images_per_identity, rng)
            key, there = "identities", len(np.unique(labels))
        if not len(batches):
            wanted = getattr(recipe, f"{key}_per_batch")
            raise InputError(f"{there} {key} do not fill a batch of {wanted}: give more data, or lower {key}_per_batch")
        every, unlabelled = np.arange(len(self.crops)), np.flatnonzero(self.crops.ids < 0)
        styled = np.flatnonzero((self.crops.ids >= 0) & ~self.crops.named)
        drawn = [
            _drawn_evenly(pool, len(batches) * count, rng).reshape(len(batches), -1)
            for pool, count in zip((styled, unlabelled, every), recipe.parts_of_batch[1:], strict=True)
        ]
        return np.concatenate([named[batches], *drawn], 1)

    def size_at(self, epoch: int) -> Preprocessing:
        """The image format in an epoch: smaller images in early epochs, if the recipe sets them."""
        recipe = self.recipe
        if epoch >= recipe.early_epochs:
            return self.size
        return replace(self.size, height=recipe.early_height, width=recipe.early_width)

    def epochs(self) -> int:
        """The number of epochs of the run, the last one perhaps cut short by its number of iterations."""
        return self.recipe.epochs or -(-self.recipe.iterations // len(self.epoch(0)))

    def inputs(self, batches: np.ndarray, epoch: int, first: int = 0) -> Iterator[Batch]:
        """An epoch's `batches` from step `first`.

        These are this process's share of each batch: whole identities, styled copies, images without labels, then composed ones.
        """
        for images, labels, *rest in self._load(batches, epoch, first, self._ask):
            masks = rest.pop() if self.crops.masks else None
            yield Batch(images, labels, rest[0] if rest else None, masks)

    def statistics(self) -> Iterator[torch.Tensor]:
        """Batches as in the last epoch, to recompute the batch-norm statistics of averaged weights."""
        last = self.epochs() - 1
        for images, *_ in self._load(self.epoch(last)[:_STATISTICS_BATCHES], last, 0, None):  # without teachers
            yield images

    def _load(self, batches: np.ndarray, epoch: int, first: int, ask: Ask | None) -> Iterator[tuple[torch.Tensor, ...]]:
        recipe, size = self.recipe, self.size_at(epoch)
        seed, columns, images = recipe.seeds(epoch, 1), processes.own_rows(*recipe.parts_of_batch), self._at(size)
        changes = replace(self._changes, padding=round(recipe.padding * size.height / self.size.height))
        return load_batches(images, self._told, batches, size, changes, seed, first, columns, self.device, ask)

    def _at(self, size: Preprocessing) -> Images:
        """All images at `size`, decoded when the size changes."""
        if size != self._decoded_size:
            images, masks = load_images(self.crops.paths, size), None
            if self.crops.masks:
                masks = load_masks(self.crops.masks, size)
            people = None if self._people is None else self._people(images)
            self._images, self._decoded_size = Images(images, masks, people), size
        return self._images


def _drawn_evenly(pool: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` members of `pool (N,)`: each once before any repeats."""
    rounds = [rng.permutation(pool) for _ in range(-(-count // len(pool)))] if count else [pool[:0]]
    return np.concatenate(rounds)[:count]
