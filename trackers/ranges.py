"""The ranges of thresholds: a tracker's constructor annotates each of its thresholds with one of these."""

import math
from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Range:
    """What a threshold may be: `low` to `high`, both included."""

    low: float
    high: float


Frames = Annotated[int, Range(0, math.inf)]
Overlap = Annotated[float, Range(0, 1)]  # an IoU, or 1 - IoU
AppearanceDistance = Annotated[float, Range(0, 2)]  # of unit rows, cosine or Euclidean
Score = Annotated[float, Range(-math.inf, math.inf)]  # on the detector's scale, whatever that is
