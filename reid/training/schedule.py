"""Learning rate as a function of the epoch."""

from collections.abc import Sequence


def warmup_steps(epoch: float, warmup: float, steps: Sequence[float], decay: float = 0.1) -> float:
    """The factor on the learning rate: a linear rise, then a fall by `decay` at each of `steps`.

    Lawen et al. 2019, eq. 1, and Luo et al., TMM 2019, where warm-up is 10 of 120 epochs and the steps are at 40 and 70.
    `epoch` counts from 0 and may be a fraction; the factor is in 0..1.
    """
    if epoch < warmup:
        return max(epoch, 0.01 * warmup) / warmup
    return decay ** sum(epoch >= step for step in steps)
