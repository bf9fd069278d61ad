"""Networks that learn from teachers: what is asked, what is matched, and runs that use it."""

import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from small_ir import PLAIN, write_ir
from torch.nn import functional as F

import configs
from reid.__main__ import main
from reid.common import errors
from reid.common.errors import InputError
from reid.data.folders import TRAIN, join, read_market, with_unlabelled
from reid.training import teachers
from reid.training.distillation import Projection, relation_loss
from reid.training.teachers import PresentTeachers, open_teachers, teach
from reid.training.trainer import train


@pytest.fixture
def teacher(small_weights, tmp_path) -> Path:
    """A network of random weights that all tests here learn from."""
    small_weights.write(tmp_path / "teacher.safetensors")
    return tmp_path / "teacher.safetensors"


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


def test_the_cache_keeps_what_was_used_last_and_all_that_this_training_uses(teacher, photographs, tmp_path, monkeypatch):
    model = open_teachers([str(teacher)], "cpu")[0]
    paths = sorted(photographs.rglob("*.png"))
    folder = tmp_path / "cache" / "mtmc" / "teachers"
    teach([model], paths[:3])
    (folder / "another.npz").write_bytes(bytes(5000))
    os.utime(folder / "another.npz", (0, 0))
    monkeypatch.setattr(teachers, "MOST", 4 * model.dimension * 2)
    teach([model], [paths[0], paths[3]])
    (file,) = folder.iterdir()
    with np.load(file) as kept:
        keys = kept["images"].tolist()
    assert keys == [hashlib.sha256(path.read_bytes()).hexdigest()[:32] for path in (paths[1], paths[2], paths[0], paths[3])]
    teach([model], paths)  # more than fits, all in use
    with np.load(file) as kept:
        assert len(kept["images"]) == len(paths)


def test_a_damaged_cache_is_written_anew(teacher, photographs, tmp_path):
    paths = sorted(photographs.rglob("*.png"))
    first = teach(open_teachers([str(teacher)], "cpu"), paths)
    (file,) = (tmp_path / "cache" / "mtmc" / "teachers").iterdir()
    whole = file.read_bytes()
    entry = whole.index(b"PK\x01\x02")
    locked = whole[: entry + 8] + b"\1" + whole[entry + 9 :]  # the flag of a password
    for damaged in (b"", whole[: len(whole) // 2], whole[:100] + bytes(100) + whole[200:], locked):
        file.write_bytes(damaged)
        assert np.array_equal(teach(open_teachers([str(teacher)], "cpu"), paths), first)
        assert file.read_bytes() == whole


def test_teachers_asked_in_training_say_what_they_say_before_it_but_for_mirror_images(teacher, tmp_path):
    half = np.random.default_rng(0).integers(0, 256, (32, 8, 3), np.uint8)
    image = np.concatenate([half, half[:, ::-1]], 1)  # its own mirror image
    cv2.imwrite(str(tmp_path / "one.png"), image)
    files = [str(teacher), str(write_ir(tmp_path / "other.xml", text=PLAIN))]
    before = teach(open_teachers(files, "cpu"), [tmp_path / "one.png"]).astype(np.float32)
    now = PresentTeachers(files, "cpu")(torch.from_numpy(image)[None].float())
    assert now.shape == (1, 8 + 4)
    np.testing.assert_allclose(now.numpy(), before, atol=5e-3)  # cv2 shrinks in whole grey levels
    assert now.norm().item() == pytest.approx(1, abs=1e-5)


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
        ({"teacher": ()}, "teacher: images without labels need one"),
        ({"embedding_weight": 0.0, "relation_weight": 0.0}, "with a teacher, at least one must be above 0"),
        ({"teacher": ("nowhere.xml",)}, "teacher: nowhere.xml: no such file"),
        ({"unlabelled_per_batch": 0}, "unlabelled_per_batch: must be above 0, with 6 images without labels"),
    ],
    ids=["no teacher", "nothing matched", "a missing file", "photographs unused"],
)
def test_a_recipe_that_cannot_be_followed_is_told(taught, crops_folder, photographs, tmp_path, changes, sentence):
    crops = with_unlabelled(join([read_market(crops_folder, TRAIN)]), [photographs])
    with pytest.raises(InputError, match=sentence):
        train(replace(taught, **changes), crops, tmp_path / "run")


def cut_short(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(lambda own, weights: own.with_name("nowhere.xml"), "nowhere.xml: no such file", id="missing"),
        pytest.param(
            lambda own, weights: own.with_suffix(".yaml").unlink() or own, "own.yaml: no such file; it must", id="no YAML"
        ),
        pytest.param(
            lambda own, weights: own.with_suffix(".bin").unlink() or own, "own.bin: no such file; it holds", id="no .bin"
        ),
        pytest.param(lambda own, weights: cut_short(own), "own.xml: damaged, or not a network", id="half an .xml"),
        pytest.param(lambda own, weights: cut_short(own.with_suffix(".bin")) and own, "own.bin: holds", id="half a .bin"),
        pytest.param(lambda own, weights: cut_short(weights), "teacher.safetensors: ", id="half a .safetensors"),
        pytest.param(
            lambda own, weights: write_ir(own, text=PLAIN.replace("8", "16")),
            "own.yaml: height 16, but own.xml takes images of 8x4",
            id="another size",
        ),
        pytest.param(
            lambda own, weights: write_ir(own, "mixing"), "own.xml: takes one image at a time, which", id="one image at a time"
        ),
        pytest.param(lambda own, weights: own.parent, "teacher: unknown network", id="a folder"),
    ],
)
def test_a_teacher_that_cannot_be_asked_is_one_sentence(
    teacher, crops_folder, photographs, tmp_path, monkeypatch, capsys, spoil, sentence
):
    own = write_ir(tmp_path / "own.xml")
    words = [
        *("train", configs.path("reid", "robust_distilled"), "model=small", "identities_per_batch=4", "precision=float32"),
        *("epochs=1", "cycle_epochs=1", f"teacher=[{spoil(own, teacher)}]", "unlabelled_per_batch=2", "composites_per_batch=2"),
        *("--data", crops_folder, "--unlabelled", photographs, "--output", tmp_path / "run"),
    ]
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        errors.run(main)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.startswith("error: teacher: ")
    assert sentence in told
    assert told.count("\n") == 1
    assert not (tmp_path / "run" / "last.safetensors").exists()
