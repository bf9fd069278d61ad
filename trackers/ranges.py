"""Ranges of thresholds, with which a tracker's constructor annotates its thresholds."""

import math
from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Range:
    """The allowed values of a threshold: `low` to `high`, inclusive."""

    low: float
    high: float


Frames = Annotated[int, Range(0, math.inf)]
Overlap = Annotated[float, Range(0, 1)]  # an IoU, or 1 - IoU
AppearanceDistance = Annotated[float, Range(0, 2)]  # of unit rows, cosine or Euclidean
Score = Annotated[float, Range(-math.inf, math.inf)]  # on the detector's own scale
