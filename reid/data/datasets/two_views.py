"""Data sets of two views, most without a fixed protocol: whole, for training, or with the people split at random into halves."""

import re
from pathlib import Path

import numpy as np

from reid.data.datasets.registry import Count, DataSet, locate, register
from reid.data.folders import Crops
from reid.data.named_files import read_files

SPLITS = 10


@register(
    "campus/0001001.png: identity, and 001 or 002 in one view, 003 or 004 in the other",
    whole=Count(3884, 971),
    train=Count(1940, 485),
    query=Count(972, 486),
    gallery=Count(972, 486),
    splits=SPLITS,
)
def cuhk01(folder: Path, split: int | None = None) -> DataSet:
    """Li et al., ACCV 2012: two images of each person in each of two views. The same people are CUHK02's first pair."""
    folder = locate(folder, "CUHK01", "campus") / "campus"
    crops = read_files(folder, r"(\d{4})(\d{3})\.png", lambda match: (int(match[1]), (int(match[2]) + 1) // 2))
    return _halves(crops, split)


@register(
    "VIPeR/{cam_a,cam_b}/000_45.bmp: identity and angle",
    whole=Count(1264, 632),
    train=Count(632, 316),
    query=Count(316, 316),
    gallery=Count(316, 316),
    splits=SPLITS,
)
def viper(folder: Path, split: int | None = None) -> DataSet:
    """Gray et al., PETS 2007: one image of each person in each of two views."""
    folder = locate(folder, "VIPeR", "cam_a")

    def label(match: re.Match) -> tuple[int, int]:
        return int(match[2]) + 1, "_ab".index(match[1])  # people count from 0, which elsewhere marks distractors

    return _halves(read_files(folder, r"cam_([ab])/(\d+)_\d+\.bmp", label), split)


@register(
    "prid_2011/single_shot/{cam_a,cam_b}/person_0001.png",
    whole=Count(1134, 934),
    train=Count(200, 100),
    query=Count(100, 100),
    gallery=Count(649, 649),
    splits=SPLITS,
)
def prid2011(folder: Path, split: int | None = None) -> DataSet:
    """Hirzer et al., SCIA 2011, single shot: 200 people in both views, 185 only in the first, 549 only in the second.

    A number up to 200 is one person in both views; a larger one is a different person in each. The gallery of a split keeps the
    549 as distractors.
    """
    folder = locate(folder, "prid_2011", "single_shot") / "single_shot"

    def label(match: re.Match) -> tuple[int, int]:
        camera, number = "_ab".index(match[1]), int(match[2])
        return number if number <= 200 else 1000 * camera + number, camera

    return _halves(read_files(folder, r"cam_([ab])/person_(\d{4})\.png", label), split)


@register(
    "Dataset/{P1..P5}/{cam1,cam2}/001_1.png: identity and image",
    train=Count(6308, 1577),
    query=Count(478, 239),
    gallery=Count(478, 239),
)
def cuhk02(folder: Path) -> DataSet:
    """Li and Wang, CVPR 2013: five pairs of views with different people each; the fifth is the test set, with one view as
    queries."""
    folder = locate(folder, "Dataset", "P1")

    def label(match: re.Match) -> tuple[int, int]:
        pair, view, person = map(int, match.groups())
        return 10_000 * pair + person, 2 * pair + view - 2

    crops = read_files(folder, r"P(\d)/cam([12])/(\d+)_.*\.png", label)
    return DataSet(crops.take(crops.cameras <= 8), crops.take(crops.cameras == 9), crops.take(crops.cameras == 10))


def _halves(crops: Crops, split: int | None) -> DataSet:
    """Everything for training or, with a split, half of the people seen by both cameras 1 and 2, drawn at random with the split
    number as seed.

    The other half are the queries in camera 1 and, with the people seen only by camera 2, the gallery in camera 2.
    """
    if split is None:
        return DataSet(crops)
    first, second = crops.cameras == 1, crops.cameras == 2
    both = np.intersect1d(crops.ids[first], crops.ids[second])
    trained = np.isin(crops.ids, np.random.default_rng(split).permutation(both)[: len(both) // 2])
    queries = first & ~trained & np.isin(crops.ids, both)
    return DataSet(crops.take(trained), crops.take(queries), crops.take(second & ~trained))
