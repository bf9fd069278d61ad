"""Rows of measures, grouped by data set: printed as a table, and written as CSV. Numbers with a fraction are shares in 0..1."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

NARROWEST = 120  # characters: a wrapped line loses nothing; a squeezed column would


def joined(rows: Mapping[str, list[dict]]) -> list[dict]:
    """The rows of all sets."""
    return [row for of_set in rows.values() for row in of_set]


def print_rows(rows: Mapping[str, list[dict]], title: str | None, narrowest: int = NARROWEST) -> None:
    """Print the rows, one or more, in per cent, at least `narrowest` characters wide."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    for column, value in joined(rows)[0].items():
        numeric = not isinstance(value, str)
        table.add_column(column, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for of_set in rows.values():
        for row in of_set:
            table.add_row(*(f"{100 * value:.1f}" if isinstance(value, float) else str(value) for value in row.values()))
        table.add_section()
    Console(width=max(Console().width, narrowest)).print(table)


def write_rows(path: Path, rows: Iterable[Mapping]) -> None:
    """Write the rows, one or more, which have the same columns."""
    from reid.common.files import replacing

    first, *_ = rows = list(rows)
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, first)
        writer.writeheader()
        for row in rows:
            writer.writerow({name: f"{value:.4f}" if isinstance(value, float) else value for name, value in row.items()})
