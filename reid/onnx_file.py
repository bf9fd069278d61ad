"""A network from elsewhere: an ONNX file, with a YAML of the same name beside it that says what happens to an image first."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from reid.errors import InputError
from reid.files import replacing
from reid.preprocessing import Preprocessing
from reid.weights_file import THRESHOLDS

_KEYS = {"height", "width", "mean", "std", *THRESHOLDS}
_EXAMPLE = "height: 256, width: 128, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]"


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file that maps `(B, 3, H, W)` float32 RGB images, B free or 1, to `(B, D)` rows, with its preprocessing."""

    path: Path
    preprocessing: Preprocessing
    max_cosine_distance: float | None = None
    max_set_distance: float | None = None
    max_link_distance: float | None = None

    @property
    def model(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    @cached_property
    def hash(self) -> str:
        """SHA-256, in hexadecimal, of the file and its preprocessing."""
        return hashlib.sha256(self.preprocessing.to_metadata().encode() + self.path.read_bytes()).hexdigest()


def read_onnx(path: str | Path) -> OnnxFile:
    """Read the YAML beside an ONNX file; the network itself is read by an engine.

    Raises InputError when either file is missing, or when the YAML is not flat and complete.
    """
    path = Path(path)
    description = path.with_suffix(".yaml")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if not description.is_file():
        raise InputError(f"{description}: missing; it must describe what {path.name} expects, for example {{{_EXAMPLE}}}")
    try:
        fields = yaml.safe_load(description.read_text(encoding="utf-8"))
        unknown = fields.keys() - _KEYS
        if unknown:
            raise InputError(f"{description}: unknown key {min(unknown)!r}; there are: {', '.join(sorted(_KEYS))}")
        mean, std = (tuple(float(value) for value in fields[key]) for key in ("mean", "std"))
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise InputError(f"{description}: mean and std must be three numbers each, those of std above 0")
        preprocessing = Preprocessing(int(fields["height"]), int(fields["width"]), mean, std)
        thresholds = {name: float(fields[name]) for name in THRESHOLDS if fields.get(name) is not None}
        return OnnxFile(path, preprocessing, **thresholds)
    except InputError:
        raise
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{description}: must hold {{{_EXAMPLE}}} or the like ({type(error).__name__}: {error})") from None


def check_shapes(source: OnnxFile, taken: list[int | None], given: list[list[int | None]]) -> bool:
    """Whether the network takes one image at a time, and not any number.

    `taken` is the shape of its input, `given` those of its outputs, None for a side that is free. Raises InputError for anything
    but images of the height and width in the YAML to one table of rows.
    """
    path, size = source.path, source.preprocessing
    wanted = f"an embedding network takes (B, 3, H, W) and gives one output (B, D), but it takes {_shape(taken)} and gives"
    if len(taken) != 4 or taken[1] not in (3, None) or len(given) != 1 or len(given[0]) != 2:
        raise InputError(f"{path}: {wanted} {', '.join(map(_shape, given))}")
    for name, side, ours in (("height", taken[2], size.height), ("width", taken[3], size.width)):
        if side not in (None, ours):
            raise InputError(f"{path.with_suffix('.yaml')}: {name} {ours}, but {path.name} takes images of {taken[2]}x{taken[3]}")
    if taken[0] not in (None, 1):
        raise InputError(f"{path}: takes {taken[0]} images at a time: export it with a free batch axis")
    return taken[0] == 1


def _shape(sides: list[int | None]) -> str:
    return f"({', '.join('free' if side is None else str(side) for side in sides)})"


def write_description(
    path: str | Path,
    preprocessing: Preprocessing,
    max_cosine_distance: float | None,
    max_set_distance: float | None = None,
    max_link_distance: float | None = None,
) -> Path:
    """Write the YAML that `read_onnx` looks for beside the ONNX file `path`; the YAML's path."""
    fields = {
        "height": preprocessing.height,
        "width": preprocessing.width,
        "mean": list(preprocessing.mean),
        "std": list(preprocessing.std),
    }
    thresholds = zip(THRESHOLDS, (max_cosine_distance, max_set_distance, max_link_distance), strict=True)
    fields.update({name: value for name, value in thresholds if value is not None})
    description = Path(path).with_suffix(".yaml")
    with replacing(description) as temporary:
        temporary.write_text(yaml.safe_dump(fields, sort_keys=False), encoding="utf-8")
    return description
