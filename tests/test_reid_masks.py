"""Parsing masks in training: moved like their images, with right and left exchanged in a mirror."""

import cv2
import numpy as np
import pytest
import torch

from reid.common.errors import InputError
from reid.data.augmentation import augment, draw_changes
from reid.data.camera_changes import CameraStrengths, change_camera, draw_camera_changes
from reid.data.loading import ImageChanges, Images, load_batches, load_masks
from reid.data.masks import move_masks, read_labels
from reid.models.regions import LABELS
from reid.preprocessing import Preprocessing

SIZE = Preprocessing(64, 32)


def blocks(count: int) -> torch.Tensor:
    """Masks `(count, 64, 32)` of large blocks of the labels 1 to 8, none of which a mirror exchanges."""
    rng = np.random.default_rng(0)
    return torch.from_numpy(np.kron(rng.integers(1, 9, (count, 4, 2)), np.ones((16, 16))).astype(np.uint8))


def test_masks_move_as_their_images_do():
    masks, rng = blocks(40), np.random.default_rng(1)
    drawn = draw_changes(40, 64, 32, rng, erasing=0)
    seen = draw_camera_changes(40, rng, CameraStrengths(bad_crops=0.7))
    images = 20 * masks[..., None].expand(-1, -1, -1, 3)
    shown = augment(change_camera(images, seen), drawn)[..., 0] / 20
    moved = move_masks(masks, drawn, seen)
    clear = (shown - shown.round()).abs() < 0.01  # not between two blocks, where an image is interpolated
    assert clear.float().mean() > 0.7
    assert (moved == shown.round())[clear].float().mean() > 0.99


def test_a_mirror_exchanges_right_and_left():
    every = torch.arange(20, dtype=torch.uint8).repeat(64, 1)[None, :, :].repeat(2, 1, 1)
    drawn = draw_changes(2, 64, 20, np.random.default_rng(0), erasing=0)
    drawn = type(drawn)(None, np.zeros((2, 2), np.int64), np.array([False, True]), drawn.erased)
    plain, mirrored = ([LABELS[label] for label in row] for row in move_masks(every, drawn)[:, 0])
    assert plain == list(LABELS)
    exchanged = {"left": "right", "right": "left"}
    assert mirrored == ["-".join(exchanged.get(word, word) for word in name.split("-")) for name in reversed(LABELS)]


def test_what_comes_from_outside_the_image_is_background():
    masks = torch.full((1, 64, 32), 7, dtype=torch.uint8)
    drawn = draw_changes(1, 64, 32, np.random.default_rng(0), erasing=0)
    drawn = type(drawn)(None, np.array([[2, -1]]), np.array([False]), drawn.erased)
    moved = move_masks(masks, drawn)[0]
    assert (moved[-2:] == 0).all()
    assert (moved[:, 0] == 0).all()
    assert (moved[:-2, 1:] == 7).all()


def test_batches_have_the_masks_of_their_images_and_keep_a_persons_pixels():
    masks = blocks(4) * (torch.arange(64)[None, :, None] < 32)
    images = Images(torch.randint(0, 256, (4, 64, 32, 3), dtype=torch.uint8), masks)
    order = np.array([[3, 0], [1, 2]])
    (_, labels, found), _ = load_batches(images, [np.arange(4)], order, SIZE, ImageChanges(background=1.0), [1])
    assert labels.tolist() == [3, 0]
    assert found.dtype == torch.uint8
    assert sorted(set(found.unique().tolist())) == sorted({0, *masks[[3, 0]].unique().tolist()})
    assert torch.equal(images.outlines(torch.tensor([2]))[0], (masks[2] > 0).float())


def test_people_seen_by_a_parser_come_before_masks_and_an_average_outline_last():
    pixels, rows = torch.zeros((2, 64, 32, 3), dtype=torch.uint8), torch.tensor([1, 0])
    people = torch.zeros((2, 64, 32), dtype=torch.uint8)
    people[1] = 51
    assert Images(pixels, blocks(2), people).outlines(rows)[:, 0, 0].tolist() == pytest.approx([0.2, 0])
    average = Images(pixels).outlines(rows)
    assert average.shape == (2, 64, 32)
    assert (average[0, 32, 16], average[0, 0, 0]) == (1, 0)


def test_masks_are_resized_without_new_labels(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.kron([[2, 19], [0, 5]], np.ones((50, 45))).astype(np.uint8))
    masks = load_masks([tmp_path / "0.png"], SIZE)
    assert masks.shape == (1, 64, 32)
    assert masks.unique().tolist() == [0, 2, 5, 19]
    assert masks[0, [0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [2, 19, 0, 5]


@pytest.mark.parametrize("mask", [np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint16)], ids=["colours", "16 bits"])
def test_a_mask_of_another_kind_is_told(tmp_path, mask):
    cv2.imwrite(str(tmp_path / "0.png"), mask)
    with pytest.raises(InputError, match=r"0\.png: must have one label per pixel"):
        read_labels(tmp_path / "0.png")


def test_the_outline_of_a_composite_is_composed_as_its_images_are(monkeypatch):
    found = []
    monkeypatch.setattr("reid.data.loading.replace_backgrounds", lambda pixels, *more: found.append((pixels, more[-1])) or pixels)
    people = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (5, 64, 32)).astype(np.uint8) * 255)
    images = Images(people[..., None].expand(-1, -1, -1, 3), people=people)  # which show just their outlines
    order = np.random.default_rng(1).integers(0, 5, (2, 12))
    list(load_batches(images, [np.arange(5)], order, SIZE, ImageChanges(masked=1.0, composed=8), [0]))
    for pixels, outlines in found:
        assert torch.allclose(pixels[..., 0] / 255, outlines, atol=1e-5)
        assert not torch.equal(outlines[4:], people[order[0, 4:]].float() / 255)


def test_a_teacher_is_asked_beside_masks():
    masks = blocks(4)
    images = Images(torch.randint(0, 256, (4, 64, 32, 3), dtype=torch.uint8), masks)
    told = [np.arange(4), np.zeros((4, 1), np.float32)]
    batches = load_batches(
        images, told, np.array([[0, 1, 2, 3]]), SIZE, ImageChanges(composed=1), [0], ask=lambda _: torch.ones(1, 1)
    )
    _, labels, taught, moved = next(batches)
    assert (labels.tolist(), taught.ravel().tolist()) == ([0, 1, 2, 3], [0, 0, 0, 1])
    assert moved.shape == masks.shape
