"""The printed figures of a table by row, data set and measure."""

from collections.abc import Mapping
from typing import Any

from benchmarks.papers import Cell, printed
from benchmarks.reid.table import CUHK03, DUKE, LIP, MARKET, REPORTED_DUKE, REPORTED_MARKET, TO_DUKE, TO_MARKET

Figures = dict[str, dict[str, float]]  # by data set and measure

SETS = {
    "market": MARKET,
    "cuhk03": CUHK03,
    "duke": DUKE,
    "m2d": TO_DUKE,
    "d2m": TO_MARKET,
    "reported_market": REPORTED_MARKET,
    "reported_duke": REPORTED_DUKE,
}
MEASURES = {"r1": "rank-1", "r5": "rank-5", "r10": "rank-10", "map": "mAP", "R": "R"}
MEASURES |= {"overall_acc": "overall acc.", "mean_acc": "mean acc.", "mean_iou": "mean IoU"}


def figures(name: str, *keys: str) -> dict[Any, Figures]:
    """The figures of each row of the printed table `name`, by the row's cell in the column `keys`, or its cells in several.

    Rows of different data sets with the same cells are one. Figures that are not printed are left out.
    """
    found: dict[Any, Figures] = {}
    for row in printed(name).rows:
        cells = tuple(row[key] for key in keys)
        of_row = found.setdefault(cells if len(keys) > 1 else cells[0], {})
        for data_set, measure, figure in _figures(row):
            of_row.setdefault(data_set, {})[measure] = figure
    return found


def _figures(row: Mapping[str, Cell]) -> list[tuple[str, str, float]]:
    """The figures of one printed row, each with its data set and measure: those of the row, those of the column, or else LIP."""
    found = []
    for column, cell in row.items():
        group, _, key = column.rpartition("_")
        if column in MEASURES:
            data_set, measure = str(row.get("dataset", LIP)), MEASURES[column]
        elif group in SETS and key in MEASURES:
            data_set, measure = SETS[group], MEASURES[key]
        else:
            continue
        if isinstance(cell, int | float):
            found.append((data_set, measure, float(cell)))
    return found
