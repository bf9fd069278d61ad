"""Training: batches, schedule, averaging, and a run that is killed and resumed."""

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from reid.data.augmentation import augment
from reid.data.folders import GALLERY, TRAIN, join, read_market
from reid.data.sampling import identity_batches
from reid.errors import InputError
from reid.training.averaging import WeightAverage, refresh_statistics
from reid.training.recipe import read_recipe
from reid.training.schedule import warmup_steps
from reid.training.trainer import train

IDS = np.repeat(np.arange(6), [1, 2, 3, 4, 5, 9])


def test_each_batch_holds_p_identities_of_k_images():
    batches = identity_batches(IDS, 3, 4, np.random.default_rng(0))
    for batch in batches:
        identities, counts = np.unique(IDS[batch], return_counts=True)
        assert len(identities) == 3
        assert (counts == 4).all()


def test_an_identity_with_enough_images_is_not_shown_one_of_them_twice_in_a_group():
    ids = np.repeat(np.arange(3), 5)
    for group in identity_batches(ids, 3, 4, np.random.default_rng(0)).reshape(-1, 4)[:3]:
        assert len(set(group.tolist())) == 4


def test_an_epoch_shows_every_image_when_identities_are_even():
    ids = np.repeat(np.arange(6), 8)
    batches = identity_batches(ids, 2, 4, np.random.default_rng(0))
    assert len(set(batches.ravel().tolist())) >= 40


def test_too_few_identities_give_no_batch():
    assert len(identity_batches(np.zeros(10, int), 2, 4, np.random.default_rng(0))) == 0


def test_the_learning_rate_rises_then_falls_at_each_step():
    rates = [warmup_steps(epoch, warmup=10, steps=(40, 70)) for epoch in (0, 5, 10, 39.9, 40, 70)]
    assert rates == pytest.approx([0.01, 0.5, 1, 1, 0.1, 0.01])


def test_augmentation_keeps_shape_and_source_and_repeats_under_a_seed():
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 16, 3), dtype=np.uint8)
    before = images.copy()
    first, again = (augment(images, np.zeros(3), np.random.default_rng(7)) for _ in range(2))
    assert first.shape == images.shape
    assert np.array_equal(first, again)
    assert np.array_equal(images, before)
    assert not np.array_equal(first, images)


def test_without_shift_and_erasing_an_image_is_itself_or_its_mirror():
    images = np.random.default_rng(0).integers(0, 256, (8, 6, 4, 3), dtype=np.uint8)
    changed = augment(images, np.zeros(3), np.random.default_rng(0), shift=0, erasing=0)
    mirrored = [np.array_equal(new, old[:, ::-1]) for new, old in zip(changed, images, strict=True)]
    same = [np.array_equal(new, old) for new, old in zip(changed, images, strict=True)]
    assert all(np.logical_xor(mirrored, same))
    assert any(mirrored)
    assert any(same)


def test_weight_average_is_the_mean_of_all_states():
    network, average = nn.Linear(2, 1, bias=False), WeightAverage()
    for value in (1.0, 2.0, 6.0):
        nn.init.constant_(network.weight, value)
        average.add(network)
    average.copy_to(network)
    assert network.weight.tolist() == [[3.0, 3.0]]


def test_refreshed_statistics_are_those_of_the_batches():
    norm = nn.BatchNorm1d(1)
    refresh_statistics(norm, [torch.full((4, 1), 1.0), torch.full((4, 1), 3.0)])
    assert norm.running_mean.item() == pytest.approx(2.0)
    assert norm.momentum == 0.1


@pytest.fixture
def crops_folder(tmp_path):
    """Eight identities of four noisy images each, one colour an identity, in Market-1501's layout."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "people" / TRAIN
    folder.mkdir(parents=True)
    for identity in range(8):
        colour = rng.integers(0, 256, 3)
        for index in range(4):
            image = np.clip(colour + rng.normal(0, 20, (32, 16, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"{identity:04d}_c{1 + index % 2}s1_{index:06d}_00.jpg"), image)
    return folder.parent


@pytest.fixture
def recipe():
    from configs import path

    changes = (
        "epochs=2 early_epochs=1 early_height=32 early_width=16 identities_per_batch=4 images_per_identity=2 precision=float32"
    )
    return read_recipe(path("reid", "hacnn"), [*changes.split(), "step_epochs=[1]", "average_epochs=1"])


def test_a_run_that_stopped_after_an_epoch_ends_with_the_weights_of_an_unbroken_one(crops_folder, recipe, tmp_path, monkeypatch):
    crops = join([read_market(crops_folder, TRAIN)])
    unbroken = train(recipe, crops, tmp_path / "unbroken")

    import reid.training.trainer as trainer

    steps, real_step = [], trainer._step

    def step_until_killed(recipe, now, *rest):
        if now >= 1.5:
            raise KeyboardInterrupt
        steps.append(now)
        return real_step(recipe, now, *rest)

    monkeypatch.setattr(trainer, "_step", step_until_killed)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, crops, tmp_path / "killed")
    assert steps[-1] > 1
    monkeypatch.setattr(trainer, "_step", real_step)
    resumed = train(recipe, crops, tmp_path / "killed")
    for (name, one), (_, other) in zip(unbroken.state_dict().items(), resumed.state_dict().items(), strict=True):
        assert torch.equal(one, other), name
    assert (tmp_path / "killed" / "losses.csv").read_text() == (tmp_path / "unbroken" / "losses.csv").read_text()


def test_the_checkpoint_of_another_recipe_is_refused(crops_folder, recipe, tmp_path):
    from dataclasses import replace

    crops = join([read_market(crops_folder, TRAIN)])
    train(replace(recipe, epochs=1), crops, tmp_path / "run")
    with pytest.raises(InputError, match="another recipe"):
        train(recipe, crops, tmp_path / "run")


def test_joined_data_sets_share_neither_identities_nor_cameras(crops_folder):
    one = read_market(crops_folder, TRAIN)
    both = join([one, one])
    assert len(both) == 64
    assert sorted(set(both.ids.tolist())) == list(range(16))
    assert not set(both.cameras[:32].tolist()) & set(both.cameras[32:].tolist())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("person.jpg", "must start like"), (None, "no image in it")],
    ids=["a name without an identity", "an empty folder"],
)
def test_a_folder_that_is_no_data_set_is_told_in_one_sentence(tmp_path, name, sentence):
    (tmp_path / GALLERY).mkdir()
    if name:
        (tmp_path / GALLERY / name).touch()
    with pytest.raises(InputError, match=sentence):
        read_market(tmp_path, GALLERY)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [(["epoch=3"], "unknown key 'epoch'"), (["epochs=many"], "epochs: 'many'"), (["epochs"], "key=value")],
)
def test_a_wrong_change_of_a_recipe_is_told_in_one_sentence(changes, sentence):
    from configs import path

    with pytest.raises(InputError, match=sentence):
        read_recipe(path("reid", "robust"), changes)
