"""MATLAB files: matrices and structs of version 7 with SciPy, cell arrays also of version 7.3 (HDF5) with h5py."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from reid.common.errors import InputError
from reid.common.foreign_files import reading


def reading_matlab(path: Path) -> AbstractContextManager[None]:
    """A context that raises InputError for whatever reading the MATLAB file `path`, or other variables than expected, raises."""
    return reading(path, "a MATLAB file of this data set", "unpack it from its archive again")


def read_matrices(path: Path) -> dict:
    """The variables of a file of version 7 or older, as from `scipy.io.loadmat`. Raises InputError for any other file."""
    with reading_matlab(path):
        return loadmat(path)


@contextmanager
def open_cells(path: Path, variable: str) -> Iterator["Cells"]:
    """The cells of a `variable`, a vector, while the file is open.

    Raises InputError if the file lacks the variable, if it is of version 7.3 and h5py is not installed, and for whatever is
    raised while the cells are read, since a file is damaged or holds something else.
    """
    with reading_matlab(path):
        try:
            found, file = loadmat(path, variable_names=[variable]), None
        except NotImplementedError:
            found = file = _open_hdf5(path)
        with file or nullcontext():
            if variable not in found:
                raise InputError(f"{path}: no variable {variable}")
            yield Cells(found[variable][()].ravel(), file)


class Cells:
    """A vector of cell arrays or matrices, which are read on demand from the HDF5 `file`, if there is one."""

    def __init__(self, cells: np.ndarray, file=None):
        self._cells, self._file = cells, file

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
