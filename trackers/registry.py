"""Trackers by name: list them, read their thresholds, build one."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, get_args

from trackers.base import Appearance, Tracker
from trackers.behaviour import Behaviour
from trackers.ranges import Rule, check

_TRACKERS: dict[str, type[Tracker]] = {}


def register(name: str) -> Callable[[type[Tracker]], type[Tracker]]:
    """Class decorator that registers a tracker under `name`.

    The constructor arguments annotated with a rule of `trackers.ranges` are its thresholds: numbers, words and switches.
    """

    def add(tracker: type[Tracker]) -> type[Tracker]:
        _TRACKERS[name] = tracker
        return tracker

    return add


def available() -> list[str]:
    """The names of all trackers, sorted."""
    return sorted(_TRACKERS)


def build(name: str, appearance: Appearance | None = None, **thresholds: Any) -> Tracker:
    """Build a tracker by name, with its default thresholds except those given.

    `appearance` is a callable `(frame, boxes (N, 4)) -> embeddings (N, D)`, used when `update` gets a frame but no embeddings.
    Other constructor arguments (`scoring` of MOTDT) are passed like thresholds. Raises `ValueError` for an unknown name or
    threshold, listing the known ones, and for a value that its rule does not allow.
    """
    parameters = _parameters(name)
    known = [key for key in parameters if key != "appearance"]
    rules = _rules(parameters) | _rules(_behaviours())
    for key, value in thresholds.items():
        if key not in known and key not in _behaviours():
            raise ValueError(f"{name}: unknown threshold {key}; choose from {', '.join(known)}, or {', '.join(_behaviours())}")
        if key in rules:
            default, allowed = rules[key]
            check(f"{key} of {name}", value, allowed, whole=isinstance(default, int) and not isinstance(default, bool))
    own = {key: value for key, value in thresholds.items() if key in parameters}
    if "appearance" in parameters:  # a tracker that uses boxes alone may lack it
        own["appearance"] = appearance
    tracker = _TRACKERS[name](**own)
    changed = {key: value for key, value in thresholds.items() if key in _behaviours()}
    if changed.get("memory") and not tracker.uses_appearance:
        raise ValueError(f"{name} uses no appearance, so it has no memory of people: leave memory at 0")
    frames = [key for key, (_, rule) in _rules(parameters).items() if getattr(rule, "unit", "") == "frames"]
    tracker.behave(replace(tracker.behaviour, **changed), {key: getattr(tracker, key) for key in frames if hasattr(tracker, key)})
    return tracker


def thresholds(name: str) -> dict[str, float | str]:
    """The thresholds of a tracker and their defaults. Raises `ValueError` for an unknown name, listing the known ones."""
    return {key: default for key, (default, _) in _rules(_parameters(name)).items()}


def rules(name: str) -> dict[str, Rule]:
    """What each threshold of a tracker may be. Raises `ValueError` for an unknown name, listing the known ones."""
    return {key: rule for key, (_, rule) in _rules(_parameters(name)).items()}


def behaviour(name: str) -> dict[str, float | str]:
    """What any tracker's configuration may also hold (`trackers.behaviour`), with the defaults of this one."""
    _parameters(name)
    return asdict(_TRACKERS[name].behaviour)


def appearance_threshold(name: str, cosine_distance: float) -> float:
    """Convert a cosine distance (0..2) to a tracker's `max_appearance_distance`, in the tracker's metric.

    Raises `ValueError` for an unknown name, and for a tracker without appearance.
    """
    _parameters(name)
    metric = _TRACKERS[name].appearance_metric
    if metric is None:
        raise ValueError(f"{name} uses no appearance and has no appearance threshold")
    return math.sqrt(2 * cosine_distance) if metric == "euclidean" else cosine_distance


def _behaviours() -> Mapping[str, inspect.Parameter]:
    return inspect.signature(Behaviour).parameters


def _rules(parameters: Mapping[str, inspect.Parameter]) -> dict[str, tuple[Any, Rule]]:
    """The default and the rule of each threshold among `parameters`."""
    return {
        key: (parameter.default, part)
        for key, parameter in parameters.items()
        for part in getattr(parameter.annotation, "__metadata__", ())
        if isinstance(part, get_args(Rule))
    }


def _parameters(name: str) -> Mapping[str, inspect.Parameter]:
    if name not in _TRACKERS:
        raise ValueError(f"unknown tracker {name}; choose from {', '.join(available())}")
    return inspect.signature(_TRACKERS[name]).parameters
