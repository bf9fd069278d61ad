"""Aligned stripes: the shortest path, the distances of whole galleries, and their triplet loss, beside slow definitions."""

import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from test_reid_losses import LABELS, slow_hinge

from reid import models
from reid.common.errors import InputError
from reid.evaluation import aligned
from reid.evaluation.aligned import aligned_distances, embed_stripes
from reid.losses import aligned_triplet_loss, local_distances, shortest_path
from reid.preprocessing import Preprocessing


def least_sum(costs, row=0, column=0):
    """The least sum over all paths right and down, each tried."""
    rows, columns = costs.shape
    if (row, column) == (rows - 1, columns - 1):
        return costs[row, column]
    down = [least_sum(costs, row + 1, column)] if row + 1 < rows else []
    right = [least_sum(costs, row, column + 1)] if column + 1 < columns else []
    return costs[row, column] + min(down + right)


def slow_distance(first, second):
    """Of two images' stripes `(S, d)`, from the formula."""
    pairs = [[math.dist(one, other) for other in second.tolist()] for one in first.tolist()]
    costs = [[(math.exp(d) - 1) / (math.exp(d) + 1) for d in row] for row in pairs]
    return least_sum(np.array(costs))


def stripes(count, seed=0, parts=4, width=3):
    drawn = np.random.default_rng(seed).normal(size=(count, parts, width)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=2, keepdims=True)


@settings(deadline=None)
@given(arrays(np.float64, st.integers(1, 5).map(lambda side: (2, side, side)), elements=st.floats(0, 1)))
def test_the_shortest_path_is_the_best_of_all_paths(costs):
    found = shortest_path(torch.from_numpy(costs))
    np.testing.assert_allclose(found, [least_sum(each) for each in costs], atol=1e-12)


def test_the_shortest_path_may_leave_the_diagonal():
    costs = torch.tensor([[[0.0, 0, 9], [9, 0, 9], [9, 0, 0]], [[0.0, 9, 9], [0, 0, 0], [9, 9, 0]]])
    assert shortest_path(costs).tolist() == [0, 0]


def test_local_distances_of_a_gallery_are_their_formula_in_blocks_of_any_size(monkeypatch):
    query, gallery = stripes(5), stripes(4, 1)
    slow = [[slow_distance(one, other) for other in gallery] for one in query]
    for block in (1, 2, 16):
        monkeypatch.setattr(aligned, "BLOCK", block)
        np.testing.assert_allclose(aligned.local_distances(query, gallery), slow, rtol=1e-5)


def test_local_distances_in_training_are_those_of_a_gallery():
    first, second = stripes(6), stripes(6, 1)
    pairs = local_distances(torch.from_numpy(first), torch.from_numpy(second))
    np.testing.assert_allclose(pairs, aligned.local_distances(first, second).diagonal(), rtol=1e-5)


def test_a_person_who_stands_one_stripe_lower_meets_their_own_stripes():
    first, lower = np.eye(5, dtype=np.float32)[None, 1:], np.eye(5, dtype=np.float32)[None, :4]
    # The path beside the diagonal meets three pairs of equal stripes, and strangers before, between and after them.
    strangers = math.tanh(math.sqrt(2) / 2)
    assert aligned.local_distances(first, lower)[0, 0] == pytest.approx(4 * strangers, rel=1e-5)
    assert slow_distance(first[0], lower[0]) == pytest.approx(4 * strangers, rel=1e-5)


def test_long_features_do_not_overflow():
    far = 1e6 * stripes(2)
    assert aligned.local_distances(far, -far)[0, 0] == pytest.approx(2 * 4 - 1)
    assert local_distances(torch.from_numpy(far), torch.from_numpy(-far)).tolist() == pytest.approx([7, 7])


def test_the_aligned_distance_adds_the_squared_distance_of_unit_features():
    random = np.random.default_rng(2)
    query, gallery = (random.normal(size=(count, 6)).astype(np.float32) for count in (3, 4))
    found = aligned_distances(query, gallery, stripes(3), stripes(4, 1))
    for i, one in enumerate(query):
        for j, other in enumerate(gallery):
            whole = np.square(one / np.linalg.norm(one) - other / np.linalg.norm(other)).sum()
            assert found[i, j] == pytest.approx(whole + slow_distance(stripes(3)[i], stripes(4, 1)[j]), rel=1e-4)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("margin", [None, 0.3, 2.0])
def test_the_aligned_triplet_loss_compares_the_stripes_of_pairs_that_the_features_select(labels, margin):
    features = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    parts, losses = torch.from_numpy(stripes(6)), []
    for anchor, label in enumerate(labels):
        apart = [math.dist(features[anchor].tolist(), other.tolist()) for other in features]
        positives = [other for other in range(6) if labels[other] == label and other != anchor]
        negatives = [other for other in range(6) if labels[other] != label]
        if positives and negatives:
            farthest, nearest = max(positives, key=apart.__getitem__), min(negatives, key=apart.__getitem__)
            gap = slow_distance(parts[anchor], parts[farthest]) - slow_distance(parts[anchor], parts[nearest])
            losses.append(slow_hinge(gap, margin))
    loss = aligned_triplet_loss(features, parts, torch.tensor(labels), margin)
    assert loss.item() == pytest.approx(sum(losses) / len(losses), rel=1e-4)


def test_the_aligned_triplet_loss_teaches_the_stripes_and_not_the_features():
    features, parts = torch.randn(6, 4, requires_grad=True), torch.from_numpy(stripes(6)).requires_grad_()
    aligned_triplet_loss(features, parts, torch.tensor(LABELS[0]), None).backward()
    assert features.grad is None
    assert parts.grad.abs().sum() > 0


@pytest.mark.parametrize("labels", [[3, 3, 3], [0, 1, 2]])
def test_a_batch_without_triplets_costs_nothing(labels):
    parts = torch.from_numpy(stripes(3)).requires_grad_()
    value = aligned_triplet_loss(torch.randn(3, 4), parts, torch.tensor(labels))
    value.backward()
    assert value.item() == 0
    assert not parts.grad.any()


def test_equal_stripes_have_finite_gradients():
    parts = torch.ones(4, 3, 2, requires_grad=True)
    aligned_triplet_loss(torch.ones(4, 3), parts, torch.tensor([0, 0, 1, 1])).backward()
    assert parts.grad.isfinite().all()


@pytest.fixture
def pictures(tmp_path):
    paths = [tmp_path / f"{index}.png" for index in range(3)]
    for index, path in enumerate(paths):
        cv2.imwrite(str(path), np.random.default_rng(index).integers(0, 256, (64, 32, 3), np.uint8))
    return paths


def test_descriptors_and_stripes_of_pictures_are_those_of_the_network(pictures):
    network = models.build("alignedreid", backbone="resnet18").eval()
    network.preprocessing = Preprocessing(64, 32)
    rows, parts = embed_stripes(network, pictures, "cpu")
    with torch.no_grad():
        whole, local = network.with_stripes(torch.from_numpy(network.preprocessing([cv2.imread(str(path)) for path in pictures])))
    np.testing.assert_allclose(rows, whole, atol=1e-6)
    np.testing.assert_allclose(parts, local, atol=1e-6)
    assert (rows.shape, parts.shape) == ((3, 512), (3, 8, 128))


def test_a_network_without_stripes_is_refused(pictures):
    network = models.build("bnneck_resnet18").eval()
    with pytest.raises(InputError, match="aligned distances need a network with stripes, alignedreid; this one is a BNNeck"):
        embed_stripes(network, pictures, "cpu")
