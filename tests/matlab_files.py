"""MATLAB's structs and cells, as `scipy.io.savemat` takes them."""

import numpy as np


def matlab_struct(**fields) -> np.ndarray:
    """A 1 x 1 struct array, as MATLAB saves it."""
    struct = np.empty((1, 1), [(name, object) for name in fields])
    for name, value in fields.items():
        struct[name][0, 0] = value
    return struct


def matlab_cells(*rows: list) -> np.ndarray:
    cells = np.empty((len(rows), len(rows[0])), object)
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            cells[row, column] = value
    return cells
