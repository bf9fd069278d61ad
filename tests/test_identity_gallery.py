"""The gallery of people: what it keeps, finds, forgets, and gives back from disk."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtmc.identity import exemplars
from mtmc.identity.gallery import Gallery, spread
from reid.common.errors import InputError


def unit(rows):
    rows = np.asarray(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def people(count, images, noise=0.3, dimension=32, seed=0):
    """Unit rows `(count, images, dimension)` around a centre a person."""
    random = np.random.default_rng(seed)
    return unit(random.normal(size=(count, 1, dimension)) + noise * random.normal(size=(count, images, dimension)))


@pytest.fixture
def small_index(monkeypatch):
    """An index that begins at 200 exemplars."""
    pytest.importorskip("faiss")
    from mtmc.identity import inverted_index

    monkeypatch.setattr(exemplars, "EXACT", 200)
    for name, value in ("LISTS", 8), ("PROBES", 8), ("COMPONENTS", 16), ("_SAMPLE", 400):
        monkeypatch.setattr(inverted_index, name, value)


def test_the_nearest_person_is_the_one_who_was_seen():
    seen = people(5, 6)
    gallery = Gallery(32)
    opened = [gallery.open(rows[:4], time=1.0) for rows in seen]
    numbers, distances = gallery.distances([rows[4:] for rows in seen])
    assert opened == [1, 2, 3, 4, 5] == numbers.tolist() == gallery.people.tolist()
    assert distances.shape == (5, 5)
    assert distances.argmin(axis=1).tolist() == [0, 1, 2, 3, 4]
    owners, nearest = gallery.nearest(seen[:, 5], 2)
    assert owners[:, 0].tolist() == opened
    np.testing.assert_allclose(nearest[0, 0], (1 - seen[0, :4] @ seen[0, 5]).min(), atol=1e-6)


def test_those_excluded_and_those_without_an_exemplar_are_not_compared():
    gallery = Gallery(32)
    for rows in people(3, 2):
        gallery.open(rows)
    gallery.open(np.empty((0, 32)))
    numbers, distances = gallery.distances([people(1, 1)[0]], excluded={1})
    assert numbers.tolist() == [2, 3]
    assert distances.shape == (1, 2)
    assert Gallery(8).distances([unit(np.ones((1, 8)))])[1].shape == (1, 0)


def test_a_full_person_keeps_the_exemplars_that_lie_furthest_apart():
    angles = np.radians([0, 1, 2, 3, 90, 180])
    gallery = Gallery(2, exemplars=3)
    person = gallery.open(np.stack([np.cos(angles[:4]), np.sin(angles[:4])], 1))
    assert len(gallery.embeddings(person)) == 3
    gallery.add(person, np.stack([np.cos(angles[4:]), np.sin(angles[4:])], 1), time=1.0)
    kept = np.degrees(np.arctan2(*gallery.embeddings(person).T[::-1])).round()
    assert len(kept) == 3
    assert {90, 180} < set(kept.tolist())


@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_every_row_is_represented_within_twice_the_best_radius(count, chosen, seed):
    rows = unit(np.random.default_rng(seed).normal(size=(count, 3)))
    kept = spread(rows, chosen)
    assert len(kept) == len(set(kept.tolist())) == min(count, chosen)
    if count > chosen:
        apart = np.linalg.norm(rows[kept, None] - rows[kept], axis=2) + 9 * np.eye(len(kept))
        radius = np.linalg.norm(rows[:, None] - rows[kept], axis=2).min(axis=1).max()
        assert radius <= apart.min() + 1e-6  # count + 1 rows that far apart: two of them share a representative


def test_people_are_renamed_merged_removed_and_expire_and_no_number_comes_again():
    gallery = Gallery(32, exemplars=4)
    first, second, third = (
        gallery.open(rows, time, name) for rows, time, name in zip(people(3, 3), [5, 1, 9], ["", "Ann", ""], strict=True)
    )
    gallery.rename(third, "Bo")
    gallery.merge(first, second)
    assert (gallery[first].name, gallery[first].first_seen, gallery[first].last_seen) == ("Ann", 1, 5)
    assert len(gallery.embeddings(first)) == 4
    assert second not in gallery
    assert gallery.expire(before=6) == [first]
    gallery.remove(third)
    assert len(gallery) == 0
    assert gallery.open(people(1, 1)[0]) == 4
    with pytest.raises(KeyError):
        gallery.remove(third)
    with pytest.raises(ValueError, match="with itself"):
        gallery.merge(4, 4)


def test_a_gallery_comes_back_from_disk_as_it_was(tmp_path):
    gallery = Gallery(32, exemplars=5, network="abc")
    picture = np.full((8, 4, 3), (10, 200, 90), np.uint8)
    for number, rows in enumerate(people(4, 3)):
        gallery.open(rows, time=number, name=f"Zoë {number}", crops=[picture, None, picture])
    gallery.open(np.empty((0, 32)), 7.0)
    gallery.remove(2)
    gallery.save(tmp_path / "people.npz")
    again = Gallery.load(tmp_path / "people.npz", network="abc")
    assert again.people.tolist() == [1, 3, 4, 5]
    assert (again.exemplars, again[3]) == (5, gallery[3])
    for person in (1, 3, 4, 5):
        np.testing.assert_array_equal(again.embeddings(person), gallery.embeddings(person))
        assert len(again.crops(person)) == len(gallery.crops(person))
    assert np.abs(again.crops(1)[0].astype(int) - picture).max() < 5
    assert again.open(people(1, 1)[0]) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["people.npz"]


def test_a_file_that_is_no_gallery_or_of_another_network_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "text.npz").write_text("people")
    np.savez(tmp_path / "other.npz", a=1)
    np.savez(tmp_path / "pickle.npz", embeddings=np.array([{}], dtype=object))
    for name in ("text", "other", "pickle"):
        with pytest.raises(InputError, match="not a gallery saved by this program"):
            Gallery.load(tmp_path / f"{name}.npz")
    with pytest.raises(InputError, match="no such file"):
        Gallery.load(tmp_path / "none.npz")
    Gallery(4, network="abc").save(tmp_path / "people.npz")
    with pytest.raises(InputError, match="another network"):
        Gallery.load(tmp_path / "people.npz", network="xyz")
    with pytest.raises(InputError, match="must end in"):
        Gallery(4).save(tmp_path / "people.bin")


def test_pictures_stay_with_their_embeddings_when_exemplars_give_way():
    gallery = Gallery(2, exemplars=2)
    colours = [0, 120, 240]
    crops = [np.full((6, 6, 3), colour, np.uint8) for colour in colours]
    angles = np.radians([0, 5, 120])
    rows = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    person = gallery.open(rows, crops=crops)
    kept = [colours[int(np.argmax(rows @ row))] for row in gallery.embeddings(person)]
    assert [int(crop.mean().round()) for crop in gallery.crops(person)] == kept
    with pytest.raises(ValueError, match="one entry per embedding: 3, not 1"):
        gallery.add(person, rows, 0.0, crops[:1])


def test_a_large_gallery_finds_by_its_index_what_the_product_finds(small_index):
    seen = people(40, 12, noise=0.6)
    gallery = Gallery(32)
    for rows in seen[:30]:
        gallery.open(rows[:10])
    gallery.nearest(seen[0, :1])  # builds the index, which from here on follows the changes
    for rows in seen[30:]:
        gallery.open(rows[:10])
    gallery.remove(3)
    gallery.add(5, seen[2, :10], 0.0)
    rows = np.concatenate([gallery.embeddings(person) for person in gallery.people.tolist()])
    owners = np.repeat(gallery.people, [len(gallery.embeddings(person)) for person in gallery.people.tolist()])
    views = seen[:, 10]
    found, distances = gallery.nearest(views)
    assert found[:, 0].tolist() == owners[(views @ rows.T).argmax(axis=1)].tolist()
    np.testing.assert_allclose(distances[:, 0], 1 - (views @ rows.T).max(axis=1), atol=1e-6)
    assert found[2, 0] == 5


def test_a_large_gallery_gives_the_distances_of_a_small_one_and_leaves_out_the_excluded(small_index, monkeypatch):
    seen, gallery = people(40, 12, noise=0.6), Gallery(32)
    for rows in seen:
        gallery.open(rows[:8])
    sets = [seen[0, 8:], seen[7, 8:]]
    numbers, distances = gallery.distances(sets, excluded=[1])
    monkeypatch.setattr(exemplars, "EXACT", 10_000)
    all_numbers, all_distances = gallery.distances(sets, excluded=[1])
    assert 1 not in numbers
    assert 8 in numbers
    np.testing.assert_allclose(distances, all_distances[:, np.isin(all_numbers, numbers)], atol=1e-6)


def test_without_faiss_a_large_gallery_is_searched_exactly_and_says_once_what_to_install(monkeypatch, caplog):
    monkeypatch.setattr(exemplars, "EXACT", 5)
    monkeypatch.setattr(exemplars, "is_installed", lambda: False)
    gallery, seen = Gallery(32), people(4, 3)
    for rows in seen:
        gallery.open(rows)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert gallery.nearest(seen[2, :1])[0].tolist() == [[3]]
    assert [record.message for record in caplog.records] == [
        "over 5 exemplars are searched exhaustively: pip install 'mtmc[faiss]' to search them with an index"
    ]
