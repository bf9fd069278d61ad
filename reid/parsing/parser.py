"""A parser: a network with its preprocessing, from images of people to maps of their labels and regions."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from reid.common.errors import InputError
from reid.models import parsers
from reid.models.regions import region_maps
from reid.preprocessing import check_images
from reid.weights import weights_file
from reid.weights.weights_file import Weights

BATCH = 16  # images per batch, which bounds memory


class Parsing(NamedTuple):
    """What a parser finds in N images, at the size `(h, w)` of the network's maps, as float32 in 0..1.

    `maps (N, 5, h, w)` are the probabilities of `reid.models.regions.REGIONS`, `probabilities (N, 20, h, w)` those of `LABELS`.
    """

    maps: np.ndarray
    probabilities: np.ndarray


class Parser:
    """Maps images to regions of people. `str(parser)` names the network and its device."""

    def __init__(self, weights: Weights, device: str = "cpu"):
        self.name = weights.model
        self.preprocessing = weights.preprocessing
        self.weights_hash = weights.hash
        self.device = device
        self._network = weights.network().to(device)

    def __str__(self) -> str:
        return f"{self.name} on pytorch ({self.device})"

    def parse(self, images: Sequence[np.ndarray]) -> Parsing:
        """Parse `(H, W, 3)` uint8 BGR images of any sizes, each resized to the network's. An empty list gives empty arrays.

        Raises ValueError for anything but such images, and InputError if the network gives something other than finite numbers.
        """
        check_images(images)
        black = np.zeros((self.preprocessing.height, self.preprocessing.width, 3), np.uint8)
        parts = [self._parse(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        parts = parts or [Parsing(*(each[:0] for each in self._parse([black])))]
        return Parsing(*map(np.concatenate, zip(*parts, strict=True)))

    def _parse(self, images: Sequence[np.ndarray]) -> Parsing:
        with torch.inference_mode():
            probabilities = self._network(torch.from_numpy(self.preprocessing(images)).to(self.device)).float()
            maps = region_maps(probabilities).clamp(0, 1)  # a sum of probabilities is over 1 by a rounding
        if not bool(torch.isfinite(maps).all()):
            raise InputError(f"{self.name}: its maps are not finite numbers: its weights are damaged, or training diverged")
        return Parsing(maps.cpu().numpy(), probabilities.cpu().numpy())


def labels_at(probabilities: np.ndarray, height: int, width: int) -> np.ndarray:
    """The most probable label of each pixel, `(height, width)` uint8, once `probabilities (20, h, w)` are scaled bilinearly to
    that size; of two equal ones, the first."""
    labels, best = np.zeros((height, width), np.uint8), np.full((height, width), -1, np.float32)
    for label, probability in enumerate(probabilities):  # one after the other: twenty maps of a large photograph are a gigabyte
        scaled = cv2.resize(probability, (width, height), interpolation=cv2.INTER_LINEAR)
        labels[scaled > best] = label
        np.maximum(best, scaled, out=best)
    return labels


def load_parser(name: str | Path = "parser_light", device: str = "cpu") -> Parser:
    """Open a parser by the name of its shipped weights, or a .safetensors file, on a `device` of PyTorch.

    Raises InputError for a name or a file that is unknown or missing, or that is no parser.
    """
    return Parser(find_parser(name), device)


def find_parser(name: str | Path) -> Weights:
    """Read what `load_parser` opens, without building the network."""
    shipped = [each for each in parsers() if (weights_file.SHIPPED / f"{each}.safetensors").is_file()]
    way_out = f"choose from {', '.join(shipped)}, or give a .safetensors file of a parser"
    if Path(name).suffix.lower() != ".safetensors" and str(name) not in shipped:
        raise InputError(f"{name}: {'a parser that ships without weights' if name in parsers() else 'no parser'}; {way_out}")
    weights = weights_file.find_weights(name)
    if weights.model not in parsers():
        raise InputError(f"{name}: holds weights of {weights.model}, which is no parser; {way_out}")
    return weights
