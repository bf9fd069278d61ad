"""The class centers of the center loss, learned with their own optimiser."""

import torch

from reid.losses import center_loss


class Centers:
    """One center in feature space for each of `classes` identities, drawn from a standard normal at the start.

    They move by their own stochastic gradient descent, not by the gradient of the training loss, whose small weight of the center
    loss is meant for the features only.
    """

    def __init__(self, classes: int, dimension: int, learning_rate: float = 0.5, device: torch.device | str = "cpu") -> None:
        self.values = torch.randn(classes, dimension).to(device).requires_grad_()
        self.optimiser = torch.optim.SGD([self.values], learning_rate)

    def loss(self, features: torch.Tensor, labels: torch.Tensor, average: bool = False) -> torch.Tensor:
        """The center loss of `(B, D)` features with `(B,)` labels; see `reid.losses.center_loss`."""
        return center_loss(features, labels, self.values, average)

    def step(self, features: torch.Tensor, labels: torch.Tensor) -> None:
        """Move the centers of the batch's classes towards their features: Wen et al., ECCV 2016, eq. 4.

        The gradient of a center is the sum of its differences over one more than their number, so a center never overshoots the
        mean of its features, however many are in the batch. A feature that overflowed in half precision is ignored.
        """
        with torch.no_grad():
            finite = features.isfinite().all(1)
            differences = torch.where(finite[:, None], self.values[labels] - features.to(self.values), 0)
            counts = torch.zeros(len(self.values), device=labels.device).index_add_(0, labels, finite.float())
            sums = torch.zeros_like(self.values).index_add_(0, labels, differences)
            self.values.grad = sums / (1 + counts)[:, None]
        self.optimiser.step()

    def state_dict(self) -> dict:
        """The state for a checkpoint."""
        return {"values": self.values.detach(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """Restore from `state_dict`."""
        with torch.no_grad():
            self.values.copy_(state["values"])
        self.optimiser.load_state_dict(state["optimiser"])
