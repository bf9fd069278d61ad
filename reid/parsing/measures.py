"""How well people are parsed: accuracies and intersection over union (IoU), all from counts of pixels.

The measures over labels are those of Long et al., "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015, sec. 5,
which Table 1 of Kalayeh et al., CVPR 2018, prints. Counts of several images are added before a ratio is taken.
"""

from typing import NamedTuple

import numpy as np

from reid.data.masks import IGNORED
from reid.models.regions import LABELS, MEMBERS


class LabelMeasures(NamedTuple):
    """Shares in 0..1: of right pixels, and the means of right pixels and of IoU over the labels that the truth has."""

    overall_accuracy: float
    mean_accuracy: float
    mean_iou: float


def count_pixels(truth: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The confusion matrix `(20, 20)` int64: pixels by their true label, in rows, and by the label found, in columns.

    `truth` and `labels` are integers of one shape. Pixels whose true label is 255 are left out. Raises ValueError for
    others outside 0..19, and for two shapes.
    """
    if truth.shape != labels.shape:
        raise ValueError(f"truth and labels must have one shape, not {truth.shape} and {labels.shape}")
    counted, size = truth != IGNORED, len(LABELS)
    pairs = np.stack([truth[counted], labels[counted]]).astype(np.int64)
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < size:
        raise ValueError(f"labels must be in 0..{size - 1}, not {pairs.min()}..{pairs.max()}")
    return np.bincount(pairs[0] * size + pairs[1], minlength=size * size).reshape(size, size)


def measure_labels(counts: np.ndarray) -> LabelMeasures:
    """The measures of `counts (20, 20)`. A label without a true pixel is left out of the means, as if it did not exist; pixels
    wrongly given to it count against the labels that they have. Raises ValueError without any pixel."""
    true, right = counts.sum(axis=1), counts.diagonal()
    if not true.any():
        raise ValueError("no pixel is labelled")
    present = true > 0
    union = true + counts.sum(axis=0) - right
    return LabelMeasures(
        float(right.sum() / true.sum()),
        float((right[present] / true[present]).mean()),
        float((right[present] / union[present]).mean()),
    )


def region_iou(counts: np.ndarray) -> np.ndarray:
    """The IoU `(5,)` of each of `reid.models.regions.REGIONS`; NaN for a region without a true pixel.

    A pixel is in each region that its label is a member of, so those of the body are in the foreground too.
    """
    members = MEMBERS.numpy().astype(np.int64)
    true, found = members @ counts.sum(axis=1), members @ counts.sum(axis=0)
    both = np.einsum("rt,tl,rl->r", members, counts, members)
    present = true > 0
    return np.divide(both, true + found - both, out=np.full(len(members), np.nan), where=present)
