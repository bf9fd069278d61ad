"""Files of NumPy arrays, .npy and .npz: read without pickle, or rejected with one message that names the file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.foreign_files import reading

_STARTS = b"\x93NUMPY", b"PK\x03\x04"  # of anything else NumPy's own message advises to unpickle it


def read_array(path: Path, wanted: str, way_out: str = "") -> np.ndarray:
    """The array of an .npy file. Raises `InputError` for any other file: it must be `wanted`; `way_out` ends the message."""
    with reading(path, wanted, way_out):
        _check_start(path, _STARTS[0])
        return np.load(path, allow_pickle=False)


def read_arrays(path: Path, keys: Sequence[str], wanted: str, way_out: str = "") -> dict[str, np.ndarray]:
    """The arrays `keys` of an .npz file, by name. Raises `InputError` as `read_array` does, and for a file that lacks one."""
    with reading(path, wanted, way_out):
        _check_start(path, _STARTS[1])
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in keys}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):  # else the bytes of a member, as they are
            raise ValueError("a member of it is no array")
    return arrays


def _check_start(path: Path, start: bytes) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with path.open("rb") as file:
        if file.read(len(start)) != start:
            raise ValueError("it begins otherwise")
