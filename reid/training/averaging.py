"""The running mean of a network's weights: stochastic weight averaging, Izmailov et al., UAI 2018, eq. 1."""

import torch
from torch import nn


class WeightAverage:
    """Equal-weight mean of all added states, in float64, so thousands of states do not drift.

    `torch.optim.swa_utils.AveragedModel` would keep a second network, in the network's own precision and with its buffers,
    whereas a checkpoint and the Gaussian of `reid.training.swag` need the parameter means by name.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean: dict[str, torch.Tensor] = {}

    def add(self, network: nn.Module) -> None:
        """Add the network's current parameters to the mean."""
        self.count += 1
        for name, value in network.named_parameters():
            present = value.detach().double()
            if self.count == 1:
                self.mean[name] = present.clone()
            else:
                self.mean[name] += (present - self.mean[name]) / self.count

    def copy_to(self, network: nn.Module) -> None:
        """Copy the mean to the network. Its batch-norm statistics are then stale: see `torch.optim.swa_utils.update_bn`."""
        with torch.no_grad():
            for name, value in network.named_parameters():
                value.copy_(self.mean[name])

    def state_dict(self) -> dict:
        """The state for a checkpoint."""
        return {"count": self.count, "mean": self.mean}

    def load_state_dict(self, state: dict) -> None:
        """Restore from `state_dict`."""
        self.count, self.mean = state["count"], state["mean"]
