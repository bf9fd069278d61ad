"""A table of our results beside the paper's: printed, as `summary.json` and as `summary.csv`."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid

from benchmarks.reid.data import Data
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.steps import Step, has_collapsed
from benchmarks.reid.table import Row, Table
from benchmarks.scores.results import versions
from reid.common.files import replacing

CLUSTERING = {"clustering_ratio": "R", "norm_mean": "norm", "norm_deviation": "deviation", "norm_variation": "C.V."}


def title(table: Table, directions: Sequence[Data], reduction: Reduction) -> str:
    """The table's title with its training and evaluation data in one direction or two, and any reductions of the run."""
    on = " and ".join(data.direction for data in directions)
    return with_reductions(f"{table.title}; ours on {on}", reductions(table, directions, reduction))


def reductions(table: Table, directions: Sequence[Data], reduction: Reduction) -> list[str]:
    """What a run changes of the table's recipe and leaves out of its data, each as text."""
    full, used = (asdict(row_recipe(table, table.trained[0], each)) for each in (Reduction(), reduction))
    # Settings in epochs shrink along with them and are not listed; teachers are data.
    silent = {"teacher", *(key for key in full if key.endswith("_epochs"))}
    told = [key for key in full if full[key] != used[key] and key not in silent]
    reduced = [f"{key.replace('_', ' ')} {_short(used[key])} for {_short(full[key])}" for key in told]
    for data in directions:
        if (identities := int(data.labelled.ids.max()) + 1) != data.whole:
            reduced.append(f"{identities} identities for {data.whole}")
    return reduced


def with_reductions(title: str, reduced: Sequence[str]) -> str:
    """A title with what a run has `reduced`, if anything."""
    return f"{title}; REDUCED: {', '.join(reduced)}" if reduced else title


def print_table(table: Table, results: dict[str, dict], heading: str) -> None:
    """Print our results, in per cent and with the spread over seeds, beside the paper's figures for its data sets."""
    grid = Grid(title=heading)
    grid.add_column("row", no_wrap=True)
    ours = _columns(table, results)
    for name, key in ours:
        grid.add_column(f"ours {name} {CLUSTERING.get(key, key)}", justify="right")
    for name, measure in table.columns:
        grid.add_column(f"paper {name} {measure}", justify="right")
    for row in table.rows:
        cells = [_ours(results[row.name], *column) if row.name in results else "" for column in ours]
        grid.add_row(row.name, *cells, *_beside(table, row))
    _print(grid)
    unfetched = [n for n, r in results.items() if r["recipe"]["backbone_weights"] == "imagenet" and r["started_from"] == "none"]
    if unfetched:
        print(f"from random weights, since ImageNet's could not be downloaded: {', '.join(unfetched)}")
    if collapsed := [name for name, result in results.items() if any(map(has_collapsed, result["scores"].values()))]:
        print(f"collapsed to one point, so the figures are chance: {', '.join(collapsed)}")


def print_steps(steps: list[Step]) -> None:
    """Print the direction of each step, ours beside the paper's; nothing without steps."""
    if not steps:
        return
    beside = any(step.paper for step in steps)
    grid = Grid(title="steps, in per cent: does the paper's direction hold here?" if beside else "steps, in per cent")
    for column in ("step", "over", "on", "measure", "ours", *(("paper", "verdict") if beside else ())):
        grid.add_column(column, justify="right" if column == "ours" else "left")
    for step in steps:
        paper = ", ".join(f"{change:+} {name}" for name, change in step.paper.items()) or "no figures"
        ours = f"{step.ours:+.1f}" if step.spread is None else f"{step.ours:+.1f} ± {step.spread:.1f}"
        cells = step.row, step.over, step.on, step.measure, ours, paper, step.verdict
        grid.add_row(*cells[: len(grid.columns)])
    _print(grid)


def write_summary(folder: Path, table: Table, results: dict[str, dict], steps: list[Step], heading: str) -> None:
    """Write `summary.json` (`table`, `title`, `rows`, `steps`, `versions`) and `summary.csv`, the rows in per cent.

    A row of another method has only `row` and `paper`.
    """
    shown = [row for row in table.rows if row.printed or row.name in results]
    rows = [{**results.get(row.name, {"row": row.name}), "paper": row.paper} for row in shown]
    summary = {
        "table": table.name,
        "title": heading,
        "rows": rows,
        "steps": [asdict(step) for step in steps],
        "versions": versions(),
    }
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n")
    ours = _columns(table, results)
    several = any(len(result["seeds"]) > 1 for result in results.values())
    parts = {"scores": "", "spread": " spread"} if several else {"scores": ""}
    printed = map(" ".join, table.columns)
    with replacing(folder / "summary.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", *(f"ours {name} {key}{suffix}" for name, key in ours for suffix in parts.values()), *printed])
        for row in shown:
            columns = [(part, name, key) for name, key in ours for part in parts]
            cells = [_cell(results[row.name], *column) if row.name in results else "" for column in columns]
            writer.writerow([row.name, *cells, *_beside(table, row)])


def _print(grid: Grid) -> None:
    """Print a grid; on longer lines than the terminal's if its words need them, since a wrapped line loses nothing."""
    console = Console(width=max(Console().width, 120))
    if _least_width(console, grid) > console.width:
        for column in grid.columns:
            column.width = max(map(len, (*str(column.header).split(), *map(str, column.cells))))
        console = Console(width=_least_width(console, grid))
    console.print(grid)


def _least_width(console: Console, grid: Grid) -> int:
    return Measurement.get(console, console.options.update_width(10_000), grid).minimum


def _columns(table: Table, results: dict[str, dict]) -> list[tuple[str, str]]:
    """The measures shown of our results, each as a data set and a key."""
    keys = [*table.measures, "regions" if table.parses else "mINP", *(CLUSTERING if table.clustering else ())]
    return [(name, key) for name in next(iter(results.values()))["scores"] for key in keys]


def _ours(result: dict, name: str, key: str) -> str:
    value, spread = (result[part][name][key] for part in ("scores", "spread"))
    form = ".3f" if key in CLUSTERING else ".1f"
    told = (f"{each * _scale(key):{form}}" for each in (value, spread) if each is not None)
    return " ± ".join(told)


def _cell(result: dict, part: str, name: str, key: str) -> str:
    value = result[part][name][key]
    return "" if value is None else f"{value * _scale(key):.4g}"


def _scale(key: str) -> int:
    return 1 if key in CLUSTERING else 100  # per cent, except for the clustering figures


def _beside(table: Table, row: Row) -> list[str]:
    """The paper's figures of a row, as it prints them; empty where it prints none."""
    return [str(row.paper.get(name, {}).get(measure, "")) for name, measure in table.columns]


def _short(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {_short(each)}" for key, each in value.items()) or "none"
    return f"{value:g}" if isinstance(value, float) else Path(value).name if isinstance(value, str) else str(value)
