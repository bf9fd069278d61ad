"""Which crops are in a batch, and in which order."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from reid.common.errors import InputError
from reid.data.folders import Crops, join, read_market
from reid.preprocessing import Preprocessing
from reid.training.batches import Batches, _drawn_evenly

SIZE = Preprocessing(32, 16)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(("count", "times"), [(0, (0, 0)), (3, (0, 1)), (5, (1, 1)), (12, (2, 3)), (15, (3, 3))])
def test_nothing_is_drawn_again_before_all_were_drawn_as_often(count, times):
    drawn = _drawn_evenly(np.array([10, 11, 12, 13, 14]), count, rng())
    assert len(drawn) == count
    often = [np.sum(drawn == each) for each in range(10, 15)]
    assert (min(often), max(often)) == times


def test_every_round_has_an_order_of_its_own():
    first, second = _drawn_evenly(np.arange(20), 40, rng()).reshape(2, 20)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(20))


def some_crops(unlabelled: int = 6) -> Crops:
    """Four images each of eight people, then images of nobody known."""
    ids = np.concatenate([np.repeat(np.arange(8), 4), np.full(unlabelled, -1)])
    return Crops([None] * len(ids), ids, np.ones(len(ids), int))


def test_a_batch_is_of_identities_then_of_images_without_labels_then_of_any_that_are_composed(recipe):
    crops = some_crops()
    batches = Batches(replace(recipe, unlabelled_per_batch=3, composites_per_batch=5), crops, SIZE, "cpu")
    rows = batches.epoch(0)
    assert rows.shape[1] == 4 * 2 + 3 + 5
    for row in rows:
        named = crops.ids[row[:8]].reshape(4, 2)
        assert (named[:, 0] == named[:, 1]).all()
        assert len(set(named[:, 0])) == 4
    assert (crops.ids[rows[:, 8:11]] == -1).all()
    often = np.bincount(rows[:, 8:11].ravel(), minlength=len(crops))[32:]
    assert often.max() - often.min() <= 1
    assert len(np.unique(rows[:, 11:])) == min(rows[:, 11:].size, len(crops))


def test_batches_depend_on_seed_and_epoch_and_parts_without_images_change_nothing(recipe):
    crops = some_crops()
    whole, named = (Batches(replace(recipe, unlabelled_per_batch=count), crops, SIZE, "cpu") for count in (2, 0))
    assert np.array_equal(whole.epoch(3), whole.epoch(3))
    assert not np.array_equal(whole.epoch(3), whole.epoch(4))
    assert np.array_equal(whole.epoch(3)[:, :8], named.epoch(3))


def test_too_few_identities_are_told(recipe):
    with pytest.raises(InputError, match="8 identities do not fill a batch of 9"):
        Batches(replace(recipe, identities_per_batch=9), some_crops(), SIZE, "cpu").epoch(0)


def test_random_batches_have_every_image_once_but_for_the_rest(recipe):
    epoch = Batches(replace(recipe, images_per_batch=5), some_crops(), SIZE, "cpu").epoch(0)
    labelled = int((some_crops().ids >= 0).sum())
    assert epoch.shape == (labelled // 5, 5)
    assert len(np.unique(epoch)) == epoch.size


def test_too_few_images_for_a_random_batch_are_told(recipe):
    with pytest.raises(InputError, match="images do not fill a batch of 999"):
        Batches(replace(recipe, images_per_batch=999), some_crops(), SIZE, "cpu").epoch(0)


def test_statistics_are_of_the_last_epochs_images_and_no_teacher_is_asked(recipe, crops_folder):
    crops, asked = join([read_market(crops_folder, "bounding_box_train")]), []
    recipe = replace(recipe, composites_per_batch=2, channel_gain=0.2)

    def ask(images: torch.Tensor) -> torch.Tensor:
        asked.append(len(images))
        return torch.ones(len(images), 3)

    batches = Batches(recipe, crops, SIZE, "cpu", np.zeros((len(crops), 3), np.float16), ask)
    seen = [(images, taught) for images, _, taught, _ in batches.inputs(batches.epoch(1), 1)]
    assert asked == [2] * len(seen)
    assert all(taught[:-2].max() == 0 and taught[-2:].min() == 1 for _, taught in seen)
    assert all(torch.equal(one, other) for one, (other, _) in zip(batches.statistics(), seen, strict=True))
    assert len(asked) == len(seen)
