"""The losses of training runs: read from their tables, and drawn by epoch as PNG, which needs the extra `plots`."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from reid.common.errors import InputError
from reid.evaluation.panels import add_legend, panels, save


def draw_losses(runs: Mapping[str, str | Path], path: str | Path, title: str = "") -> None:
    """Plot the losses of training runs, one panel per loss and one line per run, as the PNG file `path`.

    `runs` maps names to the `losses.csv` of training runs. Raises InputError if one is missing or malformed, or if matplotlib is
    not installed.
    """
    tables = {name: read_losses(file) for name, file in runs.items()}
    losses = [loss for loss in next(iter(tables.values())) if loss != "epoch"] if tables else []
    losses += sorted({loss for table in tables.values() for loss in table} - {"epoch", *losses})
    figure, drawn = panels(1, len(losses), title)
    for axes, loss in zip(drawn.flat, losses, strict=True):
        for name, table in tables.items():
            if loss in table:
                axes.plot(table["epoch"], table[loss], label=name, linewidth=1)
        axes.set(title=loss.replace("_", " "), xlabel="epoch")
    add_legend(figure, drawn)
    save(figure, path)


def read_losses(path: str | Path, by: Literal["epoch", "step"] = "epoch") -> dict[str, np.ndarray]:
    """The columns of a run's `losses.csv`, with a line per epoch, or of its `steps.csv`, with a line per step, by name.

    The first column is `by`. Raises InputError, naming file and line, for any other file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    if len(rows) < 2 or rows[0][0] != by:
        raise InputError(
            f"{path}: not a table of losses; it must start with a line like {by},identity_loss and have one line per {by}"
        )
    for number, row in enumerate(rows[1:], 2):
        try:
            [float(cell) for cell in row]
        except ValueError:
            raise InputError(f"{path}, line {number}: every column must be a number") from None
        if len(row) != len(rows[0]):
            raise InputError(f"{path}, line {number}: must have {len(rows[0])} columns, separated by commas, but has {len(row)}")
    return dict(zip(rows[0], np.array(rows[1:], float).T, strict=True))
