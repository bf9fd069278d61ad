"""Learning rate schedules: by epoch, or by the share of the run that is done."""

from collections.abc import Sequence
from math import cos, pi

_RISES = 10  # of the warm-up


def warmup_steps(epoch: float, warmup: float, steps: Sequence[float], decay: float = 0.1) -> float:
    """The factor on the learning rate: a rise in `_RISES` equal steps, then a fall by `decay` at each of `steps`.

    Lawen et al. 2019, eq. 1, and Luo et al., TMM 2019, eq. 1, where warm-up is 10 of 120 epochs and the steps are at 40 and 70.
    `epoch` counts from 0 and may be a fraction; the factor is in 0..1. The papers count whole epochs `t` from 1, and their ten of
    warm-up have the factors t / 10: 3.5e-5 in the first, 3.5e-4 in the tenth. A warm-up of another length has as many steps. Eq.
    1 of Luo et al., CVPRW 2019, prints 3.5e-5 * t / 10, a tenth of its text, which would jump tenfold after the warm-up.
    """
    if epoch < warmup:
        return (int(_RISES * epoch / warmup) + 1) / _RISES
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
