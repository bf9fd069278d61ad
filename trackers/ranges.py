"""What a threshold may be: a constructor annotates each of its thresholds with a rule, and `check` refuses any other value."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Annotated


@dataclass(frozen=True)
class Range:
    """The allowed values of a number: `low` to `high`, inclusive; `unit` is what it counts."""

    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class Choice:
    """The allowed words of an option: `Choice("none", "flow")`."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)


@dataclass(frozen=True)
class Switch:
    """An option that is on or off."""


Rule = Range | Choice | Switch

Frames = Annotated[int, Range(0, math.inf, "frames")]  # a time: as many as the frame rate makes of it
Seconds = Annotated[float, Range(0, math.inf, "seconds")]
Hits = Annotated[int, Range(0, math.inf, "hits")]  # detections in a row, as many at any frame rate
Overlap = Annotated[float, Range(0, 1)]  # an IoU, or 1 - IoU
AppearanceDistance = Annotated[float, Range(0, 2)]  # of unit rows, cosine or Euclidean
Score = Annotated[float, Range(-math.inf, math.inf)]  # on the detector's own scale


def check(name: str, value: object, allowed: Rule, whole: bool = False) -> None:
    """Raise `ValueError` about the option `name` unless `value` is allowed; in a `Range`, a number or a `whole` number."""
    if isinstance(allowed, Choice):
        if not (isinstance(value, str) and value in allowed.words):
            raise ValueError(f"{name} must be one of {', '.join(allowed.words)}, not {value!r}")
    elif isinstance(allowed, Switch):
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}")
    else:
        _check_number(name, value, allowed, whole)


def _check_number(name: str, value: object, allowed: Range, whole: bool) -> None:
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
