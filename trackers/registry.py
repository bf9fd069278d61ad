"""Trackers by name: what exists, its thresholds, and how to build one."""

import inspect
import math
from collections.abc import Callable
from numbers import Real
from typing import Any

from trackers.base import Appearance, Tracker

_TRACKERS: dict[str, type[Tracker]] = {}


def register(name: str) -> Callable[[type[Tracker]], type[Tracker]]:
    """Class decorator: the tracker can be built under `name`. Keyword arguments with a number as default are its thresholds."""

    def add(tracker: type[Tracker]) -> type[Tracker]:
        _TRACKERS[name] = tracker
        return tracker

    return add


def available() -> list[str]:
    """The names of all trackers, sorted."""
    return sorted(_TRACKERS)


def build(name: str, appearance: Appearance | None = None, **thresholds: Any) -> Tracker:
    """A tracker by its name, with its default thresholds except those given.

    `appearance` is a callable `(frame, boxes (N, 4)) -> embeddings (N, D)`, used when `update` gets a frame but no
    embeddings. A tracker's plugs (`scoring` of MOTDT) are given in the same way as thresholds.
    Raises `ValueError` for an unknown name or threshold, listing what exists, and for a threshold that is not a number or out of
    its range: overlaps are in 0..1, distances of appearance in 0..2, frames are 0 or more; scores are on the detector's scale.
    """
    defaults = _defaults(name)
    known = [key for key in defaults if key != "appearance"]
    for key, value in thresholds.items():
        if key not in known:
            raise ValueError(f"{name} has no threshold {key!r}; it has {', '.join(known)}")
        default = defaults[key]
        if default is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value):
            raise ValueError(f"{key} of {name} is a number such as {default}, not {value!r}")
        number = float(value)
        if isinstance(default, int) and not number.is_integer():
            raise ValueError(f"{key} of {name} is a whole number such as {default}, not {value!r}")
        low, high = _range(key, default)
        if not low <= number <= high:
            raise ValueError(f"{key} of {name} is in {low}..{high}, so it cannot be {value!r}")
    return _TRACKERS[name](appearance=appearance, **thresholds)


def thresholds(name: str) -> dict[str, float]:
    """The thresholds of a tracker and their defaults. Raises `ValueError` for an unknown name, listing what exists."""
    return {key: value for key, value in _defaults(name).items() if value is not None}


def appearance_threshold(name: str, cosine_distance: float) -> float:
    """`max_appearance_distance` of a tracker that means the given cosine distance (0..2), in the tracker's own metric.

    Raises `ValueError` for an unknown name and for a tracker that uses no appearance.
    """
    _defaults(name)
    metric = _TRACKERS[name].appearance_metric
    if metric is None:
        raise ValueError(f"{name} uses no appearance, so it has no threshold on it")
    return math.sqrt(2 * cosine_distance) if metric == "euclidean" else cosine_distance


def _range(key: str, default: float) -> tuple[float, float]:
    if isinstance(default, int):
        return 0, math.inf
    if key == "max_appearance_distance":
        return 0, 2
    return (0, 1) if "iou" in key else (-math.inf, math.inf)


def _defaults(name: str) -> dict:
    if name not in _TRACKERS:
        raise ValueError(f"there is no tracker {name!r}; there are {', '.join(available())}")
    parameters = inspect.signature(_TRACKERS[name]).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}
