"""Nothing is trained on that figures are reported on: what a run refuses, and what the real data hold."""

import hashlib
import shutil
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

import configs
from reid.__main__ import main
from reid.common import errors
from reid.data.duplicates import distinct, find_same
from reid.data.folders import GALLERY, QUERY, SUFFIXES, TRAIN

Look = tuple[tuple[int, ...], bytes]


def write(folder: Path, **contents: bytes) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / name for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    return paths


def test_of_files_with_one_content_the_first_counts(tmp_path):
    paths = write(tmp_path / "some", a=b"one", b=b"two", c=b"one", d=b"three", e=b"two")
    assert distinct(paths) == [0, 1, 3]
    assert distinct([]) == []


def test_a_file_of_the_same_content_is_found_whatever_it_is_called(tmp_path):
    ours = write(tmp_path / "a", one=b"1111", two=b"2222", three=b"33")
    others = write(tmp_path / "b", four=b"4444", five=b"2222")
    assert find_same(ours, others) == (ours[1], others[1])
    assert find_same(ours[:1], others) is None
    assert find_same(ours, []) is None


def test_files_of_a_size_that_only_one_side_has_are_not_read(tmp_path, monkeypatch):
    ours, others = write(tmp_path / "a", one=b"1111", two=b"22"), write(tmp_path / "b", three=b"333", four=b"44")
    read, real = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or real(path))
    assert find_same(ours, others) is None
    assert sorted(read) == [ours[1], others[1]]


@pytest.fixture
def call(small_weights, crops_folder, photographs, tmp_path, monkeypatch):
    """A function that trains on `crops_folder` and `photographs`, validated on `crops_folder`, by the command line."""
    small_weights.write(tmp_path / "teacher.safetensors")
    words = [
        *("train", configs.path("reid", "robust_distilled"), "model=small", "identities_per_batch=4", "precision=float32"),
        *("epochs=1", "cycle_epochs=1", f"teacher=[{tmp_path / 'teacher.safetensors'}]", "unlabelled_per_batch=2"),
        *("composites_per_batch=0", "--data", crops_folder, "--validate", crops_folder, "--unlabelled", photographs),
        *("--output", tmp_path / "run"),
    ]
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    return lambda: errors.run(main)


def test_a_run_whose_images_are_all_different_is_trained(call, tmp_path):
    call()
    assert (tmp_path / "run" / "best.safetensors").exists()


@pytest.mark.parametrize(
    ("trained", "measured"),
    [
        pytest.param(f"people/{TRAIN}/0003_c1s1_000002_00.jpg", f"people/{GALLERY}/0003_c1s1_000007_00.jpg", id="in the gallery"),
        pytest.param(f"people/{TRAIN}/0003_c1s1_000002_00.jpg", f"people/{QUERY}/0003_c2s1_000008_00.jpg", id="a query"),
        pytest.param("photographs/day0/holiday.jpg", f"people/{GALLERY}/0003_c1s1_000002_00.jpg", id="without a label"),
    ],
)
def test_an_image_that_is_trained_on_and_validated_on_is_refused(call, tmp_path, capsys, trained, measured):
    there, copy = sorted((tmp_path / trained, tmp_path / measured), key=Path.exists, reverse=True)
    shutil.copy(there, copy)
    with pytest.raises(SystemExit) as ended:
        call()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told == (
        f"error: {tmp_path / trained}: in the training data and, as {tmp_path / measured}, in the validation data; "
        "people would measure memory: remove it from one of the two\n"
    )
    assert not (tmp_path / "run").exists()


def look(image: np.ndarray) -> Look:
    return image.shape, hashlib.sha256(image.tobytes()).digest()


def looks(paths: Iterable[Path]) -> dict[Look, Path]:
    """The images by their pixels: those of a file that was renamed, or written anew without loss, are the same."""
    paths = list(paths)
    with ThreadPoolExecutor() as threads:
        return dict(zip(threads.map(lambda path: look(cv2.imread(str(path))), paths), paths, strict=True))


def images(*folders: Path) -> list[Path]:
    found = [path for folder in folders for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    if not found:
        pytest.skip(f"no images in {folders[0].parent}")
    return found


@pytest.fixture(scope="session")
def trained(real_data) -> dict[Look, Path]:
    """All that networks of this package are trained on, by their pixels."""
    parsing = real_data / "parsing" / "ccp_lip"
    folders = [*(real_data / "reid" / name / TRAIN for name in ("cuhk03", "cuhk01"))]
    folders += [parsing / "train_images", parsing / "val_images"]
    for folder in folders:
        if not folder.is_dir():
            pytest.skip(f"no {folder}")
    return looks(images(*folders))


def test_pixels_tell_a_copy_in_another_format_and_one_changed_pixel(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (8, 4, 3), np.uint8)
    for name in ("one.png", "two.bmp"):
        cv2.imwrite(str(tmp_path / name), image)
    image[0, 0, 0] ^= 1
    cv2.imwrite(str(tmp_path / "three.png"), image)
    assert len(looks([tmp_path / "one.png", tmp_path / "two.bmp"])) == 1
    assert len(looks([tmp_path / "one.png", tmp_path / "three.png"])) == 2


@pytest.mark.parametrize("name", ["cuhk03", "campus"])
def test_no_query_and_no_gallery_image_is_trained_on(trained, real_data, name):
    folder = real_data / "reid" / name
    if not (folder / QUERY).is_dir():
        pytest.skip(f"no {folder}")
    measured = looks(images(folder / QUERY, folder / GALLERY))
    assert not [(trained[each], path) for each, path in measured.items() if each in trained]


@pytest.mark.parametrize(
    "place",
    [
        "mot/PETS09-S2L1/video.mp4",
        "mot/ADL-Rundle-6a/img1/%06d.jpg",
        *(f"mtmc/PETS09_2cam/View_{view:03d}.mp4" for view in (1, 6)),
        *(f"mtmc/UFES_4cam/cam{camera}.mp4" for camera in range(4)),
    ],
)
def test_no_frame_that_people_are_tracked_in_is_trained_on(trained, real_data, place):
    if not (real_data / place).parent.is_dir():
        pytest.skip(f"no {place}")
    video = cv2.VideoCapture(str(real_data / place))
    there, frame = video.read()
    assert there
    if frame.shape not in {shape for shape, _ in trained}:
        return  # nor has any other frame of the video the size of an image that is trained on
    while there:
        assert look(frame) not in trained
        there, frame = video.read()
