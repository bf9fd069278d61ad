"""Thresholds of ground tracking, their ranges, and the YAML file that sets them."""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, get_type_hints

from reid.common.errors import InputError
from reid.common.yaml_file import read_yaml
from trackers.ranges import Range, check

Share = Annotated[float, Range(0.0, 1.0)]
AboveZero = Annotated[float, Range(0.01, math.inf)]
NotNegative = Annotated[float, Range(0.0, math.inf)]


@dataclass(frozen=True)
class GroundThresholds:
    """Thresholds of `GroundTracker`; `configs/rooms/ground.yaml` explains each value, its unit and which way to turn it.

    Raises `ValueError` for a value out of range, and for values with which nothing is ever confirmed.
    """

    min_score: Share = 0.4
    detection: Annotated[float, Range(0.01, 0.99)] = 0.9
    clutter: Annotated[float, Range(0.001, 0.99)] = 0.05
    confirm: NotNegative = 7.0
    certain: NotNegative = 10.0
    rate: AboveZero = 5.0
    patience: NotNegative = 5.0
    fill: NotNegative = 0.2
    speed: AboveZero = 8.0
    speed_memory: AboveZero = 1.0
    registration_error: AboveZero = 3.0
    personal_space: NotNegative = 4.0
    hidden_share: Annotated[float, Range(0.01, 1.0)] = 0.7
    appearance_weight: NotNegative = 1.0

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(GroundThresholds, include_extras=True).items():
            check(name, getattr(self, name), kind.__metadata__[0])
        if self.detection <= self.clutter:
            raise ValueError(f"detection ({self.detection:g}) must be above clutter ({self.clutter:g}), or boxes are no evidence")
        if self.certain < self.confirm:
            raise ValueError(f"certain ({self.certain:g}) must be at least confirm ({self.confirm:g}), or nobody is ever shown")


def read_ground_thresholds(path: str | Path) -> GroundThresholds:
    """The thresholds of a flat YAML file; missing ones keep their defaults. Raises `InputError` for any other file."""
    content = read_yaml(path, "a flat list of `threshold: value` lines")
    known = [each.name for each in fields(GroundThresholds)]
    if strange := [str(key) for key in content if key not in known]:
        raise InputError(f"{path}: unknown threshold {strange[0]}; choose from {', '.join(known)}")
    try:
        return GroundThresholds(**content)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
