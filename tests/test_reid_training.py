"""Training: batches, schedule, averaging, and a run that is killed and resumed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_training import write_people
from torch import nn

from reid.data.augmentation import augment
from reid.data.folders import GALLERY, TRAIN, join, read_market
from reid.data.sampling import identity_batches
from reid.errors import InputError
from reid.training.averaging import WeightAverage, refresh_statistics
from reid.training.learner import Learner
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
    image = np.random.default_rng(0).integers(0, 256, (32, 16, 3), dtype=np.uint8)
    before = image.copy()
    first, again = (augment(image, np.random.default_rng(7)) for _ in range(2))
    assert first.shape == image.shape
    assert np.array_equal(first, again)
    assert np.array_equal(image, before)
    assert not np.array_equal(first, image)


def test_without_shift_and_erasing_an_image_is_itself_or_its_mirror():
    image, rng = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8), np.random.default_rng(0)
    changed = [augment(image, rng, shift=0, erasing=0) for _ in range(16)]
    mirrored = [np.array_equal(each, image[:, ::-1]) for each in changed]
    same = [np.array_equal(each, image) for each in changed]
    assert all(np.logical_xor(mirrored, same))
    assert any(mirrored)
    assert any(same)


def test_an_erased_rectangle_has_the_area_and_the_ratio_of_the_papers_and_the_colour_of_the_image():
    image, rng = np.zeros((256, 128, 3), np.uint8), np.random.default_rng(0)
    image[:, :64] = 100, 200, 40
    for _ in range(50):
        erased = (augment(image, rng, shift=0, erasing=1) == (50, 100, 20)).all(2)
        height, width = erased.any(1).sum(), erased.any(0).sum()
        assert erased.sum() == height * width
        assert 0.019 < erased.mean() < 0.41
        assert 0.29 < height / width < 3.4


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
    return write_people(tmp_path / "people")


CHANGES = "epochs=2 early_epochs=1 early_height=32 early_width=16 identities_per_batch=4 images_per_identity=2 step_epochs=[1]"


@pytest.fixture
def recipe(small_weights):
    from configs import path

    return read_recipe(path("reid", "robust"), ["model=small", *CHANGES.split(), "average_epochs=1", "checkpoint_steps=1"])


def killed_at(monkeypatch, epoch: int, step: int):
    """Let a run die before that step."""
    real_step = Learner.step

    def step_until_killed(self, *batch):
        if (self.position.epoch, self.position.step) == (epoch, step):
            raise KeyboardInterrupt
        real_step(self, *batch)

    monkeypatch.setattr(Learner, "step", step_until_killed)


@pytest.mark.parametrize(
    ("changes", "epoch", "step"),
    [
        pytest.param({}, 1, 1, id="in mid-epoch"),
        pytest.param({}, 1, 0, id="between two epochs"),
        pytest.param({"checkpoint_steps": 0}, 1, 1, id="from the start of the epoch"),
        pytest.param({"average": "gaussian", "center_weight": 1e-3, "optimiser": "adam"}, 1, 1, id="with centers and SWAG"),
    ],
)
def test_a_run_that_was_killed_ends_with_the_weights_of_an_unbroken_one(
    crops_folder, recipe, tmp_path, monkeypatch, changes, epoch, step
):
    recipe, crops = replace(recipe, **changes), join([read_market(crops_folder, TRAIN)])
    unbroken = train(recipe, crops, tmp_path / "unbroken")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        killed_at(patch, epoch, step)
        train(recipe, crops, tmp_path / "killed")
    resumed = train(recipe, crops, tmp_path / "killed")
    for (name, one), (_, other) in zip(unbroken.state_dict().items(), resumed.state_dict().items(), strict=True):
        assert torch.equal(one, other), name
    assert (tmp_path / "killed" / "losses.csv").read_text() == (tmp_path / "unbroken" / "losses.csv").read_text()


def test_the_checkpoint_of_another_recipe_or_of_other_data_is_refused(crops_folder, recipe, tmp_path):
    crops = join([read_market(crops_folder, TRAIN)])
    train(replace(recipe, epochs=1), crops, tmp_path / "run")
    with pytest.raises(InputError, match="another recipe"):
        train(recipe, crops, tmp_path / "run")
    with pytest.raises(InputError, match="other data"):
        train(replace(recipe, epochs=1), join([crops, crops]), tmp_path / "run")


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
    [
        pytest.param(["epoch=3"], "unknown key 'epoch'", id="unknown key"),
        pytest.param(["epochs=many"], "command line: epochs: 'many' is not .* a whole number above 0", id="no number"),
        pytest.param(["epochs=0"], "epochs: 0", id="too few"),
        pytest.param(["epochs=1.5"], "epochs: 1.5", id="no whole number"),
        pytest.param(["seed=true"], "seed: True", id="a truth value for a number"),
        pytest.param(["epochs"], "key=value", id="no value"),
        pytest.param(["model=3"], "model: 3 is not .* a text", id="no text"),
        pytest.param(["learning_rate=.nan"], "learning_rate: nan", id="not a number"),
        pytest.param(["label_smoothing=1.5"], "0..1", id="more than all"),
        pytest.param(["step_epochs=9"], "a list of numbers", id="no list"),
        pytest.param(["optimiser=lion"], "one of adam, adamw, sgd", id="unknown optimiser"),
        pytest.param(["triplet_margin=-1"], "at least 0, or null", id="negative margin"),
        pytest.param(["center_average=1"], "true or false", id="a number for a truth value"),
        pytest.param(["options=max"], "a list of options", id="no options"),
        pytest.param(["epochs=["], "not YAML", id="no YAML"),
    ],
)
def test_a_wrong_change_of_a_recipe_is_told_in_one_sentence(changes, sentence):
    from configs import path

    with pytest.raises(InputError, match=sentence):
        read_recipe(path("reid", "robust"), changes)


def test_a_recipe_lists_only_what_differs_from_its_base(tmp_path):
    from configs import path

    (tmp_path / "robust.yaml").write_text(path("reid", "robust").read_text())
    (tmp_path / "wide.yaml").write_text("base: robust.yaml\nmodel: robust_2x\noptions: {pool: max}\n")
    (tmp_path / "long.yaml").write_text("base: wide.yaml\nepochs: 99\noptions: {head: none}\n")
    base, found = read_recipe(tmp_path / "robust.yaml"), read_recipe(tmp_path / "long.yaml", ["options.blocks=inception"])
    options = {"pool": "max", "head": "none", "blocks": "inception"}
    assert found == replace(base, model="robust_2x", epochs=99, options=options)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("base: absent.yaml", r"mine.yaml: base: there is no file .*absent.yaml", id="absent"),
        pytest.param("base: mine.yaml", "based on this file itself", id="circle"),
        pytest.param("base: good.yaml\nepochs: x", r"mine.yaml: epochs: 'x'", id="wrong value"),
        pytest.param("base: bad.yaml", r"bad.yaml: seed: 'y'", id="wrong value in the base"),
        pytest.param("epochs: 3", "mine.yaml: the key 'model' is missing", id="no base"),
        pytest.param("- epochs", "a list of lines", id="no mapping"),
    ],
)
def test_a_wrong_recipe_file_is_told_in_one_sentence_with_file_and_key(tmp_path, text, sentence):
    from configs import path

    good = path("reid", "robust").read_text()
    (tmp_path / "good.yaml").write_text(good)
    (tmp_path / "bad.yaml").write_text("base: good.yaml\nseed: y\n")
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError, match=sentence) as error:
        read_recipe(tmp_path / "mine.yaml")
    assert "\n" not in str(error.value)
