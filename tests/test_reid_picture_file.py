"""Pictures are read and written whole, or refused by name, as early as a run can."""

import struct
import sys
import zlib

import cv2
import numpy as np
import pytest

from reid.__main__ import main
from reid.common import picture_file
from reid.common.errors import InputError
from reid.common.picture_file import is_cut, read_image, require_whole, write_image
from reid.common.pictures import PICTURES, is_picture
from reid.data.folders import QUERY, TRAIN, join, read_market
from reid.footage.frames import PictureFolder, UnreadableImageError
from reid.training import trainer
from reid.training.trainer import train
from reid.training.validation import ValidationSet

KINDS = [
    (".jpg", []),
    (".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
    (".jpg", [cv2.IMWRITE_JPEG_RST_INTERVAL, 1]),
    (".png", []),
    (".webp", [cv2.IMWRITE_WEBP_QUALITY, 80]),
    (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
    (".bmp", []),
    (".tif", []),
]


def encoded(suffix: str, how: list[int], height: int = 24) -> bytes:
    image = np.random.default_rng(0).integers(0, 256, (height, 12, 3), np.uint8)
    return cv2.imencode(suffix, image, how)[1].tobytes()


def refuses(read, path) -> bool:
    try:
        read(path)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
        return True
    return False


@pytest.mark.parametrize(("suffix", "how"), KINDS)
def test_a_picture_is_refused_wherever_it_is_cut_off(tmp_path, suffix, how):
    whole, path = encoded(suffix, how), tmp_path / f"a{suffix}"
    for end in np.linspace(0, len(whole) - 1, 40).astype(int):
        path.write_bytes(whole[:end])
        assert refuses(read_image, path), end
        assert suffix in (".bmp", ".tif") or refuses(lambda path: require_whole([path]), path), end
    for after in (b"", b"\0" * 40, b"what a camera appends"):
        path.write_bytes(whole + after)
        require_whole([path])
        assert read_image(path).shape == (24, 12, 3)


def test_a_jpeg_that_is_cut_off_behind_its_preview_is_refused(tmp_path):
    preview = encoded(".jpg", [], height=8)
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(preview)) + preview
    whole = encoded(".jpg", [])
    whole = whole[:2] + segment + whole[2:]
    (tmp_path / "a.jpg").write_bytes(whole)
    assert read_image(tmp_path / "a.jpg").shape == (24, 12, 3)
    assert not is_cut(whole) and is_cut(whole[:-2]) and is_cut(whole[: len(segment) + 2])


@pytest.mark.parametrize("content", [None, b"", b"<html>no such page</html>", bytes(1000)])
def test_what_is_no_picture_is_told_before_it_is_decoded(tmp_path, content):
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    told = "no such file" if content is None else "not a readable image"
    for read in (read_image, lambda path: require_whole([path])):
        with pytest.raises(InputError, match=rf"a\.jpg: {told}"):
            read(path)


@pytest.mark.parametrize("suffix", sorted(PICTURES))
def test_a_written_picture_comes_back_and_a_full_disk_is_told_by_the_system(tmp_path, suffix):
    image = np.full((24, 12, 3), 100, np.uint8)
    write_image(tmp_path / "new" / f"a{suffix}", image)
    assert np.abs(read_image(tmp_path / "new" / f"a{suffix}").astype(int) - image).max() <= 2
    (tmp_path / f"full{suffix}").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as refusal:
        write_image(tmp_path / f"full{suffix}", image)
    assert refusal.value.filename == str(tmp_path / f"full{suffix}")


@pytest.mark.parametrize("part", [TRAIN, QUERY])
def test_training_refuses_a_picture_that_is_cut_off_before_it_builds_a_network(crops_folder, recipe, tmp_path, monkeypatch, part):
    spoilt = sorted((crops_folder / part).iterdir())[-1]
    spoilt.write_bytes(spoilt.read_bytes()[:400])
    monkeypatch.setattr(trainer, "Learner", None)
    crops, query = (read_market(crops_folder, each) for each in (TRAIN, QUERY))
    with pytest.raises(InputError, match=rf"{spoilt.name}: the image is cut off; copy it again, or remove it"):
        train(recipe, join([crops]), tmp_path / "run", validation=[ValidationSet("people", query, crops)])


@pytest.mark.parametrize("command", ["evaluate", "rank", "threshold", "extract"])
def test_commands_refuse_a_picture_that_is_cut_off_before_they_open_a_network(crops_folder, tmp_path, monkeypatch, command):
    spoilt = sorted((crops_folder / "bounding_box_test").iterdir())[-1]
    spoilt.write_bytes(spoilt.read_bytes()[:400])
    words = {
        "evaluate": ["absent.safetensors", "--data", crops_folder],
        "rank": ["absent.safetensors", "--data", crops_folder, "--output", tmp_path / "a.png"],
        "threshold": ["absent.safetensors", "--data", crops_folder],
        "extract": [crops_folder, "--output", tmp_path / "a.npz", "--reid", "absent.safetensors"],
    }
    monkeypatch.setattr(sys, "argv", ["python -m reid", command, *map(str, words[command])])
    with pytest.raises(InputError, match=rf"{spoilt.name}: the image is cut off"):
        main()


def test_no_real_picture_is_refused(real_data):
    paths = [path for path in (real_data / "reid").rglob("*") if is_picture(path)][::8]
    if not paths:
        pytest.skip("no pictures")
    require_whole(paths)
    assert not [path for path in paths if is_cut(path.read_bytes())]


def test_only_the_ends_of_pictures_are_read_ahead(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(encoded(".jpg", []))
    (tmp_path / "a.png").write_bytes(encoded(".png", []))
    monkeypatch.setattr(picture_file, "is_cut", None)
    require_whole([tmp_path / "a.jpg", tmp_path / "a.png"])


def test_a_frame_of_more_pixels_than_any_image_is_told_with_its_number(tmp_path):
    header = struct.pack(">IIBBBBB", 1 << 20, 1 << 20, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    whole = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "1.png").write_bytes(whole + b"\0\0\0\0IEND\xaeB`\x82")
    with pytest.raises(UnreadableImageError, match=r"1\.png: frame 1 does not decode as an image"):
        next(iter(PictureFolder(tmp_path)))
    with pytest.raises(InputError, match=r"1\.png: not a readable image"):
        read_image(tmp_path / "1.png")
