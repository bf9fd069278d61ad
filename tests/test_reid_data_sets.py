"""Readers of the published data sets, on small folders in exactly the layout of their archives."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from matlab_files import matlab_cells, matlab_struct
from scipy.io import savemat

from reid.common.errors import InputError
from reid.data.datasets import available, differences, find, read


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names_of(crops) -> list[str]:
    return [path.name for path in crops.paths]


def labels(crops) -> list[tuple[int, int]]:
    return list(zip(crops.ids.tolist(), crops.cameras.tolist(), strict=True))


def test_market1501_keeps_distractors_and_leaves_out_junk(tmp_path):
    root = tmp_path / "Market-1501-v15.09.15"
    touch(root, "bounding_box_train/0002_c1s1_000451_03.jpg", "bounding_box_train/Thumbs.db", "query/0001_c1s1_001051_00.jpg")
    gallery = ["-1_c1s1_000401_03.jpg", "0000_c1s1_000151_01.jpg", "0001_c2s1_000301_00.jpg"]
    touch(root / "bounding_box_test", *gallery)
    data = read("market1501", tmp_path)
    assert labels(data.train) == [(2, 1)]
    assert labels(data.query) == [(1, 1)]
    assert labels(data.gallery) == [(0, 1), (1, 2)]


def test_dukemtmc_reid_is_read_from_its_own_folder_too(tmp_path):
    touch(tmp_path, "bounding_box_train/0001_c2_f0046182.jpg")
    touch(tmp_path, "query/0005_c2_f0046985.jpg", "bounding_box_test/0005_c8_f0046985.jpg")
    data = read("dukemtmc_reid", tmp_path)
    assert (labels(data.train), labels(data.query), labels(data.gallery)) == ([(1, 2)], [(5, 2)], [(5, 8)])


@pytest.mark.parametrize(
    ("archive", "train", "test"), [("MSMT17_V1", "train", "test"), ("MSMT17_V2", "mask_train_v2", "mask_test_v2")]
)
def test_msmt17_is_read_from_its_lists(tmp_path, archive, train, test):
    root = tmp_path / archive
    root.mkdir()
    (root / "list_train.txt").write_text("0000/0000_000_01_0303morning_0015_0.jpg 0\n")
    (root / "list_val.txt").write_text("0001/0001_010_14_0303noon_0032_1.jpg 1\n")
    (root / "list_query.txt").write_text("0000/0000_001_02_0303morning_0035_0.jpg 0\n")
    (root / "list_gallery.txt").write_text("0000/0000_002_15_0303morning_0038_0.jpg 0\n")
    (root / train).mkdir()
    (root / test).mkdir()
    data = read("msmt17", tmp_path)
    assert labels(data.train) == [(0, 1), (1, 14)]
    assert data.train.paths[0] == root / train / "0000/0000_000_01_0303morning_0015_0.jpg"
    assert data.query.paths[0].parent.parent == root / test
    assert (data.query.cameras.tolist(), data.gallery.cameras.tolist()) == ([2], [15])
    assert data.query.ids == data.gallery.ids
    assert not set(data.query.ids) & set(data.train.ids)


def test_a_broken_line_of_a_list_is_told_by_its_number(tmp_path):
    (tmp_path / "list_train.txt").write_text("0000/0000_000_01_0303morning_0015_0.jpg 0\n0000/person.jpg 0\n")
    with pytest.raises(InputError, match=r"list_train.txt:2: must be a path like"):
        read("msmt17", tmp_path)


@pytest.fixture
def two_view_sets(tmp_path):
    """Six people of CUHK01 and VIPeR; five in the second view of PRID2011, of whom numbers 201 to 203 are people of their own."""
    touch(tmp_path / "CUHK01/campus", *(f"{person:04d}{image:03d}.png" for person in range(1, 7) for image in range(1, 5)))
    touch(tmp_path / "VIPeR", *(f"cam_{view}/{person:03d}_{angle}.bmp" for person in range(6) for view, angle in ("a0", "b9")))
    touch(tmp_path / "prid_2011", "single_shot/cam_a/person_0201.png", "multi_shot/cam_a/person_0001/0001.png")
    touch(tmp_path / "prid_2011/single_shot", *(f"cam_{view}/person_{person:04d}.png" for person in range(1, 5) for view in "ab"))
    touch(tmp_path / "prid_2011/single_shot", *(f"cam_b/person_{person:04d}.png" for person in range(201, 204)))
    return tmp_path


@pytest.mark.parametrize(("name", "images", "people"), [("cuhk01", 24, 6), ("viper", 12, 6), ("prid2011", 12, 8)])
def test_a_set_of_two_views_without_a_split_is_wholly_for_training(two_view_sets, name, images, people):
    data = read(name, two_view_sets)
    assert (len(data.train), len(np.unique(data.train.ids))) == (images, people)
    assert set(data.train.cameras) == {1, 2}
    assert not len(data.query) and not len(data.gallery)


@pytest.mark.parametrize("name", ["cuhk01", "viper", "prid2011"])
def test_a_split_of_two_views_tests_on_the_half_that_it_does_not_train_on(two_view_sets, name):
    data = read(name, two_view_sets, 3)
    assert set(data.query.cameras) == {1}
    assert set(data.gallery.cameras) == {2}
    assert set(data.query.ids) <= set(data.gallery.ids)
    assert not set(data.train.ids) & set(data.gallery.ids)
    assert len(np.unique(data.train.ids)) == len(np.unique(data.query.ids))
    again, others = read(name, two_view_sets, 3), [read(name, two_view_sets, split) for split in range(10)]
    assert again.train.paths == data.train.paths
    assert len({tuple(other.train.paths) for other in others}) > 1


def test_images_of_cuhk01_go_to_the_view_that_they_show(two_view_sets):
    crops = read("cuhk01", two_view_sets).train
    assert [(name, camera) for name, camera in zip(names_of(crops), crops.cameras, strict=True)][:4] == [
        ("0001001.png", 1), ("0001002.png", 1), ("0001003.png", 2), ("0001004.png", 2),
    ]  # fmt: skip


def test_people_of_prid2011_above_200_are_others_in_each_view(two_view_sets):
    crops = read("prid2011", two_view_sets).train
    assert len({label for label, path in zip(crops.ids, crops.paths, strict=True) if path.name == "person_0201.png"}) == 2
    gallery = read("prid2011", two_view_sets, 0).gallery
    assert {"person_0201.png", "person_0202.png", "person_0203.png"} <= set(names_of(gallery))


def test_cuhk02_tests_on_its_fifth_pair_and_keeps_people_of_different_pairs_apart(tmp_path):
    root = tmp_path / "Dataset"
    touch(root, *(f"P{pair}/cam{view}/001_{image}.png" for pair in range(1, 6) for view in (1, 2) for image in (1, 2)))
    data = read("cuhk02", tmp_path)
    assert len(np.unique(data.train.ids)) == 4
    assert set(data.train.cameras) == set(range(1, 9))
    assert (set(data.query.cameras), set(data.gallery.cameras)) == ({9}, {10})
    assert set(data.query.ids) == set(data.gallery.ids)


def test_3dpes_takes_a_sequence_for_its_camera(tmp_path):
    touch(tmp_path / "3DPeS/RGB", "1_23_FRAME_345_RGB.bmp", "100_4_FRAME_12_RGB.bmp")
    assert set(labels(read("pes3d", tmp_path).train)) == {(1, 23), (100, 4)}


def test_shinpuhkan_has_identity_and_camera_in_its_names(tmp_path):
    touch(tmp_path / "Shinpuhkan2014dataset/images", "001_01_01_0001.jpg", "024_16_02_0003.jpg")
    assert labels(read("shinpuhkan", tmp_path).train) == [(1, 1), (24, 16)]


@pytest.fixture
def cuhk_sysu(tmp_path):
    """Two scenes: p1, to train on, is in both, once at the edge; p7 is queried in one and stands in the other."""
    root = tmp_path / "dataset"
    (root / "Image/SSM").mkdir(parents=True)
    for scene in (1, 22):
        cv2.imwrite(str(root / f"Image/SSM/s{scene}.jpg"), np.full((40, 60, 3), scene, np.uint8))

    def appearance(scene: int, box: list, **more):
        return matlab_struct(imname=f"s{scene}.jpg", idlocate=np.array([box], float), ishard=np.zeros((1, 1)), **more)

    scenes = np.hstack([appearance(1, [2, 3, 5, 10]), appearance(22, [50, 30, 20, 20])])
    train = matlab_cells([matlab_struct(idname="p1", nAppear=np.full((1, 1), 2), scene=scenes)])
    without = matlab_struct(imname="s1.jpg", idlocate=np.empty((0, 0)), ishard=np.empty((0, 0)))
    gallery = np.hstack([appearance(22, [4, 4, 6, 12]), without])
    test = matlab_struct(Query=appearance(1, [20, 3, 7, 14], idname="p7"), Gallery=gallery)
    folder = root / "annotation/test/train_test"
    folder.mkdir(parents=True)
    savemat(folder / "Train.mat", {"Train": train})
    savemat(folder / "TestG50.mat", {"TestG50": test})
    return tmp_path


def test_cuhk_sysu_is_cut_into_crops_with_a_scene_for_a_camera(cuhk_sysu):
    data = read("cuhk_sysu", cuhk_sysu)
    assert labels(data.train) == [(1, 1), (1, 22)]
    assert (labels(data.query), labels(data.gallery)) == ([(7, 1)], [(7, 22)])
    assert cv2.imread(str(data.query.paths[0])).shape == (14, 7, 3)
    assert cv2.imread(str(data.train.paths[1])).shape == (10, 10, 3)  # cut at the edge of the scene


def test_a_failed_cut_leaves_nothing_behind(cuhk_sysu):
    (cuhk_sysu / "dataset/Image/SSM/s22.jpg").unlink()
    with pytest.raises(InputError, match=r"s22.jpg: no such file"):
        read("cuhk_sysu", cuhk_sysu)
    assert sorted(path.name for path in (cuhk_sysu / "dataset").iterdir()) == ["Image", "annotation"]


def test_counts_that_differ_from_the_published_ones_are_said(two_view_sets):
    assert differences("viper", read("viper", two_view_sets)) == [
        "viper: bounding_box_train has 12 images of 6 identities, but 1264 of 632 are published"
    ]
    assert len(differences("viper", read("viper", two_view_sets, 0), 0)) == 3


def test_published_counts_pass_without_a_word(tmp_path):
    touch(tmp_path / "VIPeR", *(f"cam_{view}/{person:03d}_0.bmp" for person in range(632) for view in "ab"))
    assert differences("viper", read("viper", tmp_path)) == []
    assert differences("viper", read("viper", tmp_path, 9), 9) == []


@pytest.mark.parametrize("name", available())
def test_every_data_set_tells_an_empty_folder(tmp_path, name):
    assert find(name).description
    with pytest.raises(InputError, match="holds neither"):
        read(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "split", "sentence"),
    [
        pytest.param("market1502", None, "unknown data set market1502; choose from cuhk01", id="unknown"),
        pytest.param("viper", 10, "viper: no split 10; it has splits 0 to 9", id="no such split"),
        pytest.param("market1501", 0, "one fixed protocol and no splits", id="no splits at all"),
    ],
)
def test_a_wrong_name_or_split_is_told_in_one_sentence(tmp_path, name, split, sentence):
    with pytest.raises(InputError, match=sentence):
        read(name, tmp_path, split)


def test_an_image_with_another_name_is_told(two_view_sets):
    touch(two_view_sets, "VIPeR/cam_a/person.bmp")
    with pytest.raises(InputError, match=r"person.bmp: the path below .* does not match"):
        read("viper", two_view_sets)
