"""CUHK03, which is kept in MATLAB files, on a small copy in the layout of its archive."""

import shutil

import cv2
import numpy as np
import pytest
from matlab_files import matlab_cells
from scipy.io import loadmat, savemat
from test_reid_data_sets import labels, names_of

from reid.common.errors import InputError
from reid.data.datasets import read
from reid.data.datasets.unpacking import unpacked


def cuhk03_image(person: int, number: int) -> np.ndarray:
    return np.full((6, 4, 3), (200, person, number), np.uint8)


@pytest.fixture
def cuhk03(tmp_path):
    """CUHK03's MATLAB files: two pairs of three people and one; the last image of each view is missing, as some are."""
    pairs = []
    for people in (3, 1):
        rows = [[np.empty((0, 0)) if n % 5 == 4 else cuhk03_image(person, n) for n in range(10)] for person in range(people)]
        pairs.append([matlab_cells(*rows)])
    splits = [[np.array([[1.0, 1 + split % 3], [2.0, 1.0]])] for split in range(20)]
    (tmp_path / "cuhk03_release").mkdir()
    cells = {"detected": matlab_cells(*pairs), "labeled": matlab_cells(*pairs), "testsets": matlab_cells(*splits)}
    savemat(tmp_path / "cuhk03_release/cuhk-03.mat", cells)
    files = ["1_001_1_01.png", "1_001_2_06.png", "1_002_1_02.png", "1_002_2_07.png", "1_002_2_08.png"]
    config = {"train_idx": [[1], [2]], "query_idx": [[3], [4]], "gallery_idx": [[5]], "labels": [[1], [1], [2], [2], [2]]}
    config["filelist"] = matlab_cells(*[[file] for file in files])
    savemat(tmp_path / "cuhk03_new_protocol_config_labeled.mat", config)
    return tmp_path


def test_cuhk03_is_unpacked_once_under_the_names_of_the_new_protocol(cuhk03):
    read("cuhk03_labelled", cuhk03)
    folder = cuhk03 / "images_labeled"
    assert len(list(folder.iterdir())) == 4 * 8
    assert cv2.imread(str(folder / "1_003_2_09.png"))[0, 0].tolist() == [8, 2, 200]
    (folder / "2_001_1_01.png").write_bytes(b"kept")
    read("cuhk03_labelled", cuhk03)
    assert (folder / "2_001_1_01.png").read_bytes() == b"kept"


def test_of_two_processes_that_unpack_at_once_the_first_to_be_done_gives_the_folder(tmp_path):
    with unpacked(tmp_path / "crops") as slow:
        (slow / "slow.png").touch()
        (tmp_path / "crops").mkdir()
        (tmp_path / "crops" / "quick.png").touch()
    assert [path.name for path in tmp_path.rglob("*.png")] == ["quick.png"]


def test_the_new_protocol_of_cuhk03_is_the_one_listed(cuhk03):
    data = read("cuhk03_labelled", cuhk03)
    assert names_of(data.train) == ["1_001_1_01.png", "1_001_2_06.png"]
    assert names_of(data.query) == ["1_002_1_02.png", "1_002_2_07.png"]
    assert names_of(data.gallery) == ["1_002_2_08.png"]
    assert labels(data.query) == [(1002, 1), (1002, 2)]


@pytest.mark.parametrize("boxes", ["detected", "labelled"])
def test_a_classic_split_of_cuhk03_queries_one_view_of_its_people(cuhk03, boxes):
    data = read(f"cuhk03_classic_{boxes}", cuhk03, 4)
    assert set(data.query.ids) == set(data.gallery.ids) == {1002, 2001}
    assert set(data.train.ids) == {1001, 1003}
    assert (set(data.query.cameras), set(data.gallery.cameras)) == ({1, 3}, {2, 4})
    assert set(read(f"cuhk03_classic_{boxes}", cuhk03).query.ids) == {1001, 2001}


def test_cuhk03_without_the_new_protocol_says_where_it_comes_from(cuhk03):
    with pytest.raises(InputError, match=r"config_detected.mat: no such file; get it with"):
        read("cuhk03_detected", cuhk03)


def test_cuhk03_is_read_from_matlab_7_3_too(cuhk03):
    h5py = pytest.importorskip("h5py")
    path = cuhk03 / "cuhk03_release/cuhk-03.mat"
    old = loadmat(path)
    path.unlink()
    with h5py.File(path, "w", userblock_size=512) as file:

        def write(value):
            if value.dtype != object:
                # MATLAB stores the size of an empty array in place of its values.
                return file.create_dataset(f"#refs#/{len(file['#refs#'])}", data=value.T if value.size else [0, 0]).ref
            references = np.array([[write(cell) for cell in row] for row in value.T], h5py.ref_dtype)
            return file.create_dataset(f"#refs#/{len(file['#refs#'])}", data=references, dtype=h5py.ref_dtype).ref

        file.create_group("#refs#")
        for name in ("detected", "labeled", "testsets"):
            references = [[write(cell) for cell in old[name].ravel()]]
            file.create_dataset(name, data=references, dtype=h5py.ref_dtype)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    data = read("cuhk03_classic_detected", cuhk03, 4)
    assert set(data.query.ids) == {1002, 2001}
    assert cv2.imread(str(cuhk03 / "images_detected/1_003_2_09.png"))[0, 0].tolist() == [8, 2, 200]


def spoils(whole: bytes, count: int, flips: bool = True):
    """`count` cuts and, with `flips`, as many flips of a file, at places drawn at random."""
    random = np.random.default_rng(0)
    for place in random.integers(len(whole), size=count):
        yield whole[:place]
        if not flips:
            continue
        flipped = bytearray(whole)
        flipped[place] ^= 1 << random.integers(8)
        yield bytes(flipped)


@pytest.mark.parametrize("compress", [False, True])  # flips only where a checksum finds them: SciPy crashes on some others
@pytest.mark.parametrize("name", ["cuhk03_release/cuhk-03.mat", "cuhk03_new_protocol_config_labeled.mat"])
def test_a_damaged_matlab_file_is_one_sentence(cuhk03, name, compress):
    path = cuhk03 / name
    savemat(path, {key: value for key, value in loadmat(path).items() if key[0] != "_"}, do_compression=compress)
    refused = 0
    for spoilt in spoils(path.read_bytes(), 25, flips=compress):
        path.write_bytes(spoilt)
        shutil.rmtree(cuhk03 / "images_labeled", ignore_errors=True)
        try:
            read("cuhk03_labelled", cuhk03)
        except InputError as error:
            refused += 1
            assert "\n" not in str(error) and str(cuhk03) in str(error)
    assert refused >= 15  # a variable that is not asked for may be cut off


def test_a_damaged_matlab_7_3_file_is_one_sentence(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "cuhk03_release/cuhk-03.mat"
    path.parent.mkdir()
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("detected", data=np.zeros((1, 4000)), compression="gzip")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    for spoilt in (path.read_bytes(), *spoils(path.read_bytes(), 25)):
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"cuhk-03\.mat: ") as caught:
            read("cuhk03_classic_detected", tmp_path)
        assert "\n" not in str(caught.value)
