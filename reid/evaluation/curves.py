"""Loss curves and two-dimensional features as PNG: Luo et al., TMM 2019, Fig. 7 and Fig. 9. Needs the extra `plots`."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.files import replacing

PANEL = 3.6  # inches


def draw_losses(runs: Mapping[str, str | Path], path: str | Path, title: str = "") -> None:
    """Plot the losses of training runs, one panel per loss and one line per run, as the PNG file `path`.

    `runs` maps names to the `losses.csv` of training runs, whose first column is the epoch. Raises InputError if one is missing
    or malformed, or if matplotlib is not installed.
    """
    tables = {name: read_losses(file) for name, file in runs.items()}
    losses = [loss for loss in next(iter(tables.values())) if loss != "epoch"] if tables else []
    losses += sorted({loss for table in tables.values() for loss in table} - {"epoch", *losses})
    figure, panels = _panels(len(losses), title)
    for panel, loss in zip(panels, losses, strict=True):
        for name, table in tables.items():
            if loss in table:
                panel.plot(table["epoch"], table[loss], label=name, linewidth=1)
        panel.set(title=loss.replace("_", " "), xlabel="epoch")
    _name(figure, panels, 1)
    _save(figure, path)


def read_losses(path: str | Path) -> dict[str, np.ndarray]:
    """The columns of a `losses.csv` by name. Raises InputError, naming file and line, for any other file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    if len(rows) < 2 or rows[0][0] != "epoch":
        raise InputError(
            f"{path}: not a table of losses; it must start with a line like epoch,identity_loss and have one line per epoch"
        )
    for number, row in enumerate(rows[1:], 2):
        try:
            [float(cell) for cell in row]
        except ValueError:
            raise InputError(f"{path}, line {number}: every column must be a number") from None
        if len(row) != len(rows[0]):
            raise InputError(f"{path}, line {number}: must have {len(rows[0])} columns, separated by commas, but has {len(row)}")
    return dict(zip(rows[0], np.array(rows[1:], float).T, strict=True))


def draw_features(
    panels: Mapping[str, np.ndarray], labels: np.ndarray, path: str | Path, title: str = "", names: Sequence[str] = ()
) -> None:
    """Plot 2-d features as the PNG file `path`: one panel for each of `panels`, `(N, 2)`, one colour per class.

    `labels (N,)` are the classes, 0..C-1, at most ten; `names` are their names. Raises InputError if matplotlib is not installed.
    """
    figure, axes = _panels(len(panels), title)
    for axis, (name, features) in zip(axes, panels.items(), strict=True):
        for label in np.unique(labels):
            own = features[labels == label]
            axis.scatter(*own.T, s=3, color=f"C{label}", label=names[label] if names else str(label))
        axis.set(title=name)
        axis.axhline(0, color="0.8", linewidth=0.5, zorder=0)
        axis.axvline(0, color="0.8", linewidth=0.5, zorder=0)
    _name(figure, axes, 3)
    _save(figure, path)


def _panels(count: int, title: str):
    """A figure with `count` panels side by side, without pyplot, which would keep it and need a display."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise InputError("plots need matplotlib, which is not installed: pip install 'mtmc[plots]'") from None
    figure = Figure((PANEL * count, PANEL), layout="constrained")
    figure.suptitle(title, fontsize="small", wrap=True)
    return figure, figure.subplots(1, count, squeeze=False)[0]


def _name(figure, panels, markers: float) -> None:
    """One legend beside all `panels`, with the entries of all, and markers scaled by `markers`."""
    shown = {label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(shown.values(), shown.keys(), loc="outside right upper", fontsize="x-small", markerscale=markers)


def _save(figure, path: str | Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=150)
