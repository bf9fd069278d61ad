"""P x K batches, and crops read from folders and joined."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reid.common.errors import InputError
from reid.data.folders import GALLERY, TRAIN, Crops, join, read_market
from reid.data.sampling import identity_batches

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


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=12),
    images=st.integers(2, 5),
    identities=st.integers(2, 4),
    seed=st.integers(0, 9),
)
def test_batches_of_any_identities_are_p_times_k_and_repeat_images_only_where_there_are_too_few(sizes, images, identities, seed):
    ids = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    groups = identity_batches(ids, identities, images, np.random.default_rng(seed)).reshape(-1, identities, images)
    assert (len(groups) > 0) == (len(sizes) >= identities)
    for batch in groups:
        assert len(set(ids[batch[:, 0]])) == identities
        for group in batch:
            assert len(set(ids[group])) == 1
            enough = sizes[ids[group[0]]] >= images
            assert len(set(group.tolist())) == images or not enough
    # What an epoch leaves out are groups of fewer than P identities.
    shown = np.isin(np.arange(len(ids)), groups)
    assert len(set(ids[~shown])) < identities


def test_batches_of_joined_data_sets_mix_their_people_without_confusing_them():
    one, other = (Crops([Path(name)] * 8, np.repeat(np.arange(2), 4), np.arange(8) % 2) for name in ("one", "other"))
    crops = join([one, other])
    for batch in identity_batches(crops.ids, 4, 2, np.random.default_rng(0)):
        assert sorted(set(crops.ids[batch].tolist())) == [0, 1, 2, 3]
        assert {crops.paths[index].name for index in batch[crops.ids[batch] < 2]} == {"one"}


def test_too_few_identities_give_no_batch():
    assert len(identity_batches(np.zeros(10, int), 2, 4, np.random.default_rng(0))) == 0


def test_joined_data_sets_share_neither_identities_nor_cameras(crops_folder):
    one = read_market(crops_folder, TRAIN)
    both = join([one, one])
    assert len(both) == 64
    assert sorted(set(both.ids.tolist())) == list(range(16))
    assert not set(both.cameras[:32].tolist()) & set(both.cameras[32:].tolist())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("person.jpg", "must start like"), (None, "no images")],
    ids=["a name without an identity", "an empty folder"],
)
def test_a_folder_that_is_no_data_set_is_told_in_one_sentence(tmp_path, name, sentence):
    (tmp_path / GALLERY).mkdir()
    if name:
        (tmp_path / GALLERY / name).touch()
    with pytest.raises(InputError, match=sentence):
        read_market(tmp_path, GALLERY)
