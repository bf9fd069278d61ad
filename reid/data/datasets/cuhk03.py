"""CUHK03: images inside a MATLAB file, unpacked once; detected or labelled boxes, the new protocol or 20 classic splits."""

import re
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.picture_file import write_image
from reid.data.datasets.matlab import open_cells, read_matrices, reading_matlab
from reid.data.datasets.registry import Count, DataSet, locate, register
from reid.data.datasets.unpacking import unpacked
from reid.data.folders import Crops
from reid.data.named_files import read_files

_ARCHIVE = "cuhk03_release/cuhk-03.mat"
_CLASSIC = {"train": Count(None, 1367), "query": Count(None, 100), "gallery": Count(None, 100)}


@register(
    f"{_ARCHIVE} and cuhk03_new_protocol_config_detected.mat beside its folder",
    train=Count(7365, 767),
    query=Count(1400, 700),
    gallery=Count(5332, 700),
)
def cuhk03_detected(folder: Path) -> DataSet:
    """Li et al., CVPR 2014, detected boxes, in the protocol of Zhong et al., CVPR 2017."""
    return _new_protocol(folder, "detected")


@register(
    f"{_ARCHIVE} and cuhk03_new_protocol_config_labeled.mat beside its folder",
    train=Count(7368, 767),
    query=Count(1400, 700),
    gallery=Count(5328, 700),
)
def cuhk03_labelled(folder: Path) -> DataSet:
    """Li et al., CVPR 2014, boxes drawn by hand, in the protocol of Zhong et al., CVPR 2017."""
    return _new_protocol(folder, "labeled")


@register(_ARCHIVE, **_CLASSIC, splits=20)
def cuhk03_classic_detected(folder: Path, split: int | None = None) -> DataSet:
    """Li et al., CVPR 2014, detected boxes, in one of its 20 splits, by default the first.

    100 people form the test set: one view has the queries, the other the gallery, from which the protocol draws one random image
    per person. The training set is everyone else in the file, 107 people more than the paper counts.
    """
    return _classic(folder, "detected", split or 0)


@register(_ARCHIVE, **_CLASSIC, splits=20)
def cuhk03_classic_labelled(folder: Path, split: int | None = None) -> DataSet:
    """Li et al., CVPR 2014, boxes drawn by hand, in one of its 20 splits, by default the first.

    The test set is that of `cuhk03_classic_detected`.
    """
    return _classic(folder, "labeled", split or 0)


def _new_protocol(folder: Path, boxes: str) -> DataSet:
    folder = locate(folder, "cuhk03", _ARCHIVE)
    crops = _all_crops(folder, boxes)
    path = folder / f"cuhk03_new_protocol_config_{boxes}.mat"
    if not path.is_file():
        raise InputError(f"{path}: no such file; get it with the code of Zhong et al., CVPR 2017 (re-ranking)")
    config = read_matrices(path)
    row_of = {file.name: row for row, file in enumerate(crops.paths)}
    with reading_matlab(path):
        names = [str(cell[0]) for cell in config["filelist"].ravel()]
        if unknown := [name for name in names if name not in row_of]:
            raise InputError(f"{path}: lists {unknown[0]}, which is not in {folder / _ARCHIVE}")
        rows = np.array([row_of[name] for name in names])
        listed = (config[f"{part}_idx"].ravel().astype(int) - 1 for part in ("train", "query", "gallery"))
        return DataSet(*(crops.take(rows[each]) for each in listed))


def _classic(folder: Path, boxes: str, split: int) -> DataSet:
    folder = locate(folder, "cuhk03", _ARCHIVE)
    crops = _all_crops(folder, boxes)
    with open_cells(folder / _ARCHIVE, "testsets") as test_sets:
        people = np.asarray(test_sets[split], int)
        tested = np.isin(crops.ids, _identity(people[:, 0], people[:, 1]))
    first_view = crops.cameras % 2 == 1
    return DataSet(crops.take(~tested), crops.take(tested & first_view), crops.take(tested & ~first_view))


def _all_crops(folder: Path, boxes: str) -> Crops:
    """All images with one kind of boxes, named as in the new protocol: pair, person, view, number."""
    with unpacked(folder / f"images_{boxes}") as images:
        if images:
            _unpack(folder / _ARCHIVE, boxes, images)

    def label(match: re.Match) -> tuple[int, int]:
        pair, person, view = int(match[1]), int(match[2]), int(match[3])
        return int(_identity(pair, person)), 2 * pair + view - 2

    return read_files(folder / f"images_{boxes}", r"(\d)_(\d{3})_([12])_\d{2}\.png", label)


def _identity(pair, person):
    return 1000 * pair + person


def _unpack(archive: Path, boxes: str, folder: Path) -> None:
    """Write the images of `archive`: one cell per pair of cameras, with one row per person and five cells per view, some
    empty."""
    with open_cells(archive, boxes) as pairs:
        for pair, people in enumerate(pairs, 1):
            for person, number in np.ndindex(*people.shape):
                image = people[person, number]
                if image.ndim == 3:
                    name = f"{pair}_{person + 1:03d}_{1 if number < 5 else 2}_{number + 1:02d}.png"
                    write_image(folder / name, image[..., ::-1])
