"""Parsers in the one trainer, and runs that count iterations."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from configs import path
from reid.commands import train as command
from reid.common.errors import InputError
from reid.data.folders import TRAIN, join, read_market, with_unlabelled
from reid.models import build
from reid.parsing.lip import read_lip
from reid.training.recipe import read_recipe
from reid.training.trainer import train
from reid.training.validation import ParsingSet
from reid.weights.weights_file import read_weights, weights_of


@pytest.fixture
def lip(tmp_path):
    """Photographs in which red is the upper body and blue the legs, on grey."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 8), ("val", 2)):
        for kind in ("images", "segmentations"):
            (tmp_path / "lip" / f"{part}_{kind}").mkdir(parents=True)
        for number in range(count):
            mask = np.zeros((64, 32), np.uint8)
            left = int(rng.integers(4, 16))
            mask[8:32, left : left + 12], mask[32:60, left : left + 12] = 5, 9
            image = np.full((64, 32, 3), 128, np.uint8)
            image[mask == 5], image[mask == 9] = (0, 0, 255), (255, 0, 0)
            cv2.imwrite(str(tmp_path / "lip" / f"{part}_images" / f"{number}.jpg"), image)
            cv2.imwrite(str(tmp_path / "lip" / f"{part}_segmentations" / f"{number}.png"), mask)
        (tmp_path / "lip" / f"{part}_id.txt").write_text("".join(f"{number}\n" for number in range(count)))
    return f"lip={tmp_path / 'lip'}"


@pytest.fixture
def plain():
    """The light parser's recipe on images of 64x32, as photographed."""
    changes = "height=64 width=32 backbone_weights=none epochs=16 cycle_epochs=16 images_per_batch=4 learning_rate=0.01"
    off = "bad_crops=0 background=0 low_resolution=0 jpeg=0 blur=0 grey=0 light=0 gamma=0 channel_gain=0 colour_jitter=0"
    return read_recipe(path("reid", "parser_light"), f"{changes} {off} evaluate_every=0".split())


def test_a_parser_learns_the_regions_of_a_person_and_ships_as_weights(lip, plain, normed_parser, tmp_path):
    validation = ParsingSet("lip", read_lip(lip, "val"))
    train(plain, read_lip(lip, "train"), tmp_path / "run", validation=[validation])
    weights = read_weights(tmp_path / "run" / "best.safetensors")
    assert weights.model == "parser_light"
    scores = validation.scores(weights, "cpu")
    assert scores["accuracy"] > 0.85
    assert [weights.training[key] for key in ("images", "identities", "unlabelled")] == [8, 0, 0]
    assert weights.training["validation"]["lip"]["region IoU"] == pytest.approx(scores["region IoU"], abs=1e-3)


def test_the_command_trains_and_measures_a_parser(lip, tmp_path, capsys):
    arguments = ["height=64", "width=32", "backbone_weights=none", "epochs=1", "cycle_epochs=1", "images_per_batch=4"]
    recipe = str(path("reid", "parser_light"))
    options = _parsed([recipe, *arguments, "--data", lip, "--validate", lip, "--output", str(tmp_path / "run")])
    command.run(options)
    told = capsys.readouterr().out
    assert "parser_light: 8 images with masks from 1 data sets" in told
    assert "region IoU" in told
    assert "reid parse IMAGE --parser" in told


def test_masks_and_parsers_belong_together(lip, plain, crops_folder, recipe, tmp_path):
    with pytest.raises(InputError, match="parsing needs images with masks, as in lip=DIR"):
        train(plain, join([read_market(crops_folder, TRAIN)]), tmp_path / "one")
    with pytest.raises(InputError, match="parsing_weight: must be above 0 for images with masks"):
        train(recipe, read_lip(lip, "train"), tmp_path / "other")
    taught = replace(plain, teacher=("any.xml",), embedding_weight=1.0)
    with pytest.raises(InputError, match=r"teacher: must be \[\] for images with masks"):
        train(taught, read_lip(lip, "train"), tmp_path / "third")


def test_photographs_with_masks_and_images_without_are_not_used_together(lip, photographs, crops_folder):
    with pytest.raises(InputError, match="--unlabelled: images without masks do not train a parser"):
        with_unlabelled(read_lip(lip, "train"), [photographs])
    with pytest.raises(InputError, match="with parsing masks and without cannot be used together"):
        join([read_lip(lip, "train"), read_market(crops_folder, TRAIN)])


@pytest.mark.parametrize("part", ["train", "val"])
def test_masks_of_other_images_are_told_before_a_step_is_taken(lip, plain, normed_parser, part, tmp_path, monkeypatch):
    monkeypatch.setattr("reid.training.learner.Learner.step", None)
    mask = Path(lip.removeprefix("lip=")) / f"{part}_segmentations/1.png"
    cv2.imwrite(str(mask), np.ones((32, 64), np.uint8))
    with pytest.raises(InputError, match=r"1\.png: 64x32 pixels, but .*1\.jpg has 32x64"):
        train(plain, read_lip(lip, "train"), tmp_path / "run", validation=[ParsingSet("lip", read_lip(lip, "val"))])


def test_a_validation_set_without_people_is_told_before_a_step_is_taken(lip, plain, normed_parser, tmp_path, monkeypatch):
    monkeypatch.setattr("reid.training.learner.Learner.step", None)
    for mask in Path(lip.removeprefix("lip=")).glob("val_segmentations/*"):
        cv2.imwrite(str(mask), np.zeros((64, 32), np.uint8))
    with pytest.raises(InputError, match="val_segmentations: no mask shows a person"):
        train(plain, read_lip(lip, "train"), tmp_path / "run", validation=[ParsingSet("lip", read_lip(lip, "val"))])


def test_the_command_tells_which_networks_learn_from_masks(lip, tmp_path):
    options = _parsed([str(path("reid", "robust")), "--data", lip, "--output", str(tmp_path / "run")])
    with pytest.raises(InputError, match="photographs with masks train a parser, parser or parser_light, not robust"):
        command.run(options)


def test_a_parser_finds_the_outlines_of_people_only_for_what_changes_their_background(crops_folder, recipe, tmp_path):
    crops, recipe = join([read_market(crops_folder, TRAIN)]), replace(recipe, outlines="nowhere.safetensors")
    train(replace(recipe, background=0.0), crops, tmp_path / "run")
    for changed in ({"background": 0.5}, {"masked": 0.5}):
        with pytest.raises(InputError, match=r"outlines: nowhere\.safetensors: no such file"):
            train(replace(recipe, **changed), crops, tmp_path / "other")


def test_a_run_does_not_go_on_with_the_outlines_of_another_parser(crops_folder, recipe, tmp_path):
    crops, recipe = (
        join([read_market(crops_folder, TRAIN)]),
        replace(recipe, masked=0.5, outlines=str(tmp_path / "p.safetensors")),
    )
    for seed in (0, 1):
        torch.manual_seed(seed)
        weights_of("parser_light", build("parser_light")).write(tmp_path / "p.safetensors")
        if seed == 0:
            train(replace(recipe, epochs=1), crops, tmp_path / "run")
            continue
        with pytest.raises(InputError, match="the networks that teach or parse here have changed since"):
            train(replace(recipe, epochs=1), crops, tmp_path / "run")


def test_a_run_ends_after_its_iterations_in_the_middle_of_an_epoch(crops_folder, recipe, tmp_path, capsys):
    recipe = replace(recipe, epochs=0, iterations=5, images_per_batch=16, average="none", schedule="exponential", early_epochs=0)
    crops = join([read_market(crops_folder, TRAIN)])  # 32 images: two batches an epoch
    network = train(recipe, crops, tmp_path / "run")
    done = read_weights(tmp_path / "run" / "last.safetensors").training
    assert (done["iterations_done"], done["epochs_done"]) == (5, 3)
    assert "epoch 3 of 3" in capsys.readouterr().out
    again = train(recipe, crops, tmp_path / "run")
    assert "all 3 epochs are already trained" in capsys.readouterr().out
    pairs = zip(network.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def _parsed(arguments: list[str]):
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(arguments)
