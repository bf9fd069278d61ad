"""Rank-1 and mAP by epoch of SWAG beside SGD under the cosine scheme, over seeds: Lawen et al. 2019, Fig. 6."""

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.reid.data import read_data
from benchmarks.reid.figures.values import write_csv
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.report import reductions, with_reductions
from benchmarks.reid.runs import Runs, run_folder
from benchmarks.reid.table import Row, Table
from benchmarks.reid.tables import find_table
from reid.common.errors import InputError
from reid.engines import devices
from reid.evaluation.panels import add_legend, panels, save

MEASURES = "rank-1", "mAP"
# The weights of a line of `validation.csv`; those of a finished run are averaged.
METHODS = {"present": "SGD", "averaged": "SWAG", "final": "SWAG"}
CLAIM = "SWAG is steadier than SGD, and its mAP is significantly better; mean of five runs"

Curve = dict[int, tuple[float, ...]]  # the `MEASURES`, in per cent, by epoch


@dataclass(frozen=True)
class Mean:
    """A method's mean over seeds by epoch: `epochs (E,)`, the number of `seeds (E,)`, and `scores` and `spread`, `(E, 2)` each.

    The spread is the standard deviation over the seeds (n - 1 in the denominator), NaN for a single one. All in per cent.
    """

    epochs: np.ndarray
    seeds: np.ndarray
    scores: np.ndarray
    spread: np.ndarray


def draw(options: argparse.Namespace, title: str, folder: Path) -> None:
    """Train the cycles of the table `swag` once per seed, evaluated after each epoch; write `averaging.png` and `averaging.csv`.

    The row is that of the paper's own network, without changes. What its cycles go on from is the table's own run; the cycles
    have a run of their own beside it, since they are evaluated more often.
    """
    if len(options.validate) > 1:
        raise InputError("--validate: the figure averaging takes one data set to evaluate on")
    table, small, device = find_table("swag"), options.scale == "small", devices(options.device)[0]
    row = replace(averaged(table), changes=("evaluate_every=1",), run="averaging")
    reduction = Reduction(options.epochs, small, tuple(options.changes))
    data, recipe = read_data(table, options.data, options.validate, small=small), row_recipe(table, row, reduction)
    on = data.measured[0].name
    heading = with_reductions(f"{title}; ours of {', '.join(data.names)} on {on}", reductions(table, [data], reduction))
    print(heading, flush=True)
    curves: list[dict[str, Curve]] = []
    for seed in dict.fromkeys(options.seeds or [recipe.seed]):
        print(f"seed {seed}", flush=True)
        seeded = replace(reduction, changes=(*reduction.changes, f"seed={seed}"))
        runs = Runs(table, data, seeded, options.output / table.name / f"seed_{seed}", device)
        runs.train(row, data.measured)
        curves.append(read_validation(run_folder(table, runs.folder, row) / "validation.csv"))
        means = over_seeds(curves)  # after each seed, so that a run that ends early keeps it
        write(means, on, folder / "averaging.csv")
        plot(means, folder / "averaging.png", recipe.cycle_epochs, heading)
    for method, mean in means.items():
        print(f"{method}: {told(mean, recipe.cycle_epochs)}")
    print(f"in print: {CLAIM}")
    print(f"picture in {folder / 'averaging.png'}, values in {folder / 'averaging.csv'}")


def averaged(table: Table) -> Row:
    """The row of the table `swag` whose network is averaged and is the paper's own, without changes."""
    return next(row for row in table.measured if row.feature == "sampled" and not row.changes)


def read_validation(path: Path) -> dict[str, Curve]:
    """The curve of each method in a run's `validation.csv` on one set. Raises InputError for any other file, with its line."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; remove the folder to train the run again")
    curves: dict[str, Curve] = {}
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                epoch, scores = int(row["epoch"]), tuple(100 * float(row[measure]) for measure in MEASURES)
                curves.setdefault(METHODS[row["weights"]], {})[epoch] = scores
            except (KeyError, TypeError, ValueError):
                columns = ", ".join(("epoch", *MEASURES, "weights"))
                raise InputError(f"{path}, line {number}: must have the columns {columns} of a run's validation") from None
    if not curves:
        raise InputError(f"{path}: has no line of validation; remove the folder to train the run again")
    return curves


def over_seeds(curves: Sequence[Mapping[str, Curve]]) -> dict[str, Mean]:
    """The mean of each method, SGD first, over the curves of all seeds that have an epoch."""
    means = {}
    for method in dict.fromkeys(METHODS.values()):
        own = [curve[method] for curve in curves if method in curve]
        epochs = sorted({epoch for curve in own for epoch in curve})
        scores = [np.array([curve[epoch] for curve in own if epoch in curve]) for epoch in epochs]
        if epochs:
            counts = np.array([len(each) for each in scores])
            spread = [each.std(axis=0, ddof=1) if len(each) > 1 else np.full(len(MEASURES), np.nan) for each in scores]
            means[method] = Mean(np.array(epochs), counts, np.array([each.mean(axis=0) for each in scores]), np.array(spread))
    return means


def told(mean: Mean, cycle: int) -> str:
    """The last scores of a method, and how steady it is: the mean change of the measures over the epochs of the last cycle."""
    last, parts = mean.epochs > mean.epochs[-1] - cycle, []
    for index, measure in enumerate(MEASURES):
        curve, spread = mean.scores[last, index], mean.spread[-1, index]
        ends = f"{curve[-1]:.1f}" + ("" if np.isnan(spread) else f" ± {spread:.1f}")
        changes = np.abs(np.diff(curve))
        parts.append(f"{measure} {ends} at last" + (f", {changes.mean():.2f} from epoch to epoch" if len(changes) else ""))
    return "; ".join(parts)


def write(means: Mapping[str, Mean], on: str, path: Path) -> None:
    """Write a row per method and epoch as a CSV file, in per cent; the spread of a single seed is empty."""
    rows = []
    for method, mean in means.items():
        for epoch, seeds, scores, spread in zip(mean.epochs, mean.seeds, mean.scores, mean.spread, strict=True):
            row: dict[str, object] = {"data": on, "weights": method, "epoch": int(epoch), "seeds": int(seeds)}
            for measure, value, deviation in zip(MEASURES, scores, spread, strict=True):
                row |= {measure: float(value), f"{measure} spread": None if np.isnan(deviation) else float(deviation)}
            rows.append(row)
    write_csv(path, rows)


def plot(means: Mapping[str, Mean], path: Path, cycle: int, title: str = "") -> None:
    """Plot a panel a measure as the PNG file `path`: means as lines, spreads as bands, and where each `cycle` epochs end."""
    figure, drawn = panels(1, len(MEASURES), title, width=5)
    for index, (axes, measure) in enumerate(zip(drawn.flat, MEASURES, strict=True)):
        for number, (method, mean) in enumerate(means.items()):
            scores, spread = mean.scores[:, index], np.nan_to_num(mean.spread[:, index])
            axes.plot(mean.epochs, scores, color=f"C{number}", label=method)
            axes.fill_between(mean.epochs, scores - spread, scores + spread, color=f"C{number}", alpha=0.2, linewidth=0)
        last = max(int(mean.epochs[-1]) for mean in means.values())
        for end in range(cycle, last + 1, cycle):
            axes.axvline(end, color="0.8", linewidth=0.5, zorder=0, label="end of a cycle")
        axes.set(title=measure, xlabel="epoch of the cycles", ylabel=f"{measure}, per cent")
    add_legend(figure, drawn)
    save(figure, path)
