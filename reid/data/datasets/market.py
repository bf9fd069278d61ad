"""Market-1501 and DukeMTMC-reID: three folders, with identity and camera in the file names."""

from pathlib import Path

from reid.data.datasets.registry import Count, DataSet, locate, register
from reid.data.folders import GALLERY, QUERY, TRAIN, read_market


@register(
    "Market-1501-v15.09.15/{bounding_box_train,query,bounding_box_test}/0002_c1s1_000451_03.jpg",
    train=Count(12936, 751),
    query=Count(3368, 750),
    gallery=Count(15913, 751),
)
def market1501(folder: Path) -> DataSet:
    """Zheng et al., ICCV 2015: 6 cameras.

    Junk, identity -1, is left out of the gallery; distractors share the identity 0 and count as one.
    """
    return _three_folders(locate(folder, "Market-1501-v15.09.15", TRAIN))


@register(
    "DukeMTMC-reID/{bounding_box_train,query,bounding_box_test}/0001_c2_f0046182.jpg",
    train=Count(16522, 702),
    query=Count(2228, 702),
    gallery=Count(17661, 1110),
)
def dukemtmc_reid(folder: Path) -> DataSet:
    """Ristani et al., ECCVW 2016, and Zheng et al., ICCV 2017: 8 cameras; 408 identities of the gallery have no query."""
    return _three_folders(locate(folder, "DukeMTMC-reID", TRAIN))


def _three_folders(folder: Path) -> DataSet:
    return DataSet(*(read_market(folder, part) for part in (TRAIN, QUERY, GALLERY)))
