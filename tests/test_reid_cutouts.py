"""People cut out of photographs, and the command that does so with a folder of them."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.__main__ import main
from reid.common import errors
from reid.data.cutouts import cut_out, read_mask
from reid.data.folders import join, read_market, with_unlabelled
from reid.parsing.lip import check_pairs, read_lip

GREY, RED = (90, 90, 90), (20, 30, 200)


def scene(top: int, left: int, height: int, width: int, size=(320, 240)) -> tuple[np.ndarray, np.ndarray]:
    """A photograph, grey, of a red person who is a rectangle, and where they are."""
    photograph, person = np.full((*size, 3), GREY, np.uint8), np.zeros(size, bool)
    person[top : top + height, left : left + width] = True
    photograph[person] = RED
    return photograph, person


def red(image: np.ndarray) -> np.ndarray:
    """Which pixels are the person's."""
    return image[..., 2] > 145


def test_a_person_stands_in_the_middle_of_a_margin_of_8_per_cent():
    image = cut_out(*scene(50, 60, 200, 60))  # 216 pixels are shown, 98.2 wide
    assert image.shape == (176, 80, 3)
    rows, columns = (np.flatnonzero(red(image).any(axis)) for axis in (1, 0))
    assert (len(rows), len(columns)) == pytest.approx((200 / 216 * 176, 60 / 98.18 * 80), abs=1)
    assert (rows.mean(), columns.mean()) == pytest.approx((87.5, 39.5), abs=1)
    assert (image[3, 40], image[88, 40]) == (pytest.approx(GREY), pytest.approx(RED))


def test_somebody_with_spread_arms_is_shown_whole():
    columns = np.flatnonzero(red(cut_out(*scene(100, 20, 100, 200))).any(0))
    assert len(columns) == pytest.approx(80 / 1.08, abs=1)


def test_beyond_the_photograph_its_edge_is_repeated():
    photograph, person = scene(0, 0, 320, 60)  # from top to bottom at the left edge
    image = cut_out(photograph, person)
    assert red(image)[[0, -1], 40].all()
    assert red(image)[:, 0].all()
    assert not red(image)[:, -1].any()


def test_a_scrap_is_nobody():
    assert cut_out(*scene(0, 0, 49, 10)) is None
    assert cut_out(*scene(0, 0, 50, 10)) is not None
    assert cut_out(*scene(0, 0, 0, 0)) is None


@pytest.fixture
def photographs(tmp_path) -> Path:
    """Two photographs, with masks of LIP's labels beside them, and a third in which nobody is labelled."""
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for name, place in (("0001", (50, 60, 200, 60)), ("0002", (10, 20, 300, 90)), ("0003", (0, 0, 0, 0))):
        photograph, person = scene(*place)
        cv2.imwrite(str(tmp_path / "images" / f"{name}.jpg"), photograph)
        labels = np.where(person, np.where(np.arange(320)[:, None] < 100, 1, 19), 0).astype(np.uint8)
        cv2.imwrite(str(tmp_path / "masks" / f"{name}.png"), labels)
    return tmp_path


def cut(monkeypatch, folder: Path, output: str = "people", *more: str) -> None:
    words = "cut", folder / "images", "--masks", folder / "masks", "--output", folder / output, *more
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    errors.run(main)


def test_the_command_writes_people_that_a_run_takes_without_labels(photographs, crops_folder, monkeypatch, capsys):
    cut(monkeypatch, photographs, "cut/people")
    folder = photographs / "cut" / "people"
    assert [path.name for path in sorted(folder.iterdir())] == ["0001.jpg", "0002.jpg"]
    for path in folder.iterdir():
        assert cv2.imread(str(path)).shape == (176, 80, 3)
    expected = cut_out(*scene(50, 60, 200, 60)).astype(int)
    assert np.abs(cv2.imread(str(folder / "0001.jpg")) - expected).mean() < 2  # JPEG
    assert f"cut 2 people from 3 photographs into {folder}; the other 1 show nobody" in capsys.readouterr().out
    crops = with_unlabelled(join([read_market(crops_folder, "bounding_box_train")]), [photographs / "cut"])
    assert crops.ids[-3:].tolist() == [7, -1, -1]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(lambda root: (root / "masks" / "0002.png").unlink(), "0002.png: no such file; ", id="no mask"),
        pytest.param(
            lambda root: cv2.imwrite(str(root / "masks" / "0002.png"), np.ones((160, 120), np.uint8)),
            "0002.png: 120x160 pixels, but {root}/images/0002.jpg has 240x320; it is the mask of another photograph",
            id="a mask of another size",
        ),
        pytest.param(
            lambda root: (root / "masks" / "0001.png").write_bytes(b""), "0001.png: not a readable image", id="a damaged mask"
        ),
        pytest.param(
            lambda root: (root / "images" / "0001.jpg").write_bytes(b""), "0001.jpg: not a readable image", id="damaged"
        ),
        pytest.param(lambda root: (root / "masks").rename(root / "elsewhere"), "masks: no such folder", id="no folder"),
        pytest.param(lambda root: [each.unlink() for each in (root / "images").iterdir()], "images: no image", id="no images"),
        pytest.param(
            lambda root: [(root / "images" / f"000{each}.jpg").unlink() for each in (1, 2)],
            "masks: no mask shows a person",
            id="nobody",
        ),
    ],
)
def test_what_cannot_be_cut_is_one_sentence(photographs, monkeypatch, capsys, spoil, sentence):
    spoil(photographs)
    with pytest.raises(SystemExit) as ended:
        cut(monkeypatch, photographs)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    first, *kept = told.splitlines()
    assert sentence.format(root=photographs) in first
    assert kept == ([f"1 crops are kept in {photographs / 'people'}"] if "another photograph" in sentence else [])


def test_photographs_are_not_written_over(photographs, monkeypatch, capsys):
    before = (photographs / "images" / "0001.jpg").read_bytes()
    with pytest.raises(SystemExit):
        cut(monkeypatch, photographs, "images")
    assert "holds the photographs" in capsys.readouterr().err
    assert (photographs / "images" / "0001.jpg").read_bytes() == before


def test_people_in_real_photographs_are_as_high_as_the_margin_leaves_them(real_data):
    folder = real_data / "parsing" / "ccp_lip"
    if not folder.is_dir():
        pytest.skip("no ccp_lip")
    for path in sorted((folder / "val_images").iterdir())[:5]:
        person = cv2.imread(str(folder / "val_segmentations" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE) > 0
        shown = cut_out(np.repeat(np.uint8(255 * person)[..., None], 3, 2), person)[..., 0] > 127
        rows = np.flatnonzero(shown.any(1))
        assert rows[-1] - rows[0] + 1 >= 176 / 1.08 - 3


def test_a_mask_of_16_bits_keeps_its_small_labels(tmp_path):
    labels = np.zeros((4, 3), np.uint16)
    labels[1, 2] = 5
    cv2.imwrite(str(tmp_path / "mask.png"), labels)
    assert np.argwhere(read_mask(tmp_path / "mask.png")).tolist() == [[1, 2]]


@pytest.mark.parametrize("split", ["train", "val"])
def test_kept_masks_are_cut_like_their_photographs_into_a_folder_that_parsers_read(photographs, split, monkeypatch, capsys):
    output = photographs / "kept"
    cut(monkeypatch, photographs, "kept", "--keep-masks", split)
    crops = read_lip(f"lip={output}", split)
    assert [path.stem for path in crops.paths] == ["0001", "0002"]
    check_pairs(crops)
    labels = cv2.imread(str(crops.masks[0]), cv2.IMREAD_UNCHANGED)
    person = red(cv2.imread(str(crops.paths[0])))
    assert (person == (labels > 0)).mean() > 0.98
    assert f"--data lip={output}" in capsys.readouterr().out
