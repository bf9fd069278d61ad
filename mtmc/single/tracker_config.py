"""Trackers by the name of their YAML file, with the appearance threshold that belongs to the network in use."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml

import trackers
from reid.common.errors import InputError

DEFAULT_TRACKER = "motdt"


@dataclass(frozen=True)
class TrackerConfig:
    """A tracker's algorithm and thresholds; `file` is the user's own, whose every value is meant, or None."""

    name: str
    algorithm: str
    thresholds: dict[str, float]
    file: Path | None = None


def available_configs() -> list[str]:
    """The names in `configs/trackers/`, sorted."""
    return sorted(path.name.removesuffix(".yaml") for path in _shipped().iterdir() if path.name.endswith(".yaml"))


def read_tracker_config(name: str | None = None, path: Path | None = None) -> TrackerConfig:
    """Read `configs/trackers/NAME.yaml`, by default MOTDT's, or the user's file at `path`, which may leave `tracker:` to `name`.

    Raises `InputError` for an unknown name, for a file that is not a flat list of thresholds, and where it contradicts `name`.
    """
    if path is None:
        name = name or DEFAULT_TRACKER
        if name not in available_configs():
            raise InputError(f"there is no tracker {name!r}: choose one of {', '.join(available_configs())}.")
        file = _shipped() / f"{name}.yaml"
    else:
        file = Path(path)
        if not file.is_file():
            raise InputError(f"{file} is missing: name an existing YAML file of tracker thresholds.")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not readable as YAML ({' '.join(str(error).split())}): correct it.") from None
    if not isinstance(content, dict) or any(isinstance(value, dict | list) for value in content.values()):
        raise InputError(f"{file} must be a flat list of `threshold: value` lines after `tracker: NAME`.")
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


def _shipped():
    return files("configs") / "trackers"
