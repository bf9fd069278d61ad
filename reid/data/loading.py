"""Batches of crops as network inputs. Every image is decoded once; augmentation runs on the device."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from reid.common.picture_file import read_image
from reid.common.read_ahead import read_ahead
from reid.data.augmentation import augment, draw_changes
from reid.data.backgrounds import draw_backgrounds, outline, replace_backgrounds
from reid.data.camera_changes import CameraStrengths, change_camera, draw_camera_changes
from reid.data.composites import compose, draw_composites
from reid.data.masks import BACKGROUND, move_masks, read_labels
from reid.preprocessing import Preprocessing

_DEPTH = 4  # batches kept ready
_THREADS = min(16, os.cpu_count() or 1)


def load_images(paths: Sequence[Path], size: Preprocessing) -> torch.Tensor:
    """Decode image files and resize them to `size`: `(N, H, W, 3)` uint8 BGR.

    All are held in memory: 30 KB per image of 160x64, 1.3 GB for Market-1501 at 256x128. Raises InputError for an image that does
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


def load_masks(paths: Sequence[Path], size: Preprocessing) -> torch.Tensor:
    """Decode parsing masks and resize them to `size`, without mixing labels: `(N, H, W)` uint8."""
    masks = torch.empty((len(paths), size.height, size.width), dtype=torch.uint8)

    def load(path: Path, row: np.ndarray) -> None:
        cv2.resize(read_labels(path), (size.width, size.height), dst=row, interpolation=cv2.INTER_NEAREST)

    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(load, paths, masks.numpy()):
            pass
    return masks


@dataclass(frozen=True)
class Images:
    """Images `(N, H, W, 3)` uint8 BGR, as from `load_images`, with what is known of each pixel.

    masks: the labels of a parsing data set, `(N, H, W)` uint8. people: 255 times the probability that a pixel belongs to the
    person, `(N, H, W)` uint8; without it, that of `masks`, or an average outline. Both may be None.
    """

    pixels: torch.Tensor
    masks: torch.Tensor | None = None
    people: torch.Tensor | None = None

    def outlines(self, rows: torch.Tensor) -> torch.Tensor:
        """The probability that each pixel of the images at `rows` belongs to the person, `(B, H, W)` float32 in 0..1."""
        if self.people is not None:
            return self.people[rows].float() / 255
        if self.masks is not None:
            return (self.masks[rows] != BACKGROUND).float()
        return outline(*self.pixels.shape[1:3])[None].expand(len(rows), -1, -1)


@dataclass(frozen=True)
class ImageChanges:
    """How to augment images: `erasing`, `ratio`, `jitter` and `padding` as for `reid.data.augmentation.draw_changes`.

    `camera` holds the strengths of `reid.data.camera_changes`, or None; `background` is the probability, 0..1, of replacing a
    person's background by another's, and `masked` that of a plain one (`reid.data.backgrounds`). The last `composed` images of a
    batch are composites of two (`reid.data.composites`).
    """

    erasing: float = 0.0
    ratio: float = 3.3
    jitter: float = 0.0
    camera: CameraStrengths | None = None
    background: float = 0.0
    masked: float = 0.0
    composed: int = 0
    padding: int = 10


def load_batches(
    images: Images,
    told: Sequence[np.ndarray],
    batches: np.ndarray,
    size: Preprocessing,
    changes: ImageChanges,
    seed: Sequence[int],
    first: int = 0,
    columns: np.ndarray | slice = slice(None),
    device: torch.device | str = "cpu",
    ask: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> Iterator[tuple[torch.Tensor, ...]]:
    """Yield `(inputs (B, 3, H, W) float32, *told)` on `device` for each row of `batches (batches, B)`.

    The rows index `images` and each of the arrays `told`, `(N, ...)`, such as labels. If the images have masks, these follow, as
    `(B, H, W)` uint8, moved like the images; those of composites are the first image's. All random numbers of a batch derive from
    `seed` and its row, so a run that starts at the row `first`, or loads only some `columns`, gets the same inputs as a full run.
    `ask` is called with the composed images, `(C, H, W, 3)` BGR in 0..255, before further augmentation; its results, `(C, ...)`,
    replace those images' rows in the last array of `told`.
    """
    pinned = torch.device(device).type == "cuda"
    scale, shift = (torch.from_numpy(each).to(device) for each in size.affine())

    def draw() -> Generator[tuple]:
        count: int = batches.shape[1]
        places = np.arange(count)[columns]
        composed = places >= count - changes.composed
        around = bool(changes.background or changes.masked)
        for row in range(first, len(batches)):
            random = np.random.default_rng([*seed, row])
            chosen = torch.from_numpy(batches[row, places])
            papers = changes.erasing, changes.ratio, changes.jitter, changes.padding
            drawn = draw_changes(count, size.height, size.width, random, *papers)
            seen = None if changes.camera is None else draw_camera_changes(count, random, changes.camera).take(places)
            donors, people, mixed, backgrounds = torch.empty(0), torch.empty(0), None, None
            if around or changes.composed:
                others = torch.from_numpy(random.integers(len(images.pixels), size=count)[places])
                donors = images.pixels[others]
                mixed = draw_composites(count, random).take(places[composed])
                backgrounds = draw_backgrounds(count, random, changes.background, changes.masked).take(places)
            if around:
                people = images.outlines(chosen)
                if composed.any() and mixed is not None:
                    pair = people[composed][..., None], images.outlines(others[composed])[..., None]
                    people = torch.cat([people[~composed], compose(*pair, mixed)[..., 0]])
            names = [torch.from_numpy(np.ascontiguousarray(each[chosen.numpy()])) for each in told]
            if images.masks is not None:
                names.append(images.masks[chosen])
            arrays = [images.pixels[chosen], donors, people, *names]
            yield arrays, int(composed.sum()), mixed, backgrounds, seen, drawn.take(places)

    for arrays, composed, mixed, backgrounds, seen, drawn in read_ahead(draw(), _DEPTH):
        if pinned:  # here and not in the thread, which must not allocate pinned memory while a CUDA graph is captured
            arrays = [each.pin_memory() for each in arrays]
        pixels, donors, people, *rows = (each.to(device, non_blocking=True) for each in arrays)
        if composed:
            clean = compose(pixels[-composed:], donors[-composed:], mixed)
            pixels = torch.cat([pixels[:-composed].float(), clean])
            if ask is not None:
                taught = rows[len(told) - 1]
                rows[len(told) - 1] = torch.cat([taught[:-composed], ask(clean).to(taught.dtype)])
        if len(people):
            pixels = replace_backgrounds(pixels, donors, backgrounds, people)
        if seen is not None:
            pixels = change_camera(pixels, seen)
        pixels = augment(pixels, drawn)
        if images.masks is not None:
            rows[-1] = move_masks(rows[-1], drawn, seen)
        ordered = pixels.flip(3) if size.colours == "rgb" else pixels
        yield (ordered * scale - shift).permute(0, 3, 1, 2), *rows  # channels last in memory
