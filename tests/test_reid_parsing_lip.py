"""LIP's layout: lists, images and masks, checked against each other."""

import cv2
import numpy as np
import pytest

from reid.common.errors import InputError
from reid.parsing.lip import check_pairs, read_lip


@pytest.fixture
def folder(tmp_path):
    """Two photographs of the training split, and a third that its list leaves out."""
    for kind in ("images", "segmentations"):
        (tmp_path / f"train_{kind}").mkdir()
    for name in ("7", "12", "30"):
        cv2.imwrite(str(tmp_path / "train_images" / f"{name}.jpg"), np.full((40, 20, 3), 90, np.uint8))
        cv2.imwrite(str(tmp_path / "train_segmentations" / f"{name}.png"), np.full((40, 20), int(name) % 20, np.uint8))
    (tmp_path / "train_id.txt").write_text("12\n7\n")
    return tmp_path


def test_the_images_of_a_part_are_those_of_its_list_in_its_order(folder):
    crops = read_lip(f"lip={folder}", "train")
    assert [path.name for path in crops.paths] == ["12.jpg", "7.jpg"]
    assert [path.name for path in crops.masks] == ["12.png", "7.png"]
    assert len(set(crops.ids.tolist())) == 2
    check_pairs(crops)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(lambda f: (f / "train_id.txt").unlink(), r"train_id\.txt: no such file; LIP's layout has", id="no list"),
        pytest.param(lambda f: (f / "train_id.txt").write_text("\n"), "names no image", id="empty list"),
        pytest.param(lambda f: (f / "train_id.txt").write_text("7\n7\n"), "names 7 twice", id="twice"),
        pytest.param(lambda f: (f / "train_images/7.jpg").unlink(), r"7\.jpg: no such file, but .*train_id", id="no image"),
        pytest.param(lambda f: (f / "train_segmentations/7.png").unlink(), r"7\.png: no such file, but", id="no mask"),
    ],
)
def test_a_part_that_is_not_whole_is_told(folder, spoil, sentence):
    spoil(folder)
    with pytest.raises(InputError, match=sentence):
        read_lip(f"lip={folder}", "train")


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        pytest.param(np.zeros((20, 40), np.uint8), r"12\.png: 40x20 pixels, but .*12\.jpg has 20x40", id="another size"),
        pytest.param(np.full((40, 20), 20, np.uint8), r"12\.png: has the label 20; LIP's are 0 to 19", id="another label"),
    ],
)
def test_a_mask_that_does_not_fit_its_image_is_told(folder, mask, sentence):
    cv2.imwrite(str(folder / "train_segmentations/12.png"), mask)
    with pytest.raises(InputError, match=sentence):
        check_pairs(read_lip(f"lip={folder}", "train"))


def test_pixels_that_do_not_count_are_no_wrong_label(folder):
    cv2.imwrite(str(folder / "train_segmentations/12.png"), np.full((40, 20), 255, np.uint8))
    check_pairs(read_lip(f"lip={folder}", "train"))


@pytest.mark.parametrize("label", [0, 255])
def test_masks_without_a_person_are_told(folder, label):
    for name in ("7", "12"):
        cv2.imwrite(str(folder / f"train_segmentations/{name}.png"), np.full((40, 20), label, np.uint8))
    with pytest.raises(InputError, match="train_segmentations: no mask shows a person"):
        check_pairs(read_lip(f"lip={folder}", "train"))


def test_a_source_without_masks_is_told(folder):
    with pytest.raises(InputError, match="a parser needs photographs with masks, given as lip=DIR"):
        read_lip(folder, "train")
