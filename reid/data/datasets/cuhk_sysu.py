"""CUHK-SYSU (PSDB): boxes in photographs of whole scenes, cut once into crops in Market-1501's layout."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.picture_file import read_image, write_image
from reid.data.datasets.matlab import read_matrices, reading_matlab
from reid.data.datasets.registry import Count, DataSet, locate, register
from reid.data.datasets.unpacking import unpacked
from reid.data.folders import GALLERY, QUERY, TRAIN, read_market

_TEST = "annotation/test/train_test"


@register(
    f"dataset/Image/SSM/s1.jpg and dataset/{_TEST}/{{Train,TestG50}}.mat",
    train=Count(None, 5532),
    query=Count(2900, 2900),
    gallery=Count(None, 2900),
)
def cuhk_sysu(folder: Path) -> DataSet:
    """Xiao et al., CVPR 2017: street snaps and films, 18,184 scenes.

    There are no fixed cameras, so each scene counts as a camera. The gallery holds the other images of the queried people,
    without the passers-by that a person search would also include.
    """
    folder = locate(folder, "dataset", "Image/SSM")
    with unpacked(folder / "crops") as crops:
        if crops:
            _cut(folder, crops)
    return DataSet(*(read_market(folder / "crops", part) for part in (TRAIN, QUERY, GALLERY)))


def _cut(folder: Path, crops: Path) -> None:
    """Write the crops of all annotated people, decoding each scene once."""
    wanted = defaultdict(list)
    for part, scene, identity, box in (*_train_boxes(folder), *_test_boxes(folder)):
        wanted[scene].append((part, identity, box))
    for scene, rows in wanted.items():
        path = folder / "Image/SSM" / scene
        image, number = read_image(path), Path(scene).stem.removeprefix("s")
        for index, (part, identity, (left, top, width, height)) in enumerate(rows):
            crop = image[max(top, 0) : top + height, max(left, 0) : left + width]
            if not crop.size:
                raise InputError(f"{path}: the box {left} {top} {width} {height} of person {identity} is outside the image")
            write_image(crops / part / f"{identity:05d}_c{number}_{index}.png", crop)


def _train_boxes(folder: Path) -> Iterator[tuple[str, str, int, list[int]]]:
    """Part, scene, identity and box (left, top, width, height) of everyone in the training set."""
    path = folder / _TEST / "Train.mat"
    with reading_matlab(path):
        for person in read_matrices(path)["Train"].ravel():
            person = person[0, 0]
            for appearance in person["scene"].ravel():
                yield TRAIN, _text(appearance["imname"]), _identity(person["idname"]), _box(appearance)


def _test_boxes(folder: Path) -> Iterator[tuple[str, str, int, list[int]]]:
    """The same for queries and gallery; a gallery scene without the queried person has an empty box."""
    path = folder / _TEST / "TestG50.mat"
    with reading_matlab(path):
        for test in read_matrices(path)["TestG50"].ravel():
            query = test["Query"].ravel()[0]
            identity = _identity(query["idname"])
            yield QUERY, _text(query["imname"]), identity, _box(query)
            for scene in test["Gallery"].ravel():
                if scene["idlocate"].size:
                    yield GALLERY, _text(scene["imname"]), identity, _box(scene)


def _text(cell: np.ndarray) -> str:
    return str(cell.ravel()[0])


def _identity(cell: np.ndarray) -> int:
    return int(_text(cell).removeprefix("p"))


def _box(annotation: np.void) -> list[int]:
    left, top, width, height = annotation["idlocate"].ravel().astype(int).tolist()
    return [left, top, width, height]
