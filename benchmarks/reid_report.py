"""A table of ours beside the paper's: on the screen, as `summary.json` and as `summary.csv`."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from benchmarks.reid_rows import Data, Reduction, row_recipe
from benchmarks.reid_steps import MEASURES, Step, has_collapsed
from benchmarks.reid_tables import Table
from benchmarks.results import versions
from reid.files import replacing

CLUSTERING = {"clustering_ratio": "R", "norm_mean": "norm", "norm_deviation": "deviation", "norm_variation": "C.V."}


def title(table: Table, data: Data, reduction: Reduction) -> str:
    """The table's title with the data measured on; a reduced run says so, and by what."""
    on = " to ".join(data.names)
    full, used = (asdict(row_recipe(table, table.rows[0], each)) for each in (Reduction(), reduction))
    # What is counted in epochs shrinks with them, which goes without saying.
    told = [key for key in full if full[key] != used[key] and (key == "epochs" or not key.endswith("_epochs"))]
    reduced = [f"{key.replace('_', ' ')} {_short(used[key])} for {_short(full[key])}" for key in told]
    suffix = f"; REDUCED: {', '.join(reduced)}" if reduced else ""
    return f"{table.title}; ours on {on}{suffix}"


def print_table(table: Table, results: dict[str, dict], heading: str) -> None:
    """Print ours, in per cent, beside the figures that the paper prints for its data sets."""
    grid = Grid(title=heading)
    grid.add_column("row", no_wrap=True)
    for column in (*MEASURES, "mINP"):
        grid.add_column(f"ours {column}", justify="right")
    shown = CLUSTERING if table.clustering else {}
    for column in shown.values():
        grid.add_column(column, justify="right")
    for name in table.data_sets:
        for measure in MEASURES:
            grid.add_column(f"{name} {measure}", justify="right")
    for row in table.rows:
        result = results.get(row.name, {})
        cells = [_cell(result.get(key), 100) for key in (*MEASURES, "mINP")]
        cells += [_cell(result.get(key), 1, 3) for key in shown]
        cells += [_cell(figure) for name in table.data_sets for figure in row.paper.get(name, (None, None))]
        grid.add_row(row.name, *cells)
    Console(width=max(Console().width, 120)).print(grid)
    unfetched = [n for n, r in results.items() if r["recipe"]["backbone_weights"] == "imagenet" and r["started_from"] == "none"]
    if unfetched:
        print(f"from random weights, since ImageNet's could not be fetched: {', '.join(unfetched)}")
    if collapsed := [name for name, result in results.items() if has_collapsed(result)]:
        print(f"collapsed, all features being one point, so that the figures are chance: {', '.join(collapsed)}")


def print_steps(steps: list[Step]) -> None:
    """Print the direction of each step, ours beside the paper's."""
    grid = Grid(title="steps, in per cent: does the paper's direction hold here?")
    for column in ("step", "over", "measure", "ours", "paper", "verdict"):
        grid.add_column(column, justify="right" if column == "ours" else "left")
    for step in steps:
        changes = ", ".join(f"{change:+.1f} {name}" for name, change in step.paper.items())
        paper = changes or {"text": "by its text", "nothing": "no figures at hand"}[step.by]
        grid.add_row(step.row, step.over, step.measure, f"{step.ours:+.1f}", paper, step.verdict)
    Console(width=max(Console().width, 120)).print(grid)


def write_summary(folder: Path, table: Table, results: dict[str, dict], steps: list[Step], heading: str) -> None:
    """Write `summary.json` (`table`, `title`, `rows`, `steps`, `versions`) and `summary.csv`, the rows in per cent."""
    rows = [{**results[row.name], "paper": _paper(table, row.name)} for row in table.rows if row.name in results]
    summary = {
        "table": table.name,
        "title": heading,
        "rows": rows,
        "steps": [asdict(step) for step in steps],
        "versions": versions(),
    }
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n")
    ours = [*MEASURES, "mINP", *(CLUSTERING if table.clustering else ())]
    printed = [f"{name} {measure}" for name in table.data_sets for measure in MEASURES]
    with replacing(folder / "summary.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", *ours, *printed])
        for row in rows:
            figures = ["" if row[key] is None else f"{row[key] * (1 if key in CLUSTERING else 100):.4g}" for key in ours]
            beside = [row["paper"].get(name, {}).get(measure, "") for name in table.data_sets for measure in MEASURES]
            writer.writerow([row["row"], *figures, *beside])


def _paper(table: Table, name: str) -> dict[str, dict[str, float]]:
    row = next(row for row in table.rows if row.name == name)
    return {data_set: dict(zip(MEASURES, figures, strict=True)) for data_set, figures in row.paper.items()}


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else Path(value).name if isinstance(value, str) else str(value)


def _cell(value: float | None, scale: float = 1, digits: int = 1) -> str:
    return "" if value is None else f"{value * scale:.{digits}f}"
