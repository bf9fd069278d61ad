"""The losses against slow references written from the formulas."""

import math

import pytest
import torch

from reid.losses import (
    center_loss,
    hard_triplet_loss,
    identity_loss,
    pairwise_distances,
    parsing_loss,
    soft_triplet_loss,
    triplet_loss,
)
from reid.training.centers import Centers

TRIPLET_LOSSES = [triplet_loss, hard_triplet_loss, soft_triplet_loss]
LABELS = [[0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 2, 2]]


def test_identity_loss_is_equation_3_of_bag_of_tricks():
    logits, labels, smoothing, classes = torch.randn(4, 6), torch.tensor([0, 2, 5, 2]), 0.1, 6
    expected = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        normaliser = math.log(sum(math.exp(value) for value in row))
        for index, value in enumerate(row):
            q = 1 - (classes - 1) / classes * smoothing if index == label else smoothing / classes
            expected -= q * (value - normaliser) / 4
    assert identity_loss(logits, labels, smoothing).item() == pytest.approx(expected, rel=1e-5)


def slow_hinge(value: float, margin: float | None) -> float:
    return math.log1p(math.exp(value)) if margin is None else max(value + margin, 0)


def distances_of_anchors(features: list[list[float]], labels: list[int]):
    """Distances to the positives and to the negatives of each anchor that has both."""
    for a, anchor in enumerate(features):
        positives = [math.dist(anchor, f) for i, f in enumerate(features) if labels[i] == labels[a] and i != a]
        negatives = [math.dist(anchor, f) for i, f in enumerate(features) if labels[i] != labels[a]]
        if positives and negatives:
            yield positives, negatives


def slow_triplet(features, labels, margin):
    anchors = distances_of_anchors(features, labels)
    losses = [slow_hinge(p - n, margin) for positives, negatives in anchors for p in positives for n in negatives]
    return sum(losses) / len(losses)


def slow_hard_triplet(features, labels, margin):
    anchors = distances_of_anchors(features, labels)
    losses = [slow_hinge(max(positives) - min(negatives), margin) for positives, negatives in anchors]
    return sum(losses) / len(losses)


def slow_soft_triplet(features, labels, margin):
    losses = []
    for positives, negatives in distances_of_anchors(features, labels):
        far = sum(d * math.exp(d) for d in positives) / sum(math.exp(d) for d in positives)
        near = sum(d * math.exp(-d) for d in negatives) / sum(math.exp(-d) for d in negatives)
        losses.append(slow_hinge(far - near, margin))
    return sum(losses) / len(losses)


def test_parsing_loss_is_the_mean_over_the_pixels_that_count():
    logits, masks = torch.randn(2, 3, 4, 2), torch.randint(0, 3, (2, 4, 2), dtype=torch.uint8)
    masks[0, 1:3] = 255
    shares = logits.log_softmax(1)
    counted = [(b, y, x) for b in range(2) for y in range(4) for x in range(2) if masks[b, y, x] != 255]
    expected = -sum(float(shares[b, int(masks[b, y, x]), y, x]) for b, y, x in counted) / len(counted)
    assert float(parsing_loss(logits, masks, 255)) == pytest.approx(expected, rel=1e-5)


def test_masks_of_which_no_pixel_counts_teach_nothing():
    logits = torch.randn(2, 3, 4, 2, requires_grad=True)
    loss = parsing_loss(logits, torch.full((2, 8, 4), 255, dtype=torch.uint8), 255)
    loss.backward()
    assert loss == 0 and not logits.grad.any()


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("margin", [None, 0.3, 2.0])
@pytest.mark.parametrize(
    ("loss", "slow"),
    [(triplet_loss, slow_triplet), (hard_triplet_loss, slow_hard_triplet), (soft_triplet_loss, slow_soft_triplet)],
    ids=["all triplets", "batch-hard", "batch-soft"],
)
def test_a_triplet_loss_is_its_formula(loss, slow, margin, labels):
    features = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    assert loss(features, torch.tensor(labels), margin).item() == pytest.approx(slow(features.tolist(), labels, margin), rel=1e-4)


def test_margins_are_those_of_the_papers_unless_told_otherwise():
    features, labels = torch.randn(6, 4, generator=torch.Generator().manual_seed(1)), torch.tensor(LABELS[0])
    assert triplet_loss(features, labels) == triplet_loss(features, labels, 0.3)
    assert hard_triplet_loss(features, labels) == hard_triplet_loss(features, labels, 0.3)
    assert soft_triplet_loss(features, labels) == soft_triplet_loss(features, labels, None)


@pytest.mark.parametrize("loss", TRIPLET_LOSSES)
@pytest.mark.parametrize("labels", [[3, 3, 3], [0, 1, 2]])
def test_a_batch_without_triplets_costs_nothing_and_can_be_differentiated(loss, labels):
    features = torch.randn(3, 4, requires_grad=True)
    value = loss(features, torch.tensor(labels))
    value.backward()
    assert value.item() == 0
    assert torch.equal(features.grad, torch.zeros(3, 4))


@pytest.mark.parametrize("loss", TRIPLET_LOSSES)
def test_equal_features_have_finite_gradients(loss):
    features = torch.ones(4, 3, requires_grad=True)
    loss(features, torch.tensor([0, 0, 1, 1])).backward()
    assert torch.isfinite(features.grad).all()


@pytest.mark.parametrize("loss", TRIPLET_LOSSES)
def test_half_precision_features_give_the_triplet_loss_of_single_precision(loss):
    features = torch.nn.functional.normalize(torch.randn(8, 16, generator=torch.Generator().manual_seed(2)))
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    assert loss(features.half(), labels).item() == pytest.approx(loss(features, labels).item(), rel=1e-2)


def test_half_precision_logits_give_the_identity_loss_of_single_precision():
    logits, labels = torch.randn(4, 6, generator=torch.Generator().manual_seed(3)), torch.tensor([0, 2, 5, 2])
    assert identity_loss(logits.half(), labels).item() == pytest.approx(identity_loss(logits, labels).item(), rel=1e-2)


def test_center_loss_is_equation_5_of_bag_of_tricks_and_can_be_averaged():
    features, centers, labels = torch.randn(5, 3), torch.randn(4, 3), [0, 2, 2, 3, 0]
    slow = sum(math.dist(f, centers[label].tolist()) ** 2 for f, label in zip(features.tolist(), labels, strict=True)) / 2
    assert center_loss(features, torch.tensor(labels), centers).item() == pytest.approx(slow, rel=1e-5)
    assert center_loss(features, torch.tensor(labels), centers, average=True).item() == pytest.approx(slow / 5, rel=1e-5)


def test_center_loss_of_half_precision_features_does_not_overflow():
    features, centers = torch.full((2, 2048), 10.0).half(), torch.zeros(1, 2048)
    assert center_loss(features, torch.tensor([0, 0]), centers).item() == pytest.approx(204800)


def test_centers_move_by_equation_4_of_wen_et_al_and_only_those_of_the_batch():
    centers = Centers(3, 2, learning_rate=0.5)
    before, features, labels = centers.values.detach().clone(), torch.randn(3, 2), torch.tensor([0, 0, 2])
    centers.step(features, labels)
    first = before[0] - 0.5 * (2 * before[0] - features[0] - features[1]) / 3
    third = before[2] - 0.5 * (before[2] - features[2]) / 2
    assert torch.allclose(centers.values.detach(), torch.stack([first, before[1], third]), atol=1e-6)


def test_a_feature_that_has_overflowed_moves_no_center():
    centers = Centers(2, 2)
    before = centers.values.detach().clone()
    centers.step(torch.tensor([[torch.inf, 1.0], [0.0, 0.0]]), torch.tensor([0, 1]))
    assert torch.equal(centers.values[0], before[0])
    assert torch.allclose(centers.values[1], 0.75 * before[1])


def test_centers_get_no_gradient_of_the_loss_and_features_do():
    centers, features = Centers(2, 3), torch.randn(2, 3, requires_grad=True)
    centers.loss(features, torch.tensor([0, 1])).backward()
    assert centers.values.grad is None
    assert torch.allclose(features.grad, features.detach() - centers.values.detach())


def test_centers_go_on_from_their_state():
    centers, features, labels = Centers(2, 3), torch.randn(2, 3), torch.tensor([0, 1])
    centers.step(features, labels)
    restored = Centers(2, 3)
    restored.load_state_dict(centers.state_dict())
    centers.step(features, labels)
    restored.step(features, labels)
    assert torch.equal(centers.values, restored.values)


def test_pairwise_distances_are_euclidean():
    features = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    assert torch.allclose(pairwise_distances(features), torch.tensor([[0.0, 5.0], [5.0, 0.0]]), atol=1e-5)


def test_features_that_are_long_and_stand_close_have_the_distances_and_gradients_of_double_precision():
    features = 1 + 1e-4 * torch.randn(16, 2048, generator=torch.Generator().manual_seed(0))
    labels, found = torch.arange(4).repeat_interleave(4), []
    same = labels[:, None] == labels
    for dtype in (torch.float32, torch.float64):
        leaf = features.detach().to(dtype).requires_grad_()
        distances = pairwise_distances(leaf)
        (distances.masked_fill(~same, 0).amax(1) - distances.masked_fill(same, torch.inf).amin(1)).sum().backward()
        found.append((distances.double(), leaf.grad.double()))
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-3, atol=1e-5)
    assert torch.cosine_similarity(found[0][1].flatten(), found[1][1].flatten(), 0) > 0.999
