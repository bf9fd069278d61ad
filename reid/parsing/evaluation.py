"""A parser against masks: the columns of Table 1 of Kalayeh et al., CVPR 2018, and the IoU of each region."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich import get_console
from rich.progress import track

from reid.common.picture_file import read_image
from reid.data.masks import read_labels
from reid.models.regions import LABELS, REGIONS
from reid.parsing.lip import check_pair, nobody_in
from reid.parsing.measures import count_pixels, measure_labels, region_iou
from reid.parsing.parser import BATCH, Parser, labels_at

COLUMNS = ("overall acc.", "mean acc.", "mean IoU", *REGIONS, "regions")


def evaluate_parser(parser: Parser, images: Sequence[Path], masks: Sequence[Path]) -> dict[str, float]:
    """The shares `COLUMNS`, in 0..1, over the files of `images` and `masks`, one or more; "regions" is the mean IoU of regions.

    As in the paper, a mask is compared at its own size, to which the probabilities are scaled. A region that no mask has is NaN,
    and left out of the mean. Shows a progress bar. Raises InputError if an image and its mask do not fit, or no mask shows a
    person.
    """
    counts = np.zeros((len(LABELS), len(LABELS)), np.int64)
    for start in track(range(0, len(images), BATCH), "parsing", transient=True, disable=not get_console().is_terminal):
        paths = images[start : start + BATCH], masks[start : start + BATCH]
        photographs, truths = list(map(read_image, paths[0])), list(map(read_labels, paths[1]))
        for path, image, mask, truth in zip(paths[0], photographs, paths[1], truths, strict=True):
            check_pair(path, image, mask, truth)
        for probabilities, truth in zip(parser.parse(photographs).probabilities, truths, strict=True):
            counts += count_pixels(truth, labels_at(probabilities, *truth.shape))
    if not counts[1:].any():
        raise nobody_in(masks[0].parent)
    regions = region_iou(counts)
    return dict(zip(COLUMNS, (*measure_labels(counts), *map(float, regions), float(np.nanmean(regions))), strict=True))
