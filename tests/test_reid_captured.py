"""A training pass that is captured on CUDA gives what the network gives, and is the network itself elsewhere."""

import copy

import pytest
import torch
from small_network import Small
from torch import nn

from reid.training.captured import CapturedPass


class TwoHeads(nn.Module):
    """A head for the metric losses alone, and one for the ID loss alone."""

    def __init__(self):
        super().__init__()
        self.small = Small(5)

    def forward(self, images):
        ((features, logits),) = self.small(images)
        return [(features, None), (None, logits)]


def test_on_a_cpu_the_network_is_called_and_missing_heads_stay_missing():
    network = TwoHeads().train()
    first, second = CapturedPass(network)(torch.randn(4, 3, 32, 16))
    assert (first[0].shape, first[1]) == ((4, 8), None)
    assert (second[0], second[1].shape) == (None, (4, 5))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_replayed_passes_teach_what_called_ones_do_at_each_size_of_a_batch():
    called = TwoHeads().cuda().train()
    captured = copy.deepcopy(called)
    run = CapturedPass(captured)
    for count in (4, 4, 6, 4):
        images = torch.randn(count, 3, 32, 16, device="cuda")
        for network, heads in ((called, called(images)), (captured, run(images))):
            network.zero_grad()
            sum(each.square().sum() for head in heads for each in head if each is not None).backward()
    for one, other in zip(called.parameters(), captured.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    for one, other in zip(called.buffers(), captured.buffers(), strict=True):
        torch.testing.assert_close(one, other)
