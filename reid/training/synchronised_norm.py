"""Batch normalisation over the batches of all processes, equivalent to one process."""

import torch
import torch.distributed as dist
from torch import nn

from reid.training import processes


def synchronise_norms(network: nn.Module) -> nn.Module:
    """Replace every batch normalisation of `network` by a `SynchronisedNorm`, in place; returns the network.

    Parameters, statistics and their names are kept. With one process, does nothing.
    """
    if processes.count() > 1:
        for name, module in list(network.named_modules()):
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                parent, _, child = name.rpartition(".")
                setattr(network.get_submodule(parent), child, SynchronisedNorm(module))
    return network


class SynchronisedNorm(nn.modules.batchnorm._BatchNorm):
    """Ioffe and Szegedy, ICML 2015, alg. 1, with mean and variance over all processes, whose batches must have equal sizes.

    `torch.nn.SyncBatchNorm` needs CUDA; this runs wherever `torch.distributed` does, in one exchange forward and one backward.
    """

    def __init__(self, norm: nn.modules.batchnorm._BatchNorm):
        super().__init__(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        self.weight, self.bias = norm.weight, norm.bias  # a bias may be missing or fixed
        for name, tensor in norm.named_buffers():
            setattr(self, name, tensor)

    def _check_input_dim(self, inputs: torch.Tensor) -> None:
        """Accept vectors, sequences and maps."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map `(B, C, ...)` to the same shape and dtype; statistics are computed in float32 or better."""
        if not self.training:
            return super().forward(inputs)
        values = inputs.to(torch.promote_types(inputs.dtype, torch.float32))
        other = [axis for axis in range(inputs.ndim) if axis != 1]
        variance, mean = torch.var_mean(values, other, correction=0)
        means, variances = _Gather.apply(torch.stack([mean, variance])).unbind(1)
        mean = means.mean(0)
        # Variance within processes plus variance of their means; the difference of two mean squares would cancel.
        variance = variances.mean(0) + (means - mean).pow(2).mean(0)
        self._follow(mean.detach(), variance.detach(), processes.count() * inputs.numel() // inputs.shape[1])
        shape = [1, -1, *[1] * (inputs.ndim - 2)]
        scale = torch.rsqrt(variance + self.eps)
        scale = scale if self.weight is None else scale * self.weight
        shift = -mean * scale if self.bias is None else self.bias - mean * scale
        return (values * scale.view(shape) + shift.view(shape)).to(inputs.dtype)

    def _follow(self, mean: torch.Tensor, variance: torch.Tensor, count: int) -> None:
        """Update the running statistics; without momentum they are the plain means of all batches so far."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:  # disabled by the user
            return
        self.num_batches_tracked += 1
        momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance * count / (count - 1), momentum)


class _Gather(torch.autograd.Function):
    """The stacked tensors of all processes; backward sums the gradients of all processes for the own tensor."""

    @staticmethod
    def forward(context: object, own: torch.Tensor) -> torch.Tensor:
        parts = [torch.empty_like(own) for _ in range(processes.count())]
        dist.all_gather(parts, own.contiguous())
        return torch.stack(parts)

    @staticmethod
    def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
        total = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total[processes.rank()]
