"""The layout of LIP, "Look into Person": Gong et al., CVPR 2017, with 30,462 training and 10,000 validation images of people.

`train_id.txt` lists the images of the training split, `train_images/ID.jpg`, whose masks are `train_segmentations/ID.png`; those
of the validation split have `val` in place of `train`. A mask has one of LIP's 20 labels per pixel, or 255, which does not count.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.picture_file import read_image
from reid.common.text_file import read_text
from reid.data.folders import Crops
from reid.data.masks import BACKGROUND, IGNORED, read_labels
from reid.models.regions import LABELS

PREFIX = "lip="  # of a source in this layout
PARTS = "train", "val"


def read_lip(source: str | Path, part: str) -> Crops:
    """The images and masks of a `part`, "train" or "val", of the source lip=DIR, in the order of its list.

    Each image is a person of their own. Raises InputError for another source, a missing list, one that names an image twice, and
    for an image or mask that is missing.
    """
    if not str(source).startswith(PREFIX):
        raise InputError(f"{source}: a parser needs photographs with masks, given as lip=DIR, a folder in LIP's layout")
    folder = Path(str(source).removeprefix(PREFIX))
    listed = folder / f"{part}_id.txt"
    if not listed.is_file():
        raise InputError(f"{listed}: no such file; LIP's layout has {part}_id.txt, {part}_images/ and {part}_segmentations/")
    names = read_text(listed).split()
    if not names:
        raise InputError(f"{listed}: names no image")
    if repeated := [name for name, times in Counter(names).items() if times > 1]:
        raise InputError(f"{listed}: names {repeated[0]} twice")
    images = [folder / f"{part}_images" / f"{name}.jpg" for name in names]
    masks = [folder / f"{part}_segmentations" / f"{name}.png" for name in names]
    for path in (*images, *masks):
        if not path.is_file():
            raise InputError(f"{path}: no such file, but {listed} names it")
    return Crops(images, np.arange(len(names)), np.zeros(len(names), np.int64), masks)


def check_pairs(crops: Crops) -> None:
    """Raise InputError, as `check_pair` does, for the first image and mask that do not fit, and if no mask shows a person."""

    def shows_person(path: Path, mask: Path) -> bool:
        labels = read_labels(mask)
        check_pair(path, read_image(path), mask, labels)
        return bool(((labels != BACKGROUND) & (labels != IGNORED)).any())

    masks = crops.masks or []
    with ThreadPoolExecutor() as threads:
        if not any(list(threads.map(shows_person, crops.paths, masks))):
            raise nobody_in(masks[0].parent)


def nobody_in(folder: Path) -> InputError:
    """The error for a `folder` of masks that show no person."""
    return InputError(f"{folder}: no mask shows a person; labels 1 to {len(LABELS) - 1} are the person")


def check_pair(path: Path, image: np.ndarray, mask: Path, labels: np.ndarray) -> None:
    """Raise InputError if a mask is not of the size of its image, or has a label that LIP does not have."""
    if image.shape[:2] != labels.shape:
        sizes = ["x".join(map(str, each.shape[1::-1])) for each in (labels, image)]
        raise InputError(f"{mask}: {sizes[0]} pixels, but {path} has {sizes[1]}; it is the mask of another image")
    wrong = labels[(labels >= len(LABELS)) & (labels != IGNORED)]
    if wrong.size:
        raise InputError(f"{mask}: has the label {wrong[0]}; LIP's are 0 to {len(LABELS) - 1}, and {IGNORED} does not count")
