"""CMC, mAP and mINP against known answers and against the definition by sorting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid.common.errors import InputError
from reid.evaluation import check_positives, evaluate_embeddings, evaluate_features, evaluate_ranking, evaluate_single_shot
from reid.evaluation.ranking import BLOCK, feature_distances


def by_sorting(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, max_rank):
    """The slow definition: sort the gallery stably, drop the junk, walk down the list."""
    curves, precisions, penalties = [], [], []
    for row, identity, camera in zip(distances, query_ids, query_cameras, strict=True):
        order = np.argsort(row, kind="stable")
        right = gallery_ids[order] == identity
        right = right[~(right & (gallery_cameras[order] == camera))]
        places = np.flatnonzero(right) + 1
        if not len(places):
            continue
        curves.append([places[0] <= rank for rank in range(1, max_rank + 1)])
        precisions.append(np.mean([np.sum(right[:place]) / place for place in places]))
        penalties.append(len(places) / places[-1])
    return np.mean(curves, axis=0), np.mean(precisions), np.mean(penalties)


def test_a_small_gallery_has_the_figures_worked_out_by_hand():
    distances = np.array([[0.1, 0.2, 0.3, 0.4]])
    ranking = evaluate_ranking(distances, [7], [5, 7, 6, 7], [1], [2, 2, 2, 3], max_rank=4)
    assert ranking.cmc.tolist() == [0, 1, 1, 1]
    assert ranking.mean_ap == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert ranking.mean_inp == pytest.approx(2 / 4)


def test_the_same_identity_in_the_same_camera_takes_no_rank():
    ranking = evaluate_ranking(np.array([[0.1, 0.2, 0.3]]), [7], [7, 7, 5], [1], [1, 2, 2], max_rank=3)
    assert ranking.cmc.tolist() == [1, 1, 1]
    assert ranking.mean_ap == 1


def test_a_query_without_a_positive_is_skipped():
    distances = np.array([[0.1, 0.2], [0.2, 0.1]])
    ranking = evaluate_ranking(distances, [7, 8], [7, 5], [1, 1], [2, 2], max_rank=1)
    assert ranking.queries == 1
    assert ranking.cmc.tolist() == [1]


def test_equal_distances_rank_in_gallery_order():
    same = np.zeros((1, 3))
    first = evaluate_ranking(same, [7], [7, 5, 6], [1], [2, 2, 2], max_rank=3)
    last = evaluate_ranking(same, [7], [5, 6, 7], [1], [2, 2, 2], max_rank=3)
    assert first.cmc.tolist() == [1, 1, 1]
    assert last.cmc.tolist() == [0, 0, 1]


def test_the_curve_keeps_its_length_when_the_gallery_is_shorter():
    ranking = evaluate_ranking(np.array([[0.1]]), [7], [7], [1], [2])
    assert ranking.cmc.tolist() == [1] * 50


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 2 * BLOCK + 3), st.integers(1, 40), st.integers(1, 6))
def test_counting_ranks_equals_sorting(seed, queries, gallery, levels):
    random = np.random.default_rng(seed)
    query_ids, gallery_ids = np.arange(queries) % 5, random.integers(0, 5, gallery)
    gallery_ids[0], query_cameras, gallery_cameras = 0, random.integers(0, 3, queries), random.integers(0, 3, gallery)
    query_cameras[0], gallery_cameras[0] = 0, 1
    distances = random.integers(0, levels, (queries, gallery)).astype(np.float32)
    labels = query_ids, gallery_ids, query_cameras, gallery_cameras
    ranking = evaluate_ranking(distances, *labels, max_rank=10)
    cmc, mean_ap, mean_inp = by_sorting(distances, *labels, 10)
    np.testing.assert_allclose(ranking.cmc, cmc)
    assert (ranking.mean_ap, ranking.mean_inp) == pytest.approx((mean_ap, mean_inp))


def test_embeddings_rank_as_their_matrix_of_cosine_distances():
    random = np.random.default_rng(3)
    query, gallery = (random.normal(size=(count, 16)).astype(np.float32) for count in (BLOCK + 9, 60))
    query, gallery = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (query, gallery))
    labels = [random.integers(0, high, count) for high, count in ((9, len(query)), (9, 60), (3, len(query)), (3, 60))]
    in_blocks, at_once = evaluate_embeddings(query, gallery, *labels), evaluate_ranking(1 - query @ gallery.T, *labels)
    np.testing.assert_allclose(in_blocks.cmc, at_once.cmc)
    assert in_blocks.mean_ap == pytest.approx(at_once.mean_ap)


def test_a_single_shot_gallery_holds_each_identity_once():
    ids, cameras = [5, 5, 5, 5, 7], [2, 2, 2, 2, 2]
    ranking = evaluate_single_shot([[0.1, 0.1, 0.1, 0.1, 0.2]], [7], ids, [1], cameras, max_rank=3)
    assert ranking.cmc.tolist() == [0, 1, 1]
    assert (ranking.mean_ap, ranking.mean_inp) == (0.5, 0.5)


def test_single_shot_galleries_are_drawn_evenly_and_averaged():
    distances, ids = [[0.1, 0.9, 0.9, 0.9, 0.5]], [5, 5, 5, 5, 7]
    ranking = evaluate_single_shot(distances, [7], ids, [1], [2] * 5, repeats=4000)
    assert ranking.cmc[0] == pytest.approx(3 / 4, abs=0.03)
    assert ranking.mean_ap == pytest.approx(3 / 4 + 1 / 4 / 2, abs=0.02)


def test_the_positive_of_a_single_shot_comes_from_another_camera():
    distances, ids, cameras = [[0.1, 0.1, 0.1, 0.3, 0.2]], [7, 7, 7, 7, 5], [1, 1, 1, 2, 2]
    assert evaluate_single_shot(distances, [7], ids, [1], cameras, max_rank=2).cmc.tolist() == [0, 1]


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 12), st.integers(1, 5))
def test_with_one_image_an_identity_the_single_shot_rule_changes_nothing(seed, queries, gallery, levels):
    random = np.random.default_rng(seed)
    labels = [random.integers(0, gallery, queries), random.permutation(gallery), np.ones(queries), np.full(gallery, 2)]
    distances = random.integers(0, levels, (queries, gallery))
    single, whole = evaluate_single_shot(distances, *labels, repeats=3), evaluate_ranking(distances, *labels)
    np.testing.assert_allclose(single.cmc, whole.cmc)
    assert (single.mean_ap, single.mean_inp, single.queries) == pytest.approx((whole.mean_ap, whole.mean_inp, whole.queries))


def test_a_seed_draws_the_same_galleries_again():
    random = np.random.default_rng(4)
    labels = [random.integers(0, 4, 6), np.arange(40) % 4, np.ones(6), np.full(40, 2)]
    distances = random.random((6, 40))
    first, again, other = (evaluate_single_shot(distances, *labels, seed=seed).mean_ap for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("evaluate", [evaluate_ranking, evaluate_single_shot])
@pytest.mark.parametrize(
    ("distances", "gallery_ids", "sentence"),
    [
        pytest.param([[0.1, np.nan]], [7, 5], "not a number", id="a distance that is not a number"),
        pytest.param([[0.1, 0.2]], [5, 6], "no query has an image", id="no positive for any query"),
    ],
)
def test_what_cannot_be_ranked_is_said_in_one_sentence(evaluate, distances, gallery_ids, sentence):
    with pytest.raises(InputError, match=sentence):
        evaluate(np.array(distances), [7], gallery_ids, [1], [2, 2])


def test_a_matrix_of_another_shape_than_its_labels_is_refused():
    with pytest.raises(ValueError, match="1 queries and 3 gallery"):
        evaluate_ranking(np.zeros((1, 2)), [7], [7, 7, 7], [1], [2, 2, 2])


LABELS = np.array([7]), np.array([7, 8]), np.array([1]), np.array([2, 2])


def test_euclidean_ranks_by_length_too_and_cosine_does_not():
    features = np.array([[1.0, 0.0]]), np.array([[5.0, 0.0], [0.9, 0.5]])
    found = {kind: evaluate_features(*features, *LABELS, kind).cmc[0] for kind in ("cosine", "euclidean")}
    assert found == {"cosine": 1.0, "euclidean": 0.0}


def test_features_of_zeros_are_ranked_as_equally_far_from_everybody():
    assert evaluate_features(np.zeros((1, 2)), np.array([[0.0, 0.0], [1.0, 0.0]]), *LABELS).cmc[0] == 1.0


def test_euclidean_distances_of_long_features_that_stand_close_are_those_of_double_precision():
    random = np.random.default_rng(0)
    query, gallery = (1 + 1e-3 * random.normal(size=(count, 2048)) for count in (3, 5))
    exact = np.square(query[:, None] - gallery).sum(2)
    found = feature_distances(query.astype(np.float32), gallery.astype(np.float32), "euclidean")
    np.testing.assert_allclose(found, exact, rtol=1e-3)


def test_positives_are_looked_for_without_distances():
    check_positives(*LABELS)
    for ids, cameras in ((np.array([8, 8]), LABELS[3]), (LABELS[1], np.array([1, 2]))):
        with pytest.raises(InputError, match="no query has an image"):
            check_positives(LABELS[0], ids, LABELS[2], cameras)
