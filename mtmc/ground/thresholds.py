"""The thresholds of following people on the ground, each with its range, and the YAML file that may change them."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from reid.common.errors import InputError


def _within(default: float, least: float, most: float = float("inf")) -> Any:
    return field(default=default, metadata={"range": (least, most)})


@dataclass(frozen=True)
class GroundThresholds:
    """What `GroundTracker` goes by; `configs/rooms/ground.yaml` explains each value, its unit and which way to turn it.

    Raises `ValueError` for a value outside its range, and where nothing could ever be confirmed.
    """

    min_score: float = _within(0.4, 0, 1)
    detection: float = _within(0.9, 0.01, 0.99)
    clutter: float = _within(0.05, 0.001, 0.99)
    confirm: float = _within(7.0, 0)
    certain: float = _within(10.0, 0)
    rate: float = _within(5.0, 0.01)
    patience: float = _within(5.0, 0)
    fill: float = _within(0.2, 0)
    speed: float = _within(8.0, 0.01)
    speed_memory: float = _within(1.0, 0.01)
    registration_error: float = _within(3.0, 0.01)
    personal_space: float = _within(4.0, 0)
    hidden_share: float = _within(0.7, 0.01, 1)
    appearance_weight: float = _within(10.0, 0)

    def __post_init__(self) -> None:
        for each in fields(self):
            value, (least, most) = getattr(self, each.name), each.metadata["range"]
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                limits = f"at least {least:g}" if most == float("inf") else f"from {least:g} to {most:g}"
                raise ValueError(f"{each.name} must be a number {limits}, not {value!r}")
        if self.detection <= self.clutter:
            raise ValueError(f"detection ({self.detection:g}) must be above clutter ({self.clutter:g}), or boxes say nothing")
        if self.certain < self.confirm:
            raise ValueError(f"certain ({self.certain:g}) must be at least confirm ({self.confirm:g}), or nobody is ever shown")


def read_ground_thresholds(path: str | Path) -> GroundThresholds:
    """The thresholds of a flat YAML file; what it leaves out keeps its default. Raises `InputError` for any other file."""
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise InputError(f"{path} is missing: name an existing YAML file of thresholds") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} must be a flat list of `threshold: value` lines")
    known = [each.name for each in fields(GroundThresholds)]
    if strange := [str(key) for key in content if key not in known]:
        raise InputError(f"{path}: unknown threshold {strange[0]}; choose from {', '.join(known)}")
    try:
        return GroundThresholds(**content)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
