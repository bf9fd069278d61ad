"""Whether the boxes of a detection file can be people in its images: a look at all of them against the size of an image."""

import logging
from pathlib import Path

import numpy as np

from reid.common.errors import InputError

FEW = 10  # rows; fewer say little about a file
MANY = 100  # rows; fewer may well leave half of the image empty
OUTSIDE = 0.05  # of the boxes: outside the image
CUT = 0.1  # of the boxes: more than a quarter of them beyond the right or the lower edge
NEARLY = 0.98  # of the boxes: width over left and height over top
WIDE = 0.7  # of the boxes: wider than high
CORNER = 0.7  # of the width and of the height: beyond it lies some box of many
VISDRONE = 10, 12  # columns, categories

_log = logging.getLogger(__name__)


def check_plausible(path: Path, rows: np.ndarray, image_size: tuple[int, int] | None) -> None:
    """Look at all `rows` `(R, C)` of the detection file `path`, `frame,id,left,top,width,height,score,...`.

    `image_size` is (width, height) in pixels, or None if unknown, which leaves less to tell. Logs one warning, with counts and
    what it looks like, about boxes that are hardly people. Raises `InputError` for boxes that cannot be: normalised to 0..1, or
    all outside the image.
    """
    if not len(rows):
        return
    if _normalised(rows):
        raise InputError(f"{path}: all boxes lie within 0..1: multiply them by the width and height of the image, in pixels")
    if image_size is not None and len(rows) >= FEW and _outside(rows[:, 2:6], image_size).all():
        raise InputError(f"{path}: {_told_outside(rows, image_size)}")
    if told := _suspicion(rows, image_size):
        _log.warning("%s: %s", path, told)


def _suspicion(rows: np.ndarray, image_size: tuple[int, int] | None) -> str:
    """What the rows look like if not people's boxes; "" for what may well be."""
    if len(rows) < FEW:
        return ""
    count, (left, top, width, height) = len(rows), rows[:, 2:6].T
    nested = (width > left) & (height > top)
    apart = np.median(left) > np.median(width - left) and np.median(top) > 0
    if nested.mean() > NEARLY and apart and (image_size is None or _cut(rows[:, 2:6], image_size).mean() > OUTSIDE):
        return (
            f"in {nested.sum()} of {count} rows width is over left and height over top: are they right and bottom edges instead?"
        )
    if min(np.median(width), np.median(height)) < 2:
        return f"half of the {count} boxes are under 2 pixels wide or high: are the columns frame,id,left,top,width,height?"
    if image_size is not None and _outside(rows[:, 2:6], image_size).mean() > OUTSIDE:
        return _told_outside(rows, image_size)
    if (wide := width > height).mean() > WIDE:
        return f"{wide.sum()} of {count} boxes are wider than high: are x and y swapped?"
    if image_size is not None and (cut := _cut(rows[:, 2:6], image_size)).mean() > CUT:
        asked = "are they left and top, and not the centre, of boxes in this resolution?"
        return f"{cut.sum()} of {count} boxes reach far beyond the right or lower edge of the {_size(image_size)}: {asked}"
    if image_size is not None and count >= MANY:
        share = max((left + width).max() / image_size[0], (top + height).max() / image_size[1])
        if share < CORNER:
            asked = "were they made for a smaller one?"
            return f"all {count} boxes lie in the upper left {share:.0%} of width and height of the {_size(image_size)}: {asked}"
    return _categories(rows)


def _normalised(rows: np.ndarray) -> bool:
    return bool((rows[:, 2:6] > -1).all() and (rows[:, 2:6] < 2).all() and (rows[:, 4:6] <= 1.5).all())


def _outside(boxes: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Whether boxes `(R, 4)`, left, top, width, height, share no pixel with the image: `(R,)` bool."""
    return ((boxes[:, :2] >= image_size) | (boxes[:, :2] + boxes[:, 2:] <= 0)).any(axis=1)


def _cut(boxes: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Whether more than a quarter of a box's width or height lies beyond the right or lower edge: `(R,)` bool."""
    return np.any(boxes[:, :2] + 0.75 * boxes[:, 2:] > image_size, axis=1)


def _told_outside(rows: np.ndarray, image_size: tuple[int, int]) -> str:
    boxes = rows[:, 2:6]
    outside = int(_outside(boxes, image_size).sum())
    orders = boxes[:, [1, 0, 2, 3]], boxes[:, [1, 0, 3, 2]]
    swapped = any(((order[:, :2] + order[:, 2:]).max(axis=0) <= np.multiply(image_size, 1.02)).all() for order in orders)
    right, lower = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    asked = "are x and y swapped?" if swapped else f"were they made for another resolution (they reach {right:.0f}, {lower:.0f})?"
    return f"{outside} of {len(boxes)} boxes lie outside the {_size(image_size)}: {asked}"


def _size(image_size: tuple[int, int]) -> str:
    return "image of {}x{} pixels".format(*image_size)


def _categories(rows: np.ndarray) -> str:
    """VisDrone has a category, a truncation and an occlusion where MOTChallenge has coordinates or -1."""
    columns, categories = VISDRONE
    if rows.shape[1] != columns or not np.isfinite(rows[:, 7:]).all() or (rows[:, 7:] % 1 != 0).any() or (rows[:, 7:] < 0).any():
        return ""
    if rows[:, 7].max() >= categories or rows[:, 8].max() > 1 or rows[:, 9].max() > 2 or np.ptp(rows[:, 7]) == 0:
        return ""
    others = int((~np.isin(rows[:, 7], (1, 2))).sum())
    asked = "delete the rows of what is no person (other than 1 and 2)"
    return f"column 8 looks like VisDrone's category, and {others} of {len(rows)} rows are no person: {asked}" if others else ""
