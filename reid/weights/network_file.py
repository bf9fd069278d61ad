"""An external network: an ONNX or OpenVINO file, with a YAML of the same name that describes its preprocessing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from reid.common.errors import InputError
from reid.common.files import replacing
from reid.common.foreign_files import reading
from reid.common.yaml_file import read_yaml
from reid.preprocessing import Preprocessing
from reid.weights.thresholds import KEYS, Thresholds

SUFFIXES = ".onnx", ".xml"
_KEYS = {"height", "width", "colours", "range", "mean", "std", *KEYS}
_EXAMPLE = (
    "{height: 256, width: 128, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, "
    "or {height: 256, width: 128, colours: bgr, range: 255}"
)


@dataclass(frozen=True)
class NetworkFile:
    """A network that maps `(B, 3, H, W)` float32 images, with B free or 1, to `(B, D)` rows, with its preprocessing.

    `path` is an ONNX file, or an OpenVINO one (.xml), whose weights are in a .bin of the same name.
    """

    path: Path
    preprocessing: Preprocessing
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def model(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    @property
    def suffix(self) -> str:
        """One of `SUFFIXES`, in lower case."""
        return self.path.suffix.lower()

    @property
    def weights(self) -> Path:
        """The file with the weights: the .bin beside an OpenVINO file, or the ONNX file itself."""
        return self.path.with_suffix(".bin") if self.suffix == ".xml" else self.path

    @cached_property
    def hash(self) -> str:
        """SHA-256, in hexadecimal, of the preprocessing and all files of the network."""
        digest = hashlib.sha256(self.preprocessing.to_metadata().encode())
        for path in dict.fromkeys((self.path, self.weights)):
            digest.update(path.read_bytes())
        return digest.hexdigest()


def read_network_file(path: str | Path) -> NetworkFile:
    """Read the YAML beside an ONNX or OpenVINO file; an engine reads the network itself.

    The YAML is flat: height and width in pixels, `colours` (rgb, or bgr), `range` (1 for values in 0..1, or 255 for 0..255), mean
    and std in that order and range, and thresholds. With an explicit range, mean and std may be omitted; they default to 0 and 1.
    Raises InputError for a missing or truncated file, or a malformed YAML.
    """
    path = Path(path)
    description = path.with_suffix(".yaml")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if not description.is_file():
        raise InputError(f"{description}: no such file; it must describe the input of {path.name}, for example {_EXAMPLE}")
    fields = read_yaml(description, f"keys and values, like {_EXAMPLE}")
    try:
        unknown = sorted(map(str, fields.keys() - _KEYS))
        if unknown:
            raise ValueError(f"unknown key {unknown[0]}; choose from {', '.join(sorted(_KEYS))}")
        thresholds = Thresholds.from_fields(fields)
        source = NetworkFile(path, _preprocessing(fields), thresholds)
    except ValueError as error:
        raise InputError(f"{description}: {error}") from None
    if source.weights != path:
        _check_weights(source)
    return source


def _preprocessing(fields: Mapping[str, Any]) -> Preprocessing:
    """The preprocessing in the YAML's `fields`. Raises ValueError, naming the key."""
    if "range" in fields:
        fields = {"mean": [0, 0, 0], "std": [1, 1, 1], **fields}
    for key in ("height", "width", "mean", "std"):
        if key not in fields:
            raise ValueError(f"missing key {key}; for example {_EXAMPLE}")
    height, width, values = (int(_number({"range": 1, **fields}, key, whole=True)) for key in ("height", "width", "range"))
    mean, std = (_three(fields, key) for key in ("mean", "std"))
    return Preprocessing(height, width, mean, std, fields.get("colours", "rgb"), values)


def _number(fields: Mapping[str, Any], key: str, whole: bool = False) -> float:
    try:
        value: float | None = float(fields[key])
    except (TypeError, ValueError, OverflowError):
        value = None
    if value is None or (whole and not value.is_integer()):
        raise ValueError(f"{key} must be a {'whole ' if whole else ''}number, not {fields[key]!r}")
    return value


def _three(fields: Mapping[str, Any], key: str) -> tuple[float, float, float]:
    try:
        first, second, third = map(float, fields[key])
        return first, second, third
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{key} must be three numbers, not {fields[key]!r}") from None


def _check_weights(source: NetworkFile) -> None:
    """Raise InputError if an OpenVINO file is damaged, or its .bin is missing or shorter than the .xml requires."""
    path, weights = source.path, source.weights
    if not weights.is_file():
        raise InputError(f"{weights}: no such file; it holds the weights of {path.name}: copy both")
    with reading(path, "a network written by OpenVINO"):
        constants = [layer.findall("data")[0] for layer in ElementTree.parse(path).iter("layer") if layer.get("type") == "Const"]
        wanted = max((int(place.attrib["offset"]) + int(place.attrib["size"]) for place in constants), default=0)
    there = weights.stat().st_size
    if there < wanted:
        raise InputError(f"{weights}: holds {there} of the {wanted} bytes that {path.name} refers to: copy both files again")


def check_shapes(source: NetworkFile, taken: list[list[int | None]], given: list[list[int | None]]) -> bool:
    """Whether the network takes one image at a time, instead of any number.

    `taken` are the shapes of its inputs, `given` those of its outputs, with None for free dimensions. Raises InputError unless it
    maps images of the height and width in the YAML to one matrix of rows.
    """
    path, size = source.path, source.preprocessing
    if len(taken) != 1 or len(taken[0]) != 4 or taken[0][1] not in (3, None) or len(given) != 1 or len(given[0]) != 2:
        wanted = "an embedding network must map (B, 3, H, W) to one output (B, D)"
        raise InputError(f"{path}: {wanted}, not {_shapes(taken)} to {_shapes(given)}")
    count, _, *sides = taken[0]
    for name, side, ours in zip(("height", "width"), sides, (size.height, size.width), strict=True):
        if side not in (None, ours):
            theirs = "x".join("free" if each is None else str(each) for each in sides)
            raise InputError(f"{path.with_suffix('.yaml')}: {name} {ours}, but {path.name} takes images of {theirs}")
    if count not in (None, 1):
        raise InputError(f"{path}: takes {count} images at a time; export it with a free batch axis")
    return count == 1


def _shapes(shapes: list[list[int | None]]) -> str:
    sides = (", ".join("free" if side is None else str(side) for side in shape) for shape in shapes)
    return ", ".join(f"({each})" for each in sides) or "nothing"


def write_description(path: str | Path, preprocessing: Preprocessing, thresholds: Thresholds) -> Path:
    """Write the YAML for `read_network_file` beside the network `path`; returns its path."""
    fields = preprocessing.fields() | thresholds.fields()
    description = Path(path).with_suffix(".yaml")
    with replacing(description) as temporary:
        temporary.write_text(yaml.safe_dump(fields, sort_keys=False), encoding="utf-8")
    return description
