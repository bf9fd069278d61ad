"""A network's training pass as a CUDA graph: launching many small kernels takes longer than running them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from reid.training import processes

Heads = list[list[torch.Tensor | None]]


class CapturedPass:
    """Calls `network`, in training mode, on batches `(B, 3, H, W)`: heads as `reid.training.objective` takes them.

    On one CUDA device the pass and its gradient are captured at the first batch of each size and replayed for later ones;
    elsewhere, and if processes exchange statistics during the pass, the network is called directly. Autocast must be the same at
    every call as at the first, and must not cache weight casts.
    """

    def __init__(self, network: nn.Module):
        self._network = network
        self._shape, self._layout = torch.Size(), list[list[bool]]()
        self._replay: Callable[..., Any] | None = None

    def __call__(self, images: torch.Tensor) -> Heads:
        if images.device.type != "cuda" or processes.count() > 1:
            return [list(head) for head in self._network(images)]
        if self._replay is None or images.shape != self._shape:
            self._replay = None  # frees the memory of the previous size
            self._replay = self._capture(images)
        flat = iter(self._replay(images))
        return [[next(flat) if present else None for present in head] for head in self._layout]

    def _capture(self, images: torch.Tensor) -> Callable[..., Any]:
        before = [buffer.clone() for buffer in self._network.buffers()]
        with torch.no_grad():
            self._layout = [[each is not None for each in head] for head in self._network(images)]
        replay = torch.cuda.make_graphed_callables(_Flat(self._network).train(), (images,), allow_unused_input=True)
        self._shape = images.shape
        with torch.no_grad():  # the warm-up passes changed the batch-norm statistics
            for buffer, value in zip(self._network.buffers(), before, strict=True):
                buffer.copy_(value)
        return replay


class _Flat(nn.Module):
    """The network with its outputs in one tuple, since capturing replaces `forward`."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(each for head in self.network(images) for each in head if each is not None)
