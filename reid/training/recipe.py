"""A training recipe: a flat YAML file whose every key is a field here."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from reid.common.errors import InputError
from reid.common.yaml_file import parse_yaml, read_yaml


@dataclass(frozen=True)
class Recipe:
    """All settings of a training run, except the location of the data.

    `configs/reid/robust.yaml` and `configs/reid/standard_baseline.yaml` explain each key; `options` are the network's options.
    """

    model: str
    options: dict[str, Any]
    height: int
    width: int
    start: str
    backbone_weights: str
    parser_weights: str
    epochs: int
    iterations: int
    images_per_batch: int
    identities_per_batch: int
    images_per_identity: int
    optimiser: Literal["adam", "adamw", "sgd"]
    learning_rate: float
    part_rates: dict[str, Any]
    warmup_epochs: float
    schedule: Literal["steps", "cycles", "exponential"]
    step_epochs: tuple[float, ...]
    cycle_epochs: int
    cycle_decay: float
    decays: int
    decay_rate: float
    weight_decay: float
    clip_norm: float
    identity_weight: float
    label_smoothing: float
    triplet: Literal["soft", "hard", "all"]
    triplet_weight: float
    triplet_margin: float | None
    center_weight: float
    center_average: bool
    center_learning_rate: float
    teacher: tuple[str, ...]
    embedding_weight: float
    relation_weight: float
    parsing_weight: float
    styled_per_batch: int
    styled_smoothing: float
    unlabelled_per_batch: int
    composites_per_batch: int
    padding: int
    random_erasing: float
    erasing_ratio: float
    colour_jitter: float
    channel_gain: float
    gamma: float
    light: float
    grey: float
    blur: float
    low_resolution: float
    jpeg: float
    bad_crops: float
    background: float
    masked: float
    outlines: str
    early_epochs: int
    early_height: int
    early_width: int
    average: Literal["none", "weights", "gaussian"]
    average_epochs: float
    average_rank: int
    evaluate_every: int
    checkpoint_steps: int
    precision: Literal["bf16", "float16", "float32"]
    seed: int
    stages: tuple[dict[str, Any], ...]

    def staged(self) -> list["Recipe"]:
        """The recipe of each stage of the run, one without `stages`. Each has the `stages` up to itself, as its history."""
        return [replace(self, **own, stages=self.stages[:end]) for end, own in enumerate(self.stages, 1)] or [self]

    def seeds(self, *place: int) -> list[int]:
        """The seed of what is drawn at a `place` of the run, another in each stage."""
        return [self.seed, *place, *([len(self.stages)] if len(self.stages) > 1 else [])]

    @property
    def parts_of_batch(self) -> tuple[int, int, int, int]:
        """Numbers of images in a batch with an identity, of styled copies, without an identity, and composed of two."""
        labelled = self.images_per_batch or self.identities_per_batch * self.images_per_identity
        return labelled, self.styled_per_batch, self.unlabelled_per_batch, self.composites_per_batch


_POSITIVE = {"identities_per_batch", "images_per_identity", "learning_rate", "cycle_epochs"}
# What a stage cannot change, since the network and its data go on from the stage before.
_OF_THE_RUN = {"model", "options", "start", "backbone_weights", "parser_weights", "teacher", "seed", "stages"}
_SHARES = {"label_smoothing", "styled_smoothing", "random_erasing", "colour_jitter", "cycle_decay", "light", "grey", "blur"}
_SHARES |= {"low_resolution", "jpeg", "bad_crops", "background", "masked", "decay_rate"}


def read_recipe(path: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply `changes`, each a text `key=value`, or `options.key=value` for an option of the network.

    A file with a line `base: OTHER.yaml` lists only the differences from that file, which is in the same folder and may have a
    base itself; the same holds for `options`. `stages` lists what each stage of the run does differently. Raises InputError,
    naming the file and the key, for a key that is missing, unknown or of the wrong type, and for a change of a key that a stage
    of the base sets itself.
    """
    path = Path(path)
    settings = _read(path, [])
    changed: dict[str, Any] = {}
    for key, value in map(_change, changes):
        both = isinstance(value, dict) and isinstance(changed.get(key), dict)
        changed[key] = {**changed[key], **value} if both else value  # type: ignore[dict-item]
    _override(settings, "command line", changed)
    for field in fields(Recipe):
        if field.name not in settings:
            raise InputError(f"{path}: missing key {field.name}")
    values = {field.name: _convert(field.name, field.type, *settings[field.name]) for field in fields(Recipe)}
    return Recipe(**values | {"stages": _stages(settings["stages"][0], values["stages"])})


def _read(path: Path, below: list[Path]) -> dict[str, tuple[object, object]]:
    """The settings of a file over those of its base: the origin and value of each key."""
    values = read_yaml(path, "a list of lines 'key: value'")
    settings: dict[str, tuple[object, object]] = {}
    if "base" in values:
        base = path.parent / str(values.pop("base"))
        if base.resolve() in [*below, path.resolve()]:
            raise InputError(f"{path}: base: {base.name} is based on this file")
        if not base.is_file():
            raise InputError(f"{path}: base: {base}: no such file")
        settings = _read(base, [*below, path.resolve()])
    _override(settings, path, values)
    return settings


def _change(text: str) -> tuple[str, object]:
    key, separator, written = text.partition("=")
    if not separator:
        raise InputError(f"{text!r}: a change to the recipe is written key=value")
    value = parse_yaml(written, repr(text))
    group, separator, option = key.partition(".")
    return (group, {option: value}) if separator and group == "options" else (key, value)


def _override(settings: dict[str, tuple[object, Any]], origin: object, values: dict) -> None:
    known = [field.name for field in fields(Recipe)]
    for key, value in values.items():
        if key not in known:
            raise InputError(f"{origin}: unknown key {key}; choose from {', '.join(known)}")
        if key == "options" and isinstance(value, dict) and isinstance(settings.get(key, (None, None))[1], dict):
            value = {**settings[key][1], **value}
        settings[key] = origin, value
    stages = settings["stages"][1] if "stages" in settings and "stages" not in values else ()
    for number, own in enumerate(stages if isinstance(stages, list) else (), 1):
        for key in values:
            if isinstance(own, dict) and key in own:
                raise InputError(f"{origin}: {key} has no effect on stage {number}, which sets its own; give stages too")


def _stages(origin: object, stages: Any) -> tuple[dict[str, Any], ...]:
    """The settings of each stage, converted."""
    kinds = {field.name: field.type for field in fields(Recipe) if field.name not in _OF_THE_RUN}
    for number, own in enumerate(stages, 1):
        if unknown := [str(key) for key in own if key not in kinds]:
            raise InputError(f"{origin}: stage {number} cannot set {', '.join(unknown)}; choose from {', '.join(kinds)}")
    return tuple(
        {key: _convert(key, kinds[key], f"{origin}: stage {number}", value) for key, value in own.items()}
        for number, own in enumerate(stages, 1)
    )


def _convert(key: str, kind: Any, origin: object, value: Any) -> Any:
    try:
        value = _as(kind, value)
        lowest = 1 if key in _POSITIVE and kind is int else 0
        if isinstance(value, float | int) and (value < lowest or (key in _POSITIVE and not value)):
            raise ValueError
        if key in _SHARES and value > 1:
            raise ValueError
        if key == "part_rates":
            value = {part: _as(float, factor) for part, factor in value.items()}
            if min(value.values(), default=0) < 0:
                raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{origin}: {key} must be {_describe(key, kind)}, not {value!r}") from None
    return value


def _as(kind: Any, value: Any) -> Any:
    """Convert `value` to `kind`. Raises ValueError or TypeError if impossible."""
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError
        return value
    if isinstance(kind, UnionType):
        return None if value is None else _as(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        item_kind = get_args(kind)[0]
        if isinstance(value, str | bytes) or (item_kind is float and any(item < 0 for item in value)):
            raise ValueError
        return tuple(_as(item_kind, item) for item in value)
    if get_origin(kind) is dict:
        return {str(option): choice for option, choice in value.items()} if isinstance(value, dict) else _as(dict, None)
    if isinstance(value, bool) != (kind is bool) or value is None:
        raise TypeError
    if kind is str and not isinstance(value, str):
        raise TypeError
    converted = kind(value)
    if isinstance(converted, float | int) and not (isfinite(converted) and converted == float(value)):
        raise ValueError  # a fraction for an integer, infinity or NaN
    return converted


def _describe(key: str, kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if key in _SHARES:
        return "a number in 0..1"
    if key == "part_rates":
        return "factors of at least 0 by part of the network, like {backbone: 0.1}"
    if kind is int or kind is float:
        number = "a whole number" if kind is int else "a number"
        return f"{number} above 0" if key in _POSITIVE else f"{number} of at least 0"
    plain: dict[Any, str] = {bool: "true or false", str: "a text", tuple[float, ...]: "a list of numbers, like [40, 70]"}
    plain |= {tuple[str, ...]: "a list of files, like [one.xml, two.onnx]"}
    plain |= {float | None: "a number of at least 0, or null", dict[str, Any]: "a list of options, like {pool: average}"}
    plain |= {tuple[dict[str, Any], ...]: "a list of settings for each stage, like [{}, {epochs: 35, schedule: cycles}]"}
    return plain[kind]
