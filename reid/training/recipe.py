"""A training recipe: a flat YAML file whose every key is a field here."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import yaml

from reid.errors import InputError


@dataclass(frozen=True)
class Recipe:
    """What a training run depends on, but for the place of the data. The YAML files in `configs/reid` explain each key."""

    model: str
    epochs: int
    identities_per_batch: int
    images_per_identity: int
    optimiser: str
    learning_rate: float
    warmup_epochs: float
    step_epochs: tuple[float, ...]
    weight_decay: float
    label_smoothing: float
    triplet_weight: float
    random_erasing: float
    early_epochs: int
    early_height: int
    early_width: int
    average_epochs: float
    precision: str
    seed: int


def read_recipe(path: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply `changes`, each a text `key=value`.

    Raises InputError, naming the file and the key, when a key is missing, unknown or of the wrong kind.
    """
    try:
        values = yaml.safe_load(Path(path).read_text())
        values |= dict(_change(text) for text in changes)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except TypeError as error:
        raise InputError(f"{path}: a recipe is a list of lines 'key: value'") from error
    known = {field.name: field.type for field in fields(Recipe)}
    for key in values:
        if key not in known:
            raise InputError(f"{path}: unknown key {key!r}; a recipe has: {', '.join(known)}")
    for key in known:
        if key not in values:
            raise InputError(f"{path}: the key {key!r} is missing")
    return Recipe(**{key: _convert(path, key, kind, values[key]) for key, kind in known.items()})


def _change(text: str) -> tuple[str, object]:
    key, separator, value = text.partition("=")
    if not separator:
        raise InputError(f"{text!r}: a change to the recipe is written key=value")
    return key, yaml.safe_load(value)


def _convert(path: str | Path, key: str, kind: type, value: object) -> object:
    try:
        if kind is int and int(value) != value:
            raise ValueError
        return tuple(float(item) for item in value) if kind == tuple[float, ...] else kind(value)
    except (TypeError, ValueError):
        raise InputError(f"{path}: {key}: {value!r} is not what this key takes, {getattr(kind, '__name__', kind)}") from None
