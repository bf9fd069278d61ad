"""Networks that learn from teachers: what is asked, what is matched, and runs that use it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from reid.data.folders import TRAIN, join, read_market, with_unlabelled
from reid.errors import InputError
from reid.training.distillation import Projection, relation_loss
from reid.training.teachers import open_teachers, teach
from reid.training.trainer import train


@pytest.fixture
def teacher(small_weights, tmp_path) -> Path:
    """A network of random weights that all tests here learn from."""
    small_weights.write(tmp_path / "teacher.safetensors")
    return tmp_path / "teacher.safetensors"


@pytest.fixture
def photographs(tmp_path) -> Path:
    """Six images of people nobody has named, in two folders of a tree."""
    rng = np.random.default_rng(3)
    for index in range(6):
        file = tmp_path / "photographs" / f"day{index % 2}" / f"{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), rng.integers(0, 256, (40, 20, 3), np.uint8))
    return tmp_path / "photographs"


@pytest.fixture
def taught(recipe, teacher):
    """A recipe that learns from labels and teacher, with images of every kind in a batch."""
    changes = {"teacher": (str(teacher),), "embedding_weight": 1.0, "relation_weight": 1.0, "unlabelled_per_batch": 2}
    return replace(recipe, **changes, composites_per_batch=2, background=0.5, channel_gain=0.2, jpeg=0.2)


def unit(rows: torch.Tensor) -> torch.Tensor:
    return F.normalize(rows)


def test_similarities_that_agree_cost_nothing_whatever_the_embeddings():
    taught = unit(torch.randn(5, 8))
    turned = taught @ torch.linalg.qr(torch.randn(8, 8))[0]
    assert relation_loss(turned, taught).item() == pytest.approx(0, abs=1e-6)


def test_the_relation_loss_is_ten_times_the_mean_square_of_the_differences_between_images():
    taught = torch.eye(2)
    assert relation_loss(torch.tensor([[1.0, 0], [0.6, 0.8]]), taught).item() == pytest.approx(10 * 0.36)


def test_a_projection_finds_embeddings_that_are_a_linear_map_of_the_networks_own():
    torch.manual_seed(0)
    own = unit(torch.randn(64, 6))
    taught = torch.cat([unit(own @ torch.randn(6, 3)), unit(own @ torch.randn(6, 4))], 1) / 2**0.5
    projection = Projection(6, (3, 4))
    optimiser = torch.optim.Adam(projection.parameters(), 0.05)
    before = projection.loss(own, taught).item()
    for _ in range(300):
        optimiser.zero_grad()
        loss = projection.loss(own, taught)
        loss.backward()
        optimiser.step()
    assert before > 0.3
    assert loss.item() < 0.01


def test_what_a_teacher_says_is_a_unit_row_that_a_mirror_image_does_not_change(teacher, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (32, 16, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "one.png"), image)
    cv2.imwrite(str(tmp_path / "mirrored.png"), image[:, ::-1])
    rows = teach(open_teachers([str(teacher)] * 2, "cpu"), [tmp_path / "one.png", tmp_path / "mirrored.png"]).astype(np.float32)
    assert rows.shape == (2, 16)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    assert np.allclose(rows[0], rows[1], atol=2e-3)
    assert np.allclose(rows[:, :8], rows[:, 8:])


def test_a_teacher_is_asked_about_an_image_once(teacher, photographs, monkeypatch):
    model = open_teachers([str(teacher)], "cpu")[0]
    paths = sorted(photographs.rglob("*.png"))
    first = teach([model], paths[:4])
    asked = []
    embed = model.embed
    monkeypatch.setattr(model, "embed", lambda images: asked.append(len(images)) or embed(images))
    assert np.array_equal(teach([model], paths)[:4], first)
    assert asked == [2, 2]  # the two new images, and their mirror images


def test_images_without_labels_come_after_the_others_and_have_a_camera_for_each_folder(crops_folder, photographs):
    named = join([read_market(crops_folder, TRAIN)])
    crops = with_unlabelled(named, [photographs])
    assert crops.ids[: len(named)].tolist() == named.ids.tolist()
    assert crops.ids[len(named) :].tolist() == [-1] * 6
    assert len(set(crops.cameras[len(named) :])) == 2
    assert not set(crops.cameras[len(named) :]) & set(named.cameras)


def test_a_folder_without_images_is_told(crops_folder, tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        with_unlabelled(join([read_market(crops_folder, TRAIN)]), [tmp_path / "nowhere"])


def test_a_run_with_a_teacher_lowers_what_it_matches(taught, crops_folder, photographs, tmp_path):
    crops = with_unlabelled(join([read_market(crops_folder, TRAIN)]), [photographs])
    alone = {"identity_weight": 0.0, "triplet_weight": 0.0}
    recipe = replace(taught, epochs=12, average="none", learning_rate=0.01, step_epochs=(), **alone)
    train(recipe, crops, tmp_path / "run")
    lines = (tmp_path / "run" / "losses.csv").read_text().splitlines()
    assert lines[0] == "epoch,embedding_loss,relation_loss"
    first, last = (np.array(line.split(",")[1:], float) for line in (lines[1], lines[-1]))
    assert (last < 0.7 * first).all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"teacher": ()}, "teacher: without one, images without labels teach nothing"),
        ({"embedding_weight": 0.0, "relation_weight": 0.0}, "the teacher teaches nothing"),
        ({"teacher": ("nowhere.xml",)}, "teacher: nowhere.xml: no such file"),
        ({"unlabelled_per_batch": 0}, "unlabelled_per_batch: must be above 0, where there are 6 images without labels"),
    ],
    ids=["no teacher", "nothing matched", "a missing file", "photographs unused"],
)
def test_a_recipe_that_cannot_be_followed_is_told(taught, crops_folder, photographs, tmp_path, changes, sentence):
    crops = with_unlabelled(join([read_market(crops_folder, TRAIN)]), [photographs])
    with pytest.raises(InputError, match=sentence):
        train(replace(taught, **changes), crops, tmp_path / "run")
