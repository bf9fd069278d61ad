"""SWAG, a Gaussian over the weights of one training run: Maddox et al., NeurIPS 2019."""

from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import update_bn

from reid.training.averaging import WeightAverage


class WeightGaussian:
    """The mean, the variances and, with a `rank`, a low-rank covariance of all added states, in float64.

    Maddox et al., sec. 3.2 and 3.3. `rank` is the number of last states whose deviations are kept (K in the paper), at the memory
    cost of that many networks; 0 keeps only the diagonal, as Lawen et al. 2019 do. 1 is invalid, since the covariance is divided
    by K - 1.
    """

    def __init__(self, rank: int = 0) -> None:
        if rank < 0 or rank == 1:
            raise ValueError(f"rank must be 0 (variances alone) or at least 2, not {rank}")
        self.rank = rank
        self.average = WeightAverage()
        self.squares: dict[str, torch.Tensor] = {}
        self.deviations: list[dict[str, torch.Tensor]] = []

    def add(self, network: nn.Module) -> None:
        """Add the network's current parameters."""
        before = {name: value.clone() for name, value in self.average.mean.items()}
        self.average.add(network)
        deviation = {}
        for name, value in network.named_parameters():
            present = value.detach().double()
            deviation[name] = present - self.average.mean[name]
            # Welford's sum: the paper's mean of squares minus the squared mean would cancel for weights that hardly move.
            square = deviation[name] * (present - before.get(name, present))
            self.squares[name] = self.squares.get(name, 0) + square
        if self.rank:
            self.deviations = [*self.deviations, deviation][-self.rank :]

    def variances(self) -> dict[str, torch.Tensor]:
        """The diagonal of the covariance by parameter: Maddox et al., sec. 3.2."""
        return {name: value / self.average.count for name, value in self.squares.items()}

    def sample_to(self, network: nn.Module, generator: torch.Generator) -> None:
        """Load a sample from the Gaussian into the network; its batch-norm statistics are then stale.

        Maddox et al., eq. 1; without the low-rank part, a sample from the diagonal. `generator` must be on the CPU. Raises
        ValueError before the first state, or before the second with a low-rank part.
        """
        if self.average.count < (2 if self.rank else 1):
            raise ValueError(f"{self.average.count} states are too few to sample from")
        columns = len(self.deviations)
        weights = torch.randn(columns, generator=generator, dtype=torch.float64) / (2 * max(columns - 1, 1)) ** 0.5
        share = 0.5 if self.rank else 1.0
        variances = self.variances()
        with torch.no_grad():
            for name, value in network.named_parameters():
                noise = torch.randn(value.shape, generator=generator, dtype=torch.float64).to(value.device)
                draw = self.average.mean[name] + (share * variances[name]).sqrt() * noise
                for weight, deviation in zip(weights.tolist(), self.deviations, strict=True):
                    draw += weight * deviation[name]
                value.copy_(draw)

    def state_dict(self) -> dict:
        """The state for a checkpoint."""
        return {"rank": self.rank, "average": self.average.state_dict(), "squares": self.squares, "deviations": self.deviations}

    def load_state_dict(self, state: dict) -> None:
        """Restore from `state_dict`."""
        self.rank = state["rank"]
        self.average.load_state_dict(state["average"])
        self.squares, self.deviations = state["squares"], state["deviations"]


def average_descriptors(
    gaussian: WeightGaussian,
    network: nn.Module,
    statistics: Callable[[], Iterable[torch.Tensor]],
    embed: Callable[[nn.Module], torch.Tensor],
    samples: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Embeddings `(N, D)`, unit rows, averaged over `samples` networks sampled from `gaussian`: Maddox et al., sec. 3.4.

    The paper averages predicted probabilities; Lawen et al. 2019 average descriptors. `statistics()` yields batches of training
    images `(B, 3, H, W)` to recompute each sample's batch-norm statistics; `embed` maps the network, in evaluation mode, to its
    `(N, D)` unit rows. `network` is overwritten with the last sample.
    """
    total = torch.zeros(())
    for _ in range(samples):
        gaussian.sample_to(network, generator)
        update_bn(statistics(), network)
        total = total + embed(network.eval())
    return F.normalize(total)
