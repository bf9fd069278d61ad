"""The clustering ratio and the spread of feature norms, against known answers and the definition by pairs."""

from itertools import combinations

import numpy as np
import pytest

from reid.common.errors import InputError
from reid.evaluation import clustering
from reid.evaluation.clustering import measure_clustering


def test_two_pairs_on_a_rectangle_have_the_ratio_of_its_sides():
    found = measure_clustering(np.array([[0.0, 3], [0, 4], [12, 3], [12, 4]]), [1, 1, 2, 2])
    assert found.ratio == pytest.approx(1 / ((12 + np.hypot(12, 1)) / 2))


def test_norms_have_the_mean_deviation_and_variation_worked_out_by_hand():
    found = measure_clustering(np.array([[3.0, 4], [0, 5], [5, 12], [13, 0]]), [1, 1, 2, 2])
    assert (found.norm_mean, found.norm_deviation, found.norm_variation) == pytest.approx((9, 4, 4 / 9))


@pytest.mark.parametrize(("kind", "tolerance"), [(np.float64, 1e-9), (np.float32, 1e-4)])
def test_blocks_of_distances_give_the_mean_over_all_pairs(monkeypatch, kind, tolerance):
    monkeypatch.setattr(clustering, "BLOCK", 7)
    random = np.random.default_rng(0)
    features, ids = random.normal(2, 3, (40, 6)), random.integers(0, 6, 40)
    same, other = [], []
    for one, two in combinations(range(40), 2):
        (same if ids[one] == ids[two] else other).append(np.linalg.norm(features[one] - features[two]))
    assert measure_clustering(features.astype(kind), ids).ratio == pytest.approx(np.mean(same) / np.mean(other), rel=tolerance)


@pytest.mark.parametrize("ids", [[1, 2, 3], [4, 4, 4]], ids=["everyone once", "one person"])
def test_data_without_pairs_to_compare_is_told(ids):
    with pytest.raises(InputError, match="two people, and two images"):
        measure_clustering(np.eye(3), ids)


def test_features_that_are_all_one_point_have_no_ratio_and_zeros_no_variation():
    found = measure_clustering(np.full((4, 3), 2.0), [1, 1, 2, 2])
    assert np.isnan(found.ratio) and found.norm_variation == 0
    assert np.isnan(measure_clustering(np.zeros((4, 3)), [1, 1, 2, 2]).norm_variation)


def test_the_ratio_of_long_features_that_stand_close_is_that_of_double_precision():
    features, ids = 1 + 1e-4 * np.random.default_rng(0).normal(size=(40, 512)), np.arange(40) // 2
    features[1::2] = (features[::2] + features[1::2]) / 2
    assert measure_clustering(features.astype(np.float32), ids).ratio == pytest.approx(
        measure_clustering(features, ids).ratio, rel=1e-3
    )
