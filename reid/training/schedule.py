"""Learning rate schedules: by epoch, or by the share of the run that is done."""

from collections.abc import Sequence
from math import cos, pi


def warmup_steps(epoch: float, warmup: float, steps: Sequence[float], decay: float = 0.1) -> float:
    """The factor on the learning rate: a linear rise, then a fall by `decay` at each of `steps`.

    Lawen et al. 2019, eq. 1, and Luo et al., TMM 2019, eq. 1, where warm-up is 10 of 120 epochs and the steps are at 40 and 70.
    `epoch` counts from 0 and may be a fraction; the factor is in 0..1. The papers count whole epochs from 1: their factor of
    epoch `t` is the one at `epoch = t` during warm-up, and from `t - 1` to `t` afterwards. At 3.5e-4 it rises from 3.5e-5 to
    3.5e-4, as in the text of Luo et al., CVPRW 2019; eq. 1 there prints 3.5e-5 * t / 10, a tenth of that, which would jump
    tenfold after the warm-up.
    """
    if epoch < warmup:
        return max(epoch, 0.01 * warmup) / warmup
    return decay ** sum(epoch >= step for step in steps)


def cosine_cycles(epoch: float, length: float = 35, decay: float = 0.7) -> float:
    """The factor on the learning rate in cycles, each falling along half a cosine from its peak to 0.

    Loshchilov and Hutter, ICLR 2017, eq. 5, with the cycles of Lawen et al. 2019, who collect weights at their ends: 15 of 35
    epochs, each `decay` times as high as the previous one. `epoch` counts from 0 and may be a fraction; the factor is in 0..1.
    """
    cycle, within = divmod(epoch, length)
    return decay**cycle * (1 + cos(pi * within / length)) / 2


def exponential_decays(done: float, decays: int = 10, rate: float = 0.9) -> float:
    """The factor on the learning rate after `decays` falls by `rate`, evenly spread over the run.

    Kalayeh et al., CVPR 2018, sec. 4.2, decay ten times by 0.9. `done`, in 0..1, is the share of the run that is done: it has one
    part more than falls, all of equal length.
    """
    return rate ** min(int(done * (decays + 1)), decays)
