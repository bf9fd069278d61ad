"""The runs of a benchmark: every tracker with every network, or with none if it uses no appearance."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

import trackers
from benchmarks.scores.results import folder_names
from mtmc.single.tracker_config import TrackerConfig, build_tracker, read_tracker_config
from reid.common.errors import InputError

if TYPE_CHECKING:
    from reid import AppearanceModel


@dataclass(frozen=True)
class Combination:
    """A tracker with the network `reid`, whose `appearance` is None without one; `record` is that of `build_tracker`.

    `what` tells the rows of one of several runs apart, by their keys "tracker" and "reid", and `folder` is that of its results;
    both are empty for a run by itself.
    """

    config: TrackerConfig
    reid: str
    appearance: "AppearanceModel | None"
    tracker: trackers.Tracker
    record: dict
    what: dict[str, str]
    folder: str

    def facts(self) -> dict:
        """What `summary.json` says of the run."""
        return {
            "tracker": self.config.name,
            "reid": self.reid,
            "reid_engine": getattr(self.appearance, "engine", None),
            "reid_weights": getattr(self.appearance, "weights_hash", None),
        } | self.record


def read_configs(names: list[str] | None, file: Path | None, default: str, memory: float | None) -> list[TrackerConfig]:
    """The configurations of the trackers called `names`, of which "all" means every registered one, or of the user's `file`, or
    the `default`, with `memory` seconds for those who left.

    Raises `InputError` as `read_tracker_config` does, and for a file with several trackers.
    """
    if names is None:
        return [read_tracker_config(None, file, default, memory)]
    listed = dict.fromkeys(each for name in names for each in (trackers.available() if name == "all" else [name]))
    if file is not None and len(listed) > 1:
        raise InputError(f"--config {file}: has the thresholds of one tracker, not of {', '.join(listed)}; choose one of them")
    return [read_tracker_config(name, file, default, memory) for name in listed]


def _changed(config: TrackerConfig, change: str) -> TrackerConfig:
    """`config` with a change, "threshold=value"; raises `InputError` for any other text."""
    found = re.fullmatch(r"(\w+)=([\w.+-]+)", change)
    if found is None:
        raise InputError(f"--change {change}: must be threshold=value, such as max_age=60")
    return replace(config, thresholds=config.thresholds | {found[1]: yaml.safe_load(found[2])})


def combine(
    configs: list[TrackerConfig], models: Mapping[str, "AppearanceModel | None"], changes: Sequence[str] = ()
) -> list[Combination]:
    """The runs of the trackers of `configs` with `models`, by the name that `--reid` gave them, as they are and with each of the
    `changes`, "threshold=value". A tracker without appearance runs once, with the network "none", and a line tells so."""
    several = len(configs) > 1 or len(models) > 1 or bool(changes)
    tracker_folders, reid_folders = folder_names(config.name for config in configs), folder_names([*models, "none"])
    combinations: list[Combination] = []
    blind: list[str] = []
    changed = [(config, change) for config in configs for change in ("none", *changes)]
    for config, change in changed:
        config = config if change == "none" else _changed(config, change)
        for reid, model in models.items():
            tracker, record = build_tracker(config, model)
            if model is not None and not tracker.uses_appearance:
                blind.append(config.name)
                reid, model = "none" if several else reid, None
                tracker, record = build_tracker(config)
            what = {"tracker": config.name, "reid": reid} if several else {}
            folder = f"{tracker_folders[config.name]}-{reid_folders[reid]}" if several else ""
            if changes:
                what |= {"change": change}
                folder += f"-{change.replace('=', '-')}"
            if what not in [other.what for other in combinations]:
                combinations.append(Combination(config, reid, model, tracker, record, what, folder))
    if blind and several:
        print(f"without appearance, so that they run once, as with --reid none: {', '.join(dict.fromkeys(blind))}")
    elif blind:
        print(f"{blind[0]} uses no appearance: --reid {', '.join(models)} has no effect")
    return combinations
