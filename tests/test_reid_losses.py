"""The losses against slow references written from the formulas."""

import math

import pytest
import torch

from reid.losses import identity_loss, pairwise_distances, soft_triplet_loss


def test_identity_loss_is_equation_3_of_bag_of_tricks():
    logits, labels, smoothing, classes = torch.randn(4, 6), torch.tensor([0, 2, 5, 2]), 0.1, 6
    expected = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        normaliser = math.log(sum(math.exp(value) for value in row))
        for index, value in enumerate(row):
            q = 1 - (classes - 1) / classes * smoothing if index == label else smoothing / classes
            expected -= q * (value - normaliser) / 4
    assert identity_loss(logits, labels, smoothing).item() == pytest.approx(expected, rel=1e-5)


def slow_soft_triplet(features: list[list[float]], labels: list[int]) -> float:
    losses = []
    for a, anchor in enumerate(features):
        positives = [math.dist(anchor, f) for i, f in enumerate(features) if labels[i] == labels[a] and i != a]
        negatives = [math.dist(anchor, f) for i, f in enumerate(features) if labels[i] != labels[a]]
        if not positives or not negatives:
            continue
        far = sum(d * math.exp(d) for d in positives) / sum(math.exp(d) for d in positives)
        near = sum(d * math.exp(-d) for d in negatives) / sum(math.exp(-d) for d in negatives)
        losses.append(math.log1p(math.exp(far - near)))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 2, 2]])
def test_soft_triplet_loss_is_equations_4_and_5_of_robust_reid(labels):
    features = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    assert soft_triplet_loss(features, torch.tensor(labels)).item() == pytest.approx(
        slow_soft_triplet(features.tolist(), labels), rel=1e-4
    )


@pytest.mark.parametrize("labels", [[3, 3, 3], [0, 1, 2]])
def test_a_batch_without_triplets_costs_nothing_and_can_be_differentiated(labels):
    features = torch.randn(3, 4, requires_grad=True)
    loss = soft_triplet_loss(features, torch.tensor(labels))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(features.grad, torch.zeros(3, 4))


def test_equal_features_have_finite_gradients():
    features = torch.ones(4, 3, requires_grad=True)
    soft_triplet_loss(features, torch.tensor([0, 0, 1, 1])).backward()
    assert torch.isfinite(features.grad).all()


def test_half_precision_features_give_the_loss_of_single_precision():
    features = torch.nn.functional.normalize(torch.randn(8, 16))
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    assert soft_triplet_loss(features.half(), labels).item() == pytest.approx(
        soft_triplet_loss(features, labels).item(), rel=1e-2
    )


def test_pairwise_distances_are_euclidean():
    features = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    assert torch.allclose(pairwise_distances(features), torch.tensor([[0.0, 5.0], [5.0, 0.0]]), atol=1e-5)
