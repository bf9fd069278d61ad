"""Ranges of thresholds: a constructor annotates each of its thresholds with one, and `check` refuses a value outside it."""

import math
from dataclasses import dataclass
from numbers import Real
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


def check(name: str, value: object, allowed: Range, whole: bool = False) -> None:
    """Raise `ValueError` about the threshold `name` unless `value` is a number, or a `whole` number, in the range `allowed`."""
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:  # a whole number of hundreds of digits
        number = math.nan
    if allowed.low <= number <= allowed.high and (number.is_integer() or not whole):
        return
    limits = f" at least {allowed.low:g}" if math.isfinite(allowed.low) else ""
    if math.isfinite(allowed.high):
        limits = f" from {allowed.low:g} to {allowed.high:g}"
    raise ValueError(f"{name} must be a {'whole number' if whole else 'number'}{limits}, not {value!r}")
