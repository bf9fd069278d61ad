"""Trackers by name: what exists, its thresholds, and how to build one."""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from trackers.base import Appearance, Tracker
from trackers.ranges import Range, check

_TRACKERS: dict[str, type[Tracker]] = {}


def register(name: str) -> Callable[[type[Tracker]], type[Tracker]]:
    """Class decorator: the tracker can be built under `name`.

    Those arguments of its constructor that are annotated with a `Range` (`trackers.ranges`) are its thresholds.
    """

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
    its range.
    """
    parameters = _parameters(name)
    known = [key for key in parameters if key != "appearance"]
    ranges = _ranges(name)
    for key, value in thresholds.items():
        if key not in known:
            raise ValueError(f"{name} has no threshold {key!r}; it has {', '.join(known)}")
        if key in ranges:
            default, allowed = ranges[key]
            check(f"{key} of {name}", value, allowed, whole=isinstance(default, int))
    if "appearance" in parameters:  # a tracker by boxes alone need not take one
        thresholds["appearance"] = appearance
    return _TRACKERS[name](**thresholds)


def thresholds(name: str) -> dict[str, float]:
    """The thresholds of a tracker and their defaults. Raises `ValueError` for an unknown name, listing what exists."""
    return {key: default for key, (default, _) in _ranges(name).items()}


def appearance_threshold(name: str, cosine_distance: float) -> float:
    """`max_appearance_distance` of a tracker that means the given cosine distance (0..2), in the tracker's own metric.

    Raises `ValueError` for an unknown name and for a tracker that uses no appearance.
    """
    _parameters(name)
    metric = _TRACKERS[name].appearance_metric
    if metric is None:
        raise ValueError(f"{name} uses no appearance, so it has no threshold on it")
    return math.sqrt(2 * cosine_distance) if metric == "euclidean" else cosine_distance


def _ranges(name: str) -> dict[str, tuple[float, Range]]:
    """The default and the range of each threshold."""
    return {
        key: (parameter.default, part)
        for key, parameter in _parameters(name).items()
        for part in getattr(parameter.annotation, "__metadata__", ())
        if isinstance(part, Range)
    }


def _parameters(name: str) -> Mapping[str, inspect.Parameter]:
    if name not in _TRACKERS:
        raise ValueError(f"there is no tracker {name!r}; there are {', '.join(available())}")
    return inspect.signature(_TRACKERS[name]).parameters
