"""ID and triplet loss over the first iterations of three necks: Luo et al., TMM 2019, Fig. 7."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.reid.data import read_data
from benchmarks.reid.figures.values import write_csv
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.report import reductions, with_reductions
from benchmarks.reid.runs import find_run, slug
from benchmarks.reid.tables import find_table
from reid.common.errors import InputError
from reid.data.sources import source_names
from reid.engines import devices
from reid.evaluation.curves import read_losses
from reid.evaluation.panels import add_legend, panels, save
from reid.training.journal import STEPS
from reid.training.trainer import train

WINDOW = 25  # iterations of the running mean
NECKS = {"neck3": "Neck3", "bnneck3": "BNNeck3", "bnneck": "BNNeck"}  # by the run of the table `necks`
LOSSES = {"identity_loss": "ID loss", "triplet_loss": "triplet loss"}
CLAIM = "the triplet loss first rises, then falls with Neck3, more weakly so with BNNeck3; with BNNeck it falls smoothly"

Curves = Mapping[tuple[str, str], Mapping[str, np.ndarray]]  # the columns of `steps.csv` by data set and neck


def draw(options: argparse.Namespace, title: str, folder: Path) -> None:
    """Train each of `NECKS` on each data set by itself, and write `losses.png` and `losses.csv` to `folder`.

    The runs, in a folder of the data set, begin as those of the table `necks`, with its schedule in epochs.
    """
    if not options.data:
        raise InputError("--data: the figure losses needs a data set to train on")
    table, device = find_table("necks"), devices(options.device)[0]
    reduction = Reduction(None, options.scale == "small", tuple(options.changes))
    names = source_names(options.data)
    sets = {name: read_data(table, [source], small=reduction.small) for name, source in zip(names, options.data, strict=True)}
    heading = with_reductions(f"{title}; ours on {', '.join(names)}", reductions(table, list(sets.values()), reduction))
    print(heading, flush=True)
    curves: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for name, data in sets.items():
        for run, neck in NECKS.items():
            print(f"{name}, {neck}", flush=True)
            recipe = replace(row_recipe(table, find_run(table, run), reduction), epochs=0, iterations=STEPS)
            train(recipe, data.labelled, folder / slug(name) / run, device, data=[name])
            curves[name, neck] = read_steps(folder / slug(name) / run / "steps.csv")
        write(curves, folder / "losses.csv")  # after each data set, so that a run that ends early keeps it
        plot(curves, folder / "losses.png", heading)
    for (name, neck), curve in curves.items():
        print(f"{name}, {neck}: triplet loss {course(curve['triplet_loss'])}")
    print(f"in print: {CLAIM}")
    print(f"picture in {folder / 'losses.png'}, values in {folder / 'losses.csv'}")


def read_steps(path: Path) -> dict[str, np.ndarray]:
    """The columns of a run's `steps.csv`. Raises InputError for another file, and for a run without one of `LOSSES`."""
    columns = read_losses(path, "step")
    for loss in LOSSES:
        if loss not in columns:
            raise InputError(f"{path}: has no {loss}, which the figure losses shows; give it a weight in the recipe")
    return columns


def course(loss: np.ndarray) -> str:
    """The course of a loss `(steps,)` in words, by its running mean: start, peak and end."""
    smooth = running_mean(loss)
    peak = int(smooth.argmax())
    iteration = peak + 1 + len(loss) - len(smooth)
    return f"{smooth[0]:.3f} at first, at most {smooth[peak]:.3f} by iteration {iteration}, {smooth[-1]:.3f} at last"


def running_mean(loss: np.ndarray) -> np.ndarray:
    """The means of each `WINDOW` consecutive values of `(steps,)`, or of all, if there are fewer."""
    window = min(WINDOW, len(loss))
    return np.convolve(loss, np.ones(window) / window, "valid")


def write(curves: Curves, path: Path) -> None:
    """Write each step's losses as a CSV file, with the columns data, neck, step and those of `LOSSES`."""
    rows = [
        {"data": name, "neck": neck, "step": int(step), **{loss: float(curve[loss][index]) for loss in LOSSES}}
        for (name, neck), curve in curves.items()
        for index, step in enumerate(curve["step"])
    ]
    write_csv(path, rows)


def plot(curves: Curves, path: Path, title: str = "") -> None:
    """Plot a panel a loss and data set, each neck's running mean over its single steps, as the PNG file `path`."""
    names = list(dict.fromkeys(name for name, _ in curves))
    figure, drawn = panels(len(LOSSES), len(names), title, width=5)
    for row, (loss, label) in zip(drawn, LOSSES.items(), strict=True):
        for axes, name in zip(row, names, strict=True):
            for number, neck in enumerate(NECKS.values()):
                if curve := curves.get((name, neck)):
                    smooth = running_mean(curve[loss])
                    axes.plot(curve["step"], curve[loss], color=f"C{number}", linewidth=0.5, alpha=0.3)
                    axes.plot(curve["step"][-len(smooth) :], smooth, color=f"C{number}", label=neck)
            # All but the few highest values, since the very first may be many times as high.
            top = 1.05 * max(np.percentile(curve[loss], 99) for (of, _), curve in curves.items() if of == name)
            axes.set(title=f"{label}, {name}", xlabel="iteration", ylabel=label, ylim=(None, top))
            axes.grid(alpha=0.3)
    add_legend(figure, drawn)
    save(figure, path)
