"""What the papers print, from `papers.yaml`: tables cell by cell, training, figures, and the size of networks; facts alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reid.common.yaml_file import read_yaml

FILE = Path(__file__).with_suffix(".yaml")
Cell = str | float | bool | None


@dataclass(frozen=True)
class Printed:
    """A printed table: its `columns`, and its `rows`, each with a cell a column; None: a dash, or nothing."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Cell], ...]


def tables() -> dict[str, Printed]:
    """All printed tables by id: the paper ("tmm", "cvprw", "lawen", "spreid") and the number, such as "tmm_1"."""
    return {name: printed(name) for name in facts("tables")}


def printed(name: str) -> Printed:
    """The printed table with the id `name`."""
    table = facts("tables")[name]
    columns = tuple(table["columns"])
    return Printed(columns, tuple(dict(zip(columns, row, strict=True)) for row in table["rows"]))


def shares(name: str, *keys: str) -> dict[tuple[str, ...], dict[str, float]]:
    """The figures of the table `name` in 0..1, each row's by column, under its cells in the text columns `keys`."""
    rows = printed(name).rows
    return {
        tuple(str(row[key]) for key in keys): {
            column: round(figure / 100, 6) for column, figure in row.items() if isinstance(figure, int | float)
        }
        for row in rows
    }


def facts(kind: str) -> Mapping[str, Any]:
    """What the file says of one `kind` by name: "tables", "training" (keys of a recipe by its name), "figures", "networks"."""
    return _read()[kind]


@cache
def _read() -> dict[str, Any]:
    return read_yaml(FILE, "what the papers print")
