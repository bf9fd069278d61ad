"""Copies of training crops in the styles of other cameras, as CamStyle publishes them: Zhong et al., CVPR 2018, and TIP 2019.

The authors' folder, `bounding_box_train_camstyle` beside Market-1501's, holds `0002_c1s1_000451_03_fake_1to2.jpg` for each image
`0002_c1s1_000451_03.jpg` of camera 1 and each other camera, here 2. Theirs come from a CycleGAN for each pair of cameras.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.pictures import is_picture
from reid.data.folders import Crops

_NAME = re.compile(r"(?P<original>.+)_fake_(?P<camera>\d{1,9})to(?P<style>\d{1,9})")


def with_styled(crops: Crops, folders: Sequence[str | Path]) -> Crops:
    """Append the styled copies in `folders` to `crops`, with the identities of their originals and the cameras of their styles.

    Raises InputError for a folder that is missing or has no images, for a file with another name, for a copy of an image that is
    not among the crops, or that two of them could be the original of, and for crops with masks.
    """
    if not folders:
        return crops
    if crops.masks is not None:
        raise InputError("--styled: copies without masks do not train a parser; leave it out")
    originals: dict[str, list[int]] = {}
    for row, path in enumerate(crops.paths):
        originals.setdefault(path.stem, []).append(row)
    paths, rows, cameras = list(crops.paths), [], []
    for folder in map(Path, folders):
        found = sorted(path for path in folder.iterdir() if is_picture(path)) if folder.is_dir() else []
        if not found:
            raise InputError(f"{folder}: {'no images' if folder.is_dir() else 'no such folder'}")
        for path in found:
            row, shift = _original(path, originals)
            rows.append(row)
            cameras.append(crops.cameras[row] + shift)
        paths += found
    before = np.zeros(len(crops), bool) if crops.styled is None else crops.styled
    styled = np.append(before, np.ones(len(rows), bool))
    return Crops(paths, np.append(crops.ids, crops.ids[rows]), np.append(crops.cameras, cameras), None, styled)


def _original(path: Path, originals: dict[str, list[int]]) -> tuple[int, int]:
    """The row of a copy's original, and how many cameras lie from the original's to that of its style."""
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise InputError(f"{path}: the file name of a styled copy must end like _fake_1to2.jpg, from camera 1 to camera 2")
    rows = originals.get(match["original"], [])
    if not rows:
        raise InputError(f"{path}: a copy of {match['original']}, which is not in --data; leave it out, or add its data set")
    if len(rows) > 1:
        raise InputError(f"{path}: {len(rows)} images of --data are called {match['original']}; use one of their data sets alone")
    return rows[0], int(match["style"]) - int(match["camera"])
