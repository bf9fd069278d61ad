"""CamStyle's copies: their names, their place in a batch, their loss, and runs with them."""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from small_training import write_styled

import configs
from reid.__main__ import main
from reid.common.errors import InputError
from reid.data.folders import TRAIN, join, read_market, with_unlabelled
from reid.data.sources import STYLED, site_names
from reid.data.styled import with_styled
from reid.preprocessing import Preprocessing
from reid.training.batches import Batches
from reid.training.objective import NAMES, Objective
from reid.training.recipe import read_recipe
from reid.training.trainer import train
from reid.weights.weights_file import read_weights


@pytest.fixture
def market(crops_folder):
    """Eight people in cameras 1 and 2, four images each."""
    return join([read_market(crops_folder, TRAIN)])


@pytest.fixture
def copies(crops_folder) -> Path:
    """A copy of each training image in the style of camera 3."""
    return write_styled(crops_folder)


@pytest.fixture
def camstyle(recipe):
    return replace(recipe, styled_per_batch=3, triplet_weight=0.0, label_smoothing=0.0)


def test_a_copy_has_the_identity_of_its_original_and_the_camera_of_its_style(market, copies):
    crops = with_styled(market, [copies])
    assert len(crops) == 2 * len(market)
    assert crops.named.tolist() == [True] * len(market) + [False] * len(market)
    styled = crops.take(~crops.named)
    assert styled.ids.tolist() == [int(path.name[:4]) for path in styled.paths]
    assert styled.cameras.tolist() == [3] * len(market)


def test_cameras_and_identities_are_those_that_joined_data_sets_have(market, crops_folder, copies, tmp_path):
    (tmp_path / "other" / TRAIN).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "other" / TRAIN / "0005_c4s1_000000_00.jpg"), np.zeros((32, 16, 3), np.uint8))
    first = read_market(tmp_path / "other", TRAIN)
    crops = with_styled(join([first, market]), [copies])
    assert crops.ids[~crops.named].tolist() == [1 + identity for identity in market.ids]
    assert set(crops.cameras[~crops.named]) == {3 + 4 + 1}


def test_marks_of_copies_follow_their_rows(market, copies, photographs):
    crops = with_unlabelled(with_styled(market, [copies]), [photographs])
    assert crops.named.sum() == (~crops.named & (crops.ids >= 0)).sum() == len(market)
    few = join([market, crops.take(np.arange(len(market) - 1, len(market) + 1))])
    assert few.named.tolist() == [True] * (len(market) + 1) + [False]
    assert few.take(few.named).styled.sum() == 0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("0000_c1s1_000000_00.jpg", "0000_c1s1_000000_00.jpg: the file name of a styled copy must end like _fake_1to2.jpg"),
        ("0099_c1s1_000000_00_fake_1to2.jpg", "a copy of 0099_c1s1_000000_00, which is not in --data; leave it out"),
    ],
    ids=["an original", "a stranger"],
)
def test_a_file_that_is_no_copy_of_a_training_image_is_told(market, copies, name, sentence):
    cv2.imwrite(str(copies / name), np.zeros((32, 16, 3), np.uint8))
    with pytest.raises(InputError, match=sentence):
        with_styled(market, [copies])


def test_a_folder_without_copies_is_told(market, copies, tmp_path):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        with_styled(market, [tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no images"):
        with_styled(market, [tmp_path / "empty"])


def test_a_copy_of_one_of_two_images_with_its_name_is_told(market, copies):
    with pytest.raises(InputError, match="2 images of --data are called 0000_c1s1_000000_00; use one of their data sets alone"):
        with_styled(join([market, market]), [copies])


def test_copies_follow_the_images_of_a_batch_and_none_is_among_those(camstyle, market, copies, photographs):
    crops = with_unlabelled(with_styled(market, [copies]), [photographs])
    size, batches = Preprocessing(32, 16), replace(camstyle, unlabelled_per_batch=2)
    rows = Batches(batches, crops, size, "cpu").epoch(0)
    assert rows.shape[1] == 4 * 2 + 3 + 2
    assert crops.named[rows[:, :8]].all()
    assert crops.styled[rows[:, 8:11]].all()
    assert (crops.ids[rows[:, 11:]] == -1).all()
    alone = Batches(replace(batches, styled_per_batch=0, unlabelled_per_batch=0), market, size, "cpu").epoch(0)
    assert np.array_equal(rows[:, :8], alone)


def test_the_mean_smoothed_loss_of_the_copies_is_added_to_that_of_the_images(camstyle, small_weights):
    """Zhong et al., CVPR 2018: a copy's target is 1 - epsilon + epsilon / C for its identity, epsilon / C for the others."""
    generator = torch.Generator().manual_seed(0)
    features, logits = (torch.randn(6, width, generator=generator) for width in (4, 5))
    labels, named, styled = torch.tensor([0, 1, 2, 0, 4, 3]), torch.tensor([0, 1, 2, 3]), torch.tensor([4, 5])
    objective = Objective(replace(camstyle, center_weight=0.0), small_weights.network(), 5)
    found = objective.losses([[features, logits]], labels, labelled=named, styled=styled)
    chances = torch.softmax(logits.double(), 1)
    real = -sum(chances[row, labels[row]].log() for row in (0, 1, 2, 3)) / 4
    fake = 0.0
    for row in (4, 5):
        wanted = [0.9 + 0.1 / 5 if identity == labels[row] else 0.1 / 5 for identity in range(5)]
        fake -= sum(share * chances[row, identity].log() for identity, share in enumerate(wanted)) / 2
    assert found.tolist() == pytest.approx([float(real + fake), 0, 0, 0, 0, 0], rel=1e-5)


def test_copies_enter_no_metric_loss(camstyle, small_weights):
    features, logits, labels = torch.randn(6, 4), torch.randn(6, 5), torch.tensor([0, 0, 1, 1, 0, 1])
    recipe = replace(camstyle, triplet_weight=1.0, center_weight=0.1)
    objective = Objective(recipe, small_weights.network(), 5)
    named, styled = torch.arange(4), torch.arange(4, 6)
    whole = objective.losses([[features, logits]], labels, labelled=named, styled=styled)
    assert torch.equal(whole[1:], objective.losses([[features[:4], logits[:4]]], labels[:4])[1:])


def test_a_run_with_copies_learns_from_them_and_records_them(camstyle, market, copies, tmp_path):
    crops = with_styled(market, [copies])
    train(camstyle, crops, tmp_path / "with", data=["people", f"{copies}{STYLED}"])
    train(replace(camstyle, styled_per_batch=0), market, tmp_path / "without")
    run, plain = (read_weights(tmp_path / name / "last.safetensors") for name in ("with", "without"))
    assert run.hash != plain.hash
    assert [run.training[key] for key in ("images", "styled", "unlabelled", "identities")] == [32, 32, 0, 8]
    assert run.training["data"] == ["people", "bounding_box_train_camstyle (styled)"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"styled_per_batch": 0}, "styled_per_batch: must be above 0, with 32 styled copies"),
        ({"identity_weight": 0.0, "triplet_weight": 1.0}, "identity_weight: must be above 0 with styled copies"),
    ],
    ids=["copies unused", "no ID loss"],
)
def test_a_recipe_without_use_for_copies_is_told(camstyle, market, copies, tmp_path, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        train(replace(camstyle, **changes), with_styled(market, [copies]), tmp_path / "run")


def test_a_recipe_that_needs_copies_is_told(camstyle, market, tmp_path):
    with pytest.raises(InputError, match="styled_per_batch: give copies by --styled DIR, or set it to 0"):
        train(camstyle, market, tmp_path / "run")


def test_the_published_recipe_has_three_images_to_a_copy_and_the_id_loss_alone():
    recipe = read_recipe(configs.path("reid", "camstyle"))
    images, copies, *others = recipe.parts_of_batch
    assert (round(images / copies), others) == (3, [0, 0])
    assert [name for name in NAMES if getattr(recipe, name.replace("_loss", "_weight"))] == ["identity_loss"]
    assert (recipe.label_smoothing, recipe.styled_smoothing) == (0, 0.1)


def test_copies_are_of_the_site_of_their_folder():
    assert site_names("data/market/copies (styled)") == site_names("data/market/copies")


def test_train_takes_copies_and_tells_how_many(crops_folder, copies, small_weights, tmp_path, monkeypatch, capsys):
    words = ["train", configs.path("reid", "robust"), "model=small", "epochs=1", "cycle_epochs=1", "height=32", "width=16"]
    words += ["identities_per_batch=4", "images_per_identity=2", "styled_per_batch=2", "early_epochs=0"]
    words += ["--data", crops_folder, "--styled", copies, "--output", tmp_path / "run"]
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    main()
    assert "small: 32 images of 8 identities from 1 data sets, 32 styled copies" in capsys.readouterr().out
    assert read_weights(tmp_path / "run" / "last.safetensors").training["styled_per_batch"] == 2
