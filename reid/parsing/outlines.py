"""Where the people of training images are, as a parser sees it."""

from collections.abc import Callable

import numpy as np
import torch
from rich import get_console
from rich.progress import track
from torch.nn import functional as F

from reid.common.errors import InputError
from reid.models.regions import REGIONS
from reid.parsing.parser import BATCH, load_parser


def outlines_by(parser: str, device: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function from images `(N, H, W, 3)` uint8 BGR to 255 times the probability of the foreground, `(N, H, W)` uint8.

    `parser` is the name of shipped weights, or a file. Raises InputError, naming the recipe's key, for one that is missing.
    """
    try:
        network = load_parser(parser, device)
    except InputError as error:
        raise InputError(f"outlines: {error}") from None
    foreground = REGIONS.index("foreground")

    def outlines(images: torch.Tensor) -> torch.Tensor:
        found = torch.empty(images.shape[:3], dtype=torch.uint8)
        starts = range(0, len(images), BATCH)
        for start in track(starts, "parsing", transient=True, disable=not get_console().is_terminal):
            maps = network.parse(list(images[start : start + BATCH].numpy())).maps[:, [foreground]]
            sized = F.interpolate(
                torch.from_numpy(np.ascontiguousarray(maps)), size=images.shape[1:3], mode="bilinear", align_corners=False
            )
            found[start : start + BATCH] = (255 * sized[:, 0]).round().to(torch.uint8)
        return found

    return outlines
