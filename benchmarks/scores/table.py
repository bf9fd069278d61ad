"""The printed table of scores and speeds: lines of sequences, of runs and of papers."""

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.scores.results import COLUMNS, SequenceResult, by_run, row, sums

Columns = tuple[tuple[str, str, str], ...]
WIDTH = 120
TITLES = {
    None: "MOTA, IDF1 at IoU 0.5, in per cent; fps: whole run, ReID alone, association alone",
    "online": "Online: MOTA, IDF1 at IoU 0.5, in per cent; fps: whole run, ReID alone, association alone",
    "offline": "Offline: the same tracks, finished once the sequence has ended",
}


def score_table(title: str, heading: str, columns: Columns = COLUMNS) -> Table:
    """A table without lines yet, whose first column is headed `heading`."""
    table = Table(title=title, box=SIMPLE_HEAD, padding=0)
    table.add_column(heading)
    for _, name, _ in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def add_row(table: Table, name: str, values: dict, columns: Columns = COLUMNS) -> None:
    """Append a line of `columns` to a table, with "-" for values missing in `values`; a sign in each cell would only widen it."""
    cells = ("-" if values.get(key) is None else form.format(values[key]).removesuffix("%") for key, _, form in columns)
    table.add_row(name, *cells)


def print_scores(table: Table, width: int = WIDTH) -> None:
    """Print a table, `width` columns wide or more: a wrapped line loses nothing, a squeezed column would."""
    Console(width=max(Console().width, width)).print(table)


def print_table(results: list[SequenceResult], published: dict[str, dict], groups: Sequence[str] = ()) -> None:
    """Print the rows and the overall lines, online and offline apart; `published` are additional lines by name, such as a paper's
    figures, and `groups` as in `sums`."""
    for mode in dict.fromkeys(result.what.get("mode") for result in results):
        of_mode = [result for result in results if result.what.get("mode") == mode]
        table = score_table(TITLES[mode], "sequence")
        for what, of_run in by_run(of_mode):
            whole, *parts = sums(of_run, groups)
            if "tracker" in what:
                change = what.get("change", "none")
                name = f"{what['tracker']}, {Path(what['reid']).stem}" if change == "none" else f"  {change}"
                add_row(table, name, whole)
                for result in of_run if len(of_run) > 1 else ():
                    add_row(table, f"  {result.name}", row(result.name, [result]))
            else:
                for result in of_run:
                    add_row(table, result.name, row(result.name, [result]))
                table.add_section()
                add_row(table, "OVERALL", whole)
            for part in parts:
                add_row(table, "  " * ("tracker" in what) + part["sequence"], part)
            if len(of_run) > 1:
                table.add_section()
        for name, figures in published.items() if mode != "offline" else ():
            add_row(table, name, figures)
        print_scores(table)
    unscored = list(dict.fromkeys(result.name for result in results if result.counts is None))
    if unscored:
        print(f"unscored, without ground truth: {', '.join(unscored)}")
    if any(result.totals.reid_cached for result in results):
        print("embeddings are from the cache; the ReID speed is that of the run that computed them")
    outside = max((sum(result.totals.outside for result in of_run) for _, of_run in by_run(results)), default=0)
    if outside:
        print(f"dropped {outside} detections wholly outside the image")
