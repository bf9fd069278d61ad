"""Trackers by the name of their YAML file, with the appearance threshold that belongs to the network in use."""

from dataclasses import dataclass
from pathlib import Path

import configs
import trackers
from reid.common.errors import InputError
from reid.common.yaml_file import read_yaml

DEFAULT_TRACKER = "motdt"
_WANTED = "a flat list of lines `threshold: value` and `tracker: NAME`"


@dataclass(frozen=True)
class TrackerConfig:
    """A tracker's algorithm and thresholds; `file` is the user's own, whose every value is meant, or None."""

    name: str
    algorithm: str
    thresholds: dict[str, float]
    file: Path | None = None


def available_configs() -> list[str]:
    """The names in `configs/trackers/`, sorted."""
    return configs.available("trackers")


def read_tracker_config(name: str | None = None, path: Path | None = None) -> TrackerConfig:
    """Read `configs/trackers/NAME.yaml`, by default MOTDT's, or the user's file at `path`, which may leave `tracker:` to `name`.

    Raises `InputError` for an unknown name, for a file that is not a flat list of thresholds, and where it contradicts `name`.
    """
    if path is None:
        name = name or DEFAULT_TRACKER
        if name not in available_configs():
            raise InputError(f"there is no tracker {name!r}: choose one of {', '.join(available_configs())}.")
        file = configs.path("trackers", name)
    else:
        file = Path(path)
    content = read_yaml(file, _WANTED)
    if any(isinstance(value, dict | list) for value in content.values()):
        raise InputError(f"{file}: must hold {_WANTED}")
    algorithm = content.pop("tracker", None)
    if path is None:
        return TrackerConfig(name, algorithm, content)
    named = read_tracker_config(name).algorithm
    if name is not None and algorithm not in (None, named):
        raise InputError(f"{file} says `tracker: {algorithm}`, but --tracker {name} was given: leave one of them out.")
    return TrackerConfig(file.stem, algorithm or named, content, file)


def build_tracker(config: TrackerConfig, appearance=None) -> tuple[trackers.Tracker, dict]:
    """The tracker, and a record of what it runs with: algorithm, thresholds, and where the appearance threshold came from.

    A threshold on appearance belongs to the network it was fitted to. Where the model says its own (`thresholds.image`),
    that one replaces the shipped configuration's, converted to the tracker's metric; a value in a user's own file is never
    replaced. Raises `InputError` for an algorithm or a threshold that does not exist.
    """
    try:
        thresholds = {**trackers.thresholds(config.algorithm), **config.thresholds}
        origin = None
        if "max_appearance_distance" in thresholds and appearance is not None:
            fitted = getattr(appearance, "thresholds", None)  # which a function that embeds need not have
            own = config.file is not None and "max_appearance_distance" in config.thresholds
            origin = "configuration"
            if fitted is not None and fitted.image is not None and not own:
                thresholds["max_appearance_distance"] = trackers.appearance_threshold(config.algorithm, fitted.image)
                origin = "model"
        tracker = trackers.build(config.algorithm, **thresholds)
    except ValueError as error:
        raise InputError(f"{config.file or f'tracker {config.name}'}: {error}") from None
    return tracker, {"algorithm": config.algorithm, "thresholds": thresholds, "appearance_threshold_from": origin}


def appearance_line(tracker: trackers.Tracker, built: dict) -> str:
    """How alike two people may look, and who said so: a line about what `build_tracker` gave with an appearance model."""
    if not tracker.uses_appearance:
        return f"{built['algorithm']} uses no appearance: --reid has no effect"
    threshold, origin = built["thresholds"]["max_appearance_distance"], built["appearance_threshold_from"]
    cosine = f", cosine {threshold**2 / 2:.3f}" if tracker.appearance_metric == "euclidean" else ""
    return f"appearance threshold: {tracker.appearance_metric} distance {threshold:.3f}{cosine}, from the {origin}"
