"""Trackers by the name of their YAML file, with the appearance threshold of the network in use."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import configs
import trackers
from reid.common.errors import InputError
from reid.common.plugin import find_plugin, is_plugin, require_defaults
from reid.common.yaml_file import read_yaml

DEFAULT_TRACKER = "steady"
SLOW = 10.0  # frames per second below which ages and motion in frames mislead
_WANTED = "a flat list of lines `threshold: value` and `tracker: NAME`"


@dataclass(frozen=True)
class TrackerConfig:
    """A tracker's algorithm and thresholds; `file` is the user's own file, whose values all take precedence, or None."""

    name: str
    algorithm: str
    thresholds: dict[str, float | str]
    file: Path | None = None


def available_trackers() -> list[str]:
    """The names in `configs/trackers/` and those of all registered trackers, sorted."""
    return sorted({*configs.available("trackers"), *trackers.available()})


def read_tracker_config(
    name: str | None = None, path: Path | None = None, default: str = DEFAULT_TRACKER, memory: float | None = None
) -> TrackerConfig:
    """The configuration called `name`, or `default`, or the user's file at `path`; without `tracker:` in it, `name` applies.
    `memory`, in seconds, takes precedence over theirs.

    A name is that of a file in `configs/trackers/`, of a registered tracker with its own defaults, or the user's own
    `module:Class`. Raises `InputError` for an unknown name, for a file that is not a flat list of thresholds, and if the two
    contradict each other.
    """
    config = _named(name or default) if path is None else _own(Path(path), name, default)
    return config if memory is None else replace(config, thresholds=config.thresholds | {"memory": memory})


def _own(file: Path, name: str | None, default: str) -> TrackerConfig:
    """The configuration in the user's `file`."""
    algorithm, content = _read(file)
    if name is None and algorithm is not None:
        if is_plugin(algorithm):
            _register(algorithm)
        elif algorithm not in trackers.available():
            raise InputError(f"{file}: unknown tracker {algorithm}; choose from {', '.join(trackers.available())}")
        return TrackerConfig(file.stem, algorithm, content, file)
    named = _named(name or default).algorithm
    if algorithm not in (None, named):
        raise InputError(f"{file}: has `tracker: {algorithm}`, but --tracker is {name}; leave one of them out")
    return TrackerConfig(file.stem, named, content, file)


def _named(name: str) -> TrackerConfig:
    if is_plugin(name):
        _register(name)
    elif name in configs.available("trackers"):
        algorithm, content = _read(configs.path("trackers", name))
        return TrackerConfig(name, algorithm or name, content)
    elif name not in trackers.available():
        raise InputError(f"unknown tracker {name}; choose from {', '.join(available_trackers())}, or your own module:Class")
    return TrackerConfig(name, name, {})


def _register(name: str) -> None:
    tracker = find_plugin(name)
    if not (isinstance(tracker, type) and issubclass(tracker, trackers.Tracker)):
        raise InputError(f"{name}: not a class derived from trackers.Tracker")
    require_defaults(name, tracker)
    trackers.register(name)(tracker)


def _read(file: Path) -> tuple[str | None, dict]:
    """The algorithm named in a file, if any, and its thresholds."""
    content = {str(key): value for key, value in read_yaml(file, _WANTED).items()}
    if any(isinstance(value, dict | list) for value in content.values()):
        raise InputError(f"{file}: must hold {_WANTED}")
    algorithm = content.pop("tracker", None)
    return None if algorithm is None else str(algorithm), content


def build_tracker(config: TrackerConfig, appearance=None) -> tuple[trackers.Tracker, dict]:
    """Build the tracker; return it with a record of its algorithm, thresholds, and the origin of the appearance threshold.

    An appearance threshold ships with the weights it was fitted to. If the model has one (`thresholds.image`), it replaces the
    shipped configuration's, converted to the tracker's metric, as does that of the memory of people who left; a value in the
    user's own file is never replaced. Raises
    `InputError` for an unknown algorithm, and for a key that is not a threshold, whatever else the tracker's builder takes.
    """
    try:
        defaults, behaviour = trackers.thresholds(config.algorithm), trackers.behaviour(config.algorithm)
        if unknown := [str(key) for key in config.thresholds if key not in defaults | behaviour]:
            known = ", ".join(defaults) or "none: a class annotates its thresholds with ranges of trackers.ranges"
            every = f"those of every tracker: {', '.join(behaviour)}"
            raise ValueError(f"{', '.join(unknown)}: not a threshold of {config.algorithm}; choose from {known}, or {every}")
        thresholds: dict[str, Any] = {**defaults, **config.thresholds}
        origin = None
        own = {} if config.file is None else config.thresholds
        fitted = getattr(getattr(appearance, "thresholds", None), "image", None)  # a plain function may lack it
        if "max_appearance_distance" in thresholds and appearance is not None:
            origin = "configuration"
            if fitted is not None and "max_appearance_distance" not in own:
                thresholds["max_appearance_distance"] = trackers.appearance_threshold(config.algorithm, fitted)
                origin = "model"
        if fitted is not None and "max_memory_distance" not in own and (behaviour | thresholds)["memory"]:
            thresholds["max_memory_distance"] = fitted
        tracker = trackers.build(config.algorithm, **thresholds)
    except ValueError as error:
        raise InputError(f"{config.file or f'tracker {config.name}'}: {error}") from None
    return tracker, {"algorithm": config.algorithm, "thresholds": thresholds, "appearance_threshold_from": origin}


def appearance_line(tracker: trackers.Tracker, built: dict) -> str:
    """One line about the appearance threshold and its origin, from the result of `build_tracker`."""
    if not tracker.uses_appearance:
        return f"{built['algorithm']} uses no appearance: --reid has no effect"
    if built["appearance_threshold_from"] is None:
        return f"{built['algorithm']} takes no appearance threshold from the model"
    threshold, origin = built["thresholds"]["max_appearance_distance"], built["appearance_threshold_from"]
    cosine = f", cosine {threshold**2 / 2:.3f}" if tracker.appearance_metric == "euclidean" else ""
    return f"appearance threshold: {tracker.appearance_metric} distance {threshold:.3f}{cosine}, from the {origin}"


def slow_line(tracker: trackers.Tracker, name: str, frame_rate: float) -> str:
    """One line where a tracker counts frames in a video of few frames a second; "" elsewhere."""
    if tracker.behaviour.time == "seconds" or frame_rate >= SLOW:
        return ""
    told = f"{name} counts frames, as its paper does, and the video has {frame_rate:g} a second"
    return f"{told}: with `time: seconds` in its --config file, or with steady, people are followed better"
