"""Distributed training with `torchrun`: ranks, shares of a batch, and reductions.

Every process holds the whole network and a share of each batch's identities. Features and logits are gathered, so every process
computes the losses of the whole batch, triplets across shares included, with the gradient of its own rows; summed over the
processes, these equal the gradient of one process on the whole batch.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from reid.common.errors import InputError

_PATIENCE = timedelta(hours=2)  # the other processes wait while the first one evaluates


@contextmanager
def joined(device: str) -> Iterator[str]:
    """Join the processes started by torchrun, with NCCL on CUDA and gloo on a CPU; yields the device of this process."""
    if "WORLD_SIZE" not in os.environ or dist.is_initialized():
        yield device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo", timeout=_PATIENCE)
    try:
        yield device
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0; the first one writes all files."""
    return dist.get_rank() if dist.is_initialized() else 0


def count() -> int:
    """The number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def check_share(key: str, rows: int) -> None:
    """Raise InputError unless `rows` per batch, from the recipe's `key`, divide evenly among the processes."""
    if rows % count():
        raise InputError(f"{key}: {rows} cannot be shared by {count()} processes")


def own_rows(*parts: int) -> np.ndarray:
    """This process's rows of a batch: an equal share of each of its `parts`, given as numbers of rows."""
    starts, shares = np.cumsum([0, *parts[:-1]]), [part // count() for part in parts]
    return np.concatenate([start + rank() * share + np.arange(share) for start, share in zip(starts, shares, strict=True)])


def gathered_rows(*parts: int, of: int = 0) -> np.ndarray:
    """The rows of one of a batch's `parts`, numbered from 0, after `gather`, if each process had its `own_rows`."""
    shares = [part // count() for part in parts]
    return (np.arange(count())[:, None] * sum(shares) + sum(shares[:of]) + np.arange(shares[of])).ravel()


@contextmanager
def first_alone() -> Iterator[None]:
    """Run the block in the first process before the others, so they find its results in the cache.

    If it fails, the others proceed, and fail by themselves.
    """
    if count() > 1 and rank():
        dist.barrier()
    try:
        yield
    finally:
        if count() > 1 and not rank():
            dist.barrier()


def share(network: nn.Module) -> nn.Module:
    """Broadcast the first process's parameters and statistics to all; returns the network, modified in place."""
    if count() > 1:
        for tensor in network.state_dict().values():
            dist.broadcast(tensor, 0)
    return network


def gather(rows: torch.Tensor) -> torch.Tensor:
    """The rows `(B, ...)` of all processes, `(count * B, ...)`, in order; only the process's own rows carry a gradient."""
    if count() == 1:
        return rows
    # An exchange copies memory as it lies: maps with channels last would arrive in another order.
    parts = [torch.empty_like(rows, memory_format=torch.contiguous_format) for _ in range(count())]
    dist.all_gather(parts, rows.detach().contiguous())
    parts[rank()] = rows
    return torch.cat(parts)


def sum_gradients(network: nn.Module) -> None:
    """Replace each gradient by its sum over the processes, in one exchange for all of them."""
    if count() == 1:
        return
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    for gradient, part in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
