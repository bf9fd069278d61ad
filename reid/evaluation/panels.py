"""Figures of several panels as PNG files, drawn by matplotlib, which is in the extra `plots`."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid.common.errors import InputError
from reid.common.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL = 3.6  # inches
ENTRY = 2.4  # inches, the width of a legend's column
DOTS = 150  # per inch


def require_matplotlib() -> None:
    """Raise InputError if matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise InputError("plots need matplotlib, which is not installed: pip install 'mtmc[plots]'") from None


def panels(rows: int, columns: int, title: str = "", width: float = PANEL, height: float = PANEL) -> "tuple[Figure, np.ndarray]":
    """A figure with `rows` x `columns` panels, each `width` x `height` inches, and the panels, an array of that shape.

    Without pyplot, which would keep it and need a display. Raises InputError if matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure((width * columns, height * rows), layout="constrained")
    figure.suptitle(title, fontsize="small", wrap=True)
    return figure, figure.subplots(rows, columns, squeeze=False)


def add_legend(figure: "Figure", drawn: np.ndarray, markers: float = 1) -> None:
    """One legend below all panels in `drawn`, with the entries of all, and markers scaled by `markers`."""
    shown = {label: each for axes in drawn.flat for each, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    columns = min(len(shown), max(1, int(figure.get_figwidth() / ENTRY)))
    figure.legend(
        list(shown.values()), list(shown), loc="outside lower center", ncols=columns, fontsize="small", markerscale=markers
    )


def save(figure: "Figure", path: str | Path) -> None:
    """Write the PNG file `path`, atomically."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=DOTS, format="png")
