"""torchvision can be imported, and suppresses boxes, whatever torch build stands beside it."""

import numpy as np
import pytest
import torch

from reid.operators import non_maximum_suppression, torchvision


def by_definition(boxes, scores, iou_threshold):
    """Greedy suppression written from its definition, one pair at a time."""
    kept = []
    for index in np.argsort(-scores, kind="stable"):
        left_top, right_bottom = np.maximum(boxes[index, :2], boxes[kept, :2]), np.minimum(boxes[index, 2:], boxes[kept, 2:])
        overlap = np.prod(np.clip(right_bottom - left_top, 0, None), axis=1)
        union = np.prod(boxes[index, 2:] - boxes[index, :2]) + np.prod(boxes[kept, 2:] - boxes[kept, :2], axis=1) - overlap
        if not (overlap > iou_threshold * union).any():
            kept.append(int(index))
    return kept


def test_torchvision_suppresses_the_weaker_of_two_overlapping_boxes():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [50, 50, 60, 60]])
    assert torchvision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.3]), 0.5).tolist() == [1, 2]


def test_torchvision_builds_a_backbone():
    assert torchvision.models.resnet18().fc.out_features == 1000


@pytest.mark.parametrize("iou_threshold", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("kernel", [non_maximum_suppression, torchvision.ops.nms])
def test_suppression_follows_its_definition(kernel, iou_threshold):
    random = np.random.default_rng(0)
    corners = random.uniform(0, 60, (80, 2))
    boxes = np.concatenate([corners, corners + random.uniform(5, 40, (80, 2))], 1).astype(np.float32)
    scores = random.permutation(80).astype(np.float32)
    kept = kernel(torch.from_numpy(boxes), torch.from_numpy(scores), iou_threshold)
    assert kept.tolist() == by_definition(boxes, scores, iou_threshold)


def test_no_boxes_leave_no_indices():
    kept = non_maximum_suppression(torch.zeros(0, 4), torch.zeros(0), 0.5)
    assert kept.tolist() == []
    assert kept.dtype == torch.long
