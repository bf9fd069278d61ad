"""Which files of a folder are pictures of people: the same ones for every reader."""

import cv2
import numpy as np
import pytest

from mtmc.simulation import CropPeople
from reid.common.picture_file import read_image
from reid.common.pictures import PICTURES
from reid.data.folders import TRAIN, Crops, join, read_market, with_unlabelled
from reid.data.named_files import match_files, read_files


@pytest.fixture
def folder(tmp_path):
    """A picture of each kind, one with a suffix in capitals; and what is beside pictures without being one."""
    people = tmp_path / TRAIN
    people.mkdir()
    for number, suffix in enumerate(sorted(PICTURES | {".JPG"}), 1):
        cv2.imwrite(str(people / f"{number:04d}_c1s1_000001_00{suffix}"), np.full((12, 6, 3), 20 * number, np.uint8))
        (people / f"._{number:04d}_c1s1_000001_00{suffix}").write_bytes(b"Mac OS X")
    for name in ".DS_Store", "Thumbs.db", "readme.txt":
        (people / name).write_bytes(b"")
    return tmp_path


def read_tree(folder) -> Crops:
    labelled = read_market(folder, TRAIN)
    return with_unlabelled(join([labelled]), [folder]).take(np.arange(len(labelled), 2 * len(labelled)))


READERS = {
    "Market-1501's layout": lambda folder: read_market(folder, TRAIN).paths,
    "without labels": lambda folder: read_tree(folder).paths,
    "a pattern": lambda folder: [path for path, _ in match_files(folder, r"bounding_box_train/\d+_c1s1_.*")],
    "a published data set": lambda folder: read_files(folder, r".*/(\d+)_c1.*", lambda match: (int(match[1]), 1)).paths,
}


@pytest.mark.parametrize("reader", READERS)
def test_every_kind_of_picture_is_read_and_no_hidden_file(folder, reader):
    paths = READERS[reader](folder)
    assert [path.suffix for path in paths] == sorted(PICTURES | {".JPG"})
    for number, path in enumerate(paths, 1):
        assert abs(read_image(path).mean() - 20 * number) < 3


@pytest.mark.parametrize("suffix", sorted(PICTURES))
def test_a_rendered_room_takes_people_of_every_kind_of_picture(tmp_path, suffix):
    (tmp_path / "query").mkdir()
    for camera in (1, 2):
        cv2.imwrite(str(tmp_path / "query" / f"0001_c{camera}s1_000001_00{suffix}"), np.full((12, 6, 3), 90 * camera, np.uint8))
        (tmp_path / "query" / f"._0001_c{camera}s1_000001_00{suffix}").write_bytes(b"Mac OS X")
    assert CropPeople(tmp_path, 1, 1).picture(0, 0, 1).shape == (12, 6, 3)
