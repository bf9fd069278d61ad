"""MSMT17: lists of files with identities, in either of its two releases."""

from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.text_file import read_text
from reid.data.datasets.registry import Count, DataSet, locate, register
from reid.data.folders import Crops


@register(
    "MSMT17_V1/{list_train,list_val,list_query,list_gallery}.txt, {train,test}/0000/0000_000_01_0303morning_0015_0.jpg",
    train=Count(32621, 1041),
    query=Count(11659, 3060),
    gallery=Count(82161, 3060),
)
def msmt17(folder: Path) -> DataSet:
    """Wei et al., CVPR 2018: 15 cameras.

    The published training set is the archive's train and val lists combined. The second release, MSMT17_V2, blurs faces and names
    its folders mask_train_v2 and mask_test_v2.
    """
    archive = "MSMT17_V2" if (folder / "MSMT17_V2").is_dir() else "MSMT17_V1"
    folder = locate(folder, archive, "list_train.txt")
    train, test = ("mask_train_v2", "mask_test_v2") if (folder / "mask_train_v2").is_dir() else ("train", "test")
    # Training and test identities both count from 0, but are different people.
    return DataSet(
        _listed(folder, train, ["list_train.txt", "list_val.txt"], 0),
        _listed(folder, test, ["list_query.txt"], 10_000),
        _listed(folder, test, ["list_gallery.txt"], 10_000),
    )


def _listed(folder: Path, images: str, lists: list[str], first_id: int) -> Crops:
    """The crops in `lists`, one per line: a path below `images`, whose third field is the camera, and the identity."""
    paths, ids, cameras = [], [], []
    for name in lists:
        for number, line in enumerate(read_text(folder / name, "it must list files").splitlines(), 1):
            try:
                path, identity = line.split()
                ids.append(first_id + int(identity))
                cameras.append(int(path.split("_")[2]))
            except (ValueError, IndexError):
                raise InputError(f"{folder / name}:{number}: must be a path like 0000/0000_000_01_....jpg and a number") from None
            paths.append(folder / images / path)
    return Crops(paths, np.array(ids, np.int64), np.array(cameras, np.int64))
