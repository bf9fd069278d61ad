"""k-reciprocal re-ranking against the plain dense definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid.common.errors import InputError
from reid.evaluation import reranking
from reid.evaluation.reranking import rerank


def by_definition(query, gallery, k1, k2, original_share):
    """The slow definition: dense matrices, an image at a time, the sets as the paper writes them."""
    embeddings = np.concatenate([query, gallery])
    images = range(len(embeddings))
    distances = ((embeddings[:, None] - embeddings[None]) ** 2).sum(axis=2)
    distances /= np.maximum(distances.max(axis=1, keepdims=True), 1e-12)
    order = np.argsort(np.where(np.eye(len(embeddings)), -1, distances.round(12)), axis=1, kind="stable")

    def reciprocal(image, count):
        return {other for other in order[image, : count + 1] if image in order[other, : count + 1]}

    vectors = np.zeros_like(distances)
    for image in images:
        near = reciprocal(image, k1)
        added = [reciprocal(other, int(np.around(k1 / 2))) for other in near]
        expanded = sorted(near.union(*(half for half in added if len(near & half) > 2 / 3 * len(half))))
        weights = np.exp(-distances[image, expanded])
        vectors[image, expanded] = weights / weights.sum()
    vectors = np.array([vectors[order[image, :k2]].mean(axis=0) for image in images])
    of_queries, of_gallery = vectors[: len(query), None], vectors[None, len(query) :]
    jaccard = 1 - np.minimum(of_queries, of_gallery).sum(axis=2) / np.maximum(of_queries, of_gallery).sum(axis=2)
    return (1 - original_share) * jaccard + original_share * distances[: len(query), len(query) :]


def people(random, queries, gallery, identities, dimension=8):
    """Unit rows that stand in groups."""
    centres = random.normal(size=(identities, dimension))
    rows = centres[random.integers(0, identities, queries + gallery)] + 0.7 * random.normal(size=(queries + gallery, dimension))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[:queries], rows[queries:]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 70), st.integers(1, 24), st.integers(1, 8))
def test_sparse_vectors_give_what_the_dense_definition_gives(seed, queries, gallery, k1, k2):
    query, gallery = people(np.random.default_rng(seed), queries, gallery, 5)
    np.testing.assert_allclose(rerank(query, gallery, k1, k2, 0.3), by_definition(query, gallery, k1, k2, 0.3), atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 70), st.integers(1, 24))
def test_equal_pictures_are_neighbours_in_their_order(seed, queries, gallery, k1):
    corners = np.random.default_rng(seed).choice([-0.5, 0.5], (queries + gallery, 4))
    query, gallery = corners[:queries], corners[queries:]
    np.testing.assert_allclose(rerank(query, gallery, k1, 3), by_definition(query, gallery, k1, 3, 0.3), atol=1e-6)


def test_more_images_than_a_block_agree_in_float32(monkeypatch):
    monkeypatch.setattr(reranking, "BLOCK", 50)
    monkeypatch.setattr(reranking, "PAIRS", 70)
    query, gallery = people(np.random.default_rng(1), 60, 340, 30, 32)
    found = rerank(query.astype(np.float32), gallery.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_definition(query, gallery, 20, 6, 0.3), atol=2e-6)


def test_the_whole_share_for_the_original_distance_keeps_its_order():
    query, gallery = people(np.random.default_rng(2), 5, 60, 6)
    kept = rerank(query, gallery, original_share=1)
    np.testing.assert_array_equal(np.argsort(kept, axis=1), np.argsort(1 - query @ gallery.T, axis=1))


def test_a_picture_that_shares_neighbours_overtakes_a_nearer_one_that_shares_none():
    angles = np.radians([0, 10, 20, 30, -28, -29, -29.5, -30])  # a chain from the query; a group of its own
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    query, gallery = rows[:1], rows[1:]
    before, after = 1 - query @ gallery.T, rerank(query, gallery, k1=3, k2=1)
    chain_end, other_group = 2, 3
    assert before[0, chain_end] > before[0, other_group]
    assert after[0, chain_end] < after[0, other_group]


def test_an_embedding_that_is_not_a_number_is_told():
    with pytest.raises(InputError, match="not a finite number"):
        rerank(np.array([[1.0, 0.0]]), np.array([[np.nan, 0.0]]))
