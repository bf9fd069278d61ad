"""MATLAB files: matrices and structs of version 7 with SciPy, cell arrays also of version 7.3 (HDF5) with h5py."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from reid.common.errors import InputError


def read_matrices(path: Path) -> dict:
    """The variables of a file of version 7 or older, as from `scipy.io.loadmat`. Raises InputError for any other file."""
    try:
        return loadmat(path)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise InputError(f"{path}: not a MATLAB file of version 7 or older") from error


class Cells:
    """The cells of a variable that is a vector of cell arrays or matrices, read on demand. Raises InputError if the file lacks
    the variable, or if it is of version 7.3 and h5py is not installed.
    """

    def __init__(self, path: Path, variable: str):
        self._file = None
        try:
            self._cells = loadmat(path, variable_names=[variable])[variable].ravel()
        except NotImplementedError:
            self._file = _open_hdf5(path)
            if variable not in self._file:
                raise InputError(f"{path}: no variable {variable}") from None
            self._cells = self._file[variable][()].ravel()
        except KeyError:
            raise InputError(f"{path}: no variable {variable}") from None
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}: not a MATLAB file") from error

    def __enter__(self) -> "Cells":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int):
        """A matrix, or a cell array with a `shape`, indexed by row and column."""
        cell = self._cells[index]
        return cell if self._file is None else _resolve(self._file, cell)


class _References:
    """A cell array of a version 7.3 file, whose cells are read when indexed; HDF5 stores MATLAB's arrays transposed."""

    def __init__(self, file, references: np.ndarray):
        self._file, self._references, self.shape = file, references, references.shape

    def __getitem__(self, place: tuple[int, int]) -> np.ndarray:
        return _resolve(self._file, self._references[place])


def _resolve(file, reference):
    values = file[reference][()].T
    return _References(file, values) if values.dtype == object else values


def _open_hdf5(path: Path):
    try:
        import h5py
    except ImportError:
        raise InputError(
            f"{path}: MATLAB version 7.3 needs h5py: pip install 'mtmc[cuhk03]', or save the variables with -v7"
        ) from None
    return h5py.File(path, "r")
