"""Histograms of the norms of the two features of BNNeck: Luo et al., TMM 2019, Fig. 10."""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.papers import facts
from benchmarks.reid.data import read_data
from benchmarks.reid.figures.values import write_csv, write_json
from benchmarks.reid.recipes import Reduction, row_recipe
from benchmarks.reid.report import reductions, with_reductions
from benchmarks.reid.runs import Runs, find_run
from benchmarks.reid.table import Feature
from benchmarks.reid.tables import find_table
from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY
from reid.data.sources import read_source, source_name
from reid.engines import devices
from reid.evaluation.features import embed_features, feature_of
from reid.evaluation.panels import add_legend, panels, save
from reid.training.validation import ValidationSet
from reid.weights.weights_file import find_weights

BINS = 60
NAMES = {"norm_mean": "mean", "norm_deviation": "deviation", "norm_variation": "C.V.", "norm_maximum": "maximum"}
FEATURES: tuple[Feature, ...] = ("f_t", "f_i")
PAPER = facts("figures")["tmm_10"]  # on Market-1501; the text inverts the C.V. and prints .98 for that of f_i


def draw(options: argparse.Namespace, title: str, folder: Path) -> None:
    """Write `norms.png`, `norms.csv` (the histograms) and `norms.json` (mean, deviation, C.V., maximum) to `folder`.

    Of the network in `--networks`; without it, of the run BNNeck of the table `necks`, in that table's folder, trained if
    necessary. Norms are those of the queries and the gallery of one data set, without distractors.
    """
    sources = options.validate or options.data[: None if options.networks else 1]
    if len(sources) != 1 or len(options.networks) > 1:
        raise InputError("--data, --validate, --networks: the figure norms measures one network on one data set")
    features, heading = (_of_file if options.networks else _of_table)(options, title, sources[0])
    norms = {name: np.linalg.norm(each, axis=1) for name, each in features.items()}
    ours = {name: measure_norms(each) for name, each in norms.items()}
    write_json(folder / "norms.json", {"figure": "norms", "title": heading, "ours": ours, "paper": PAPER})
    write(norms, folder / "norms.csv")
    plot(norms, ours, folder / "norms.png", heading)
    for name, found in ours.items():
        print(f"{name}: {in_words(found)}; in print {in_words(PAPER[name])}")
    print(f"picture in {folder / 'norms.png'}, values in norms.csv and norms.json beside it")


def measure_norms(norms: np.ndarray) -> dict[str, float | None]:
    """Mean, deviation (dividing by N), C.V. (deviation over mean) and maximum of norms `(N,)`, by the keys of `NAMES`.

    The C.V. of zeros is None.
    """
    mean, deviation = float(norms.mean(dtype=np.float64)), float(norms.std(dtype=np.float64))
    return dict(zip(NAMES, (mean, deviation, deviation / mean if mean else None, float(norms.max())), strict=True))


def in_words(measures: Mapping[str, float | None]) -> str:
    """Measures of norms as text."""
    return ", ".join(f"{NAMES[key]} {value:.3f}" for key, value in measures.items() if value is not None)


def histogram(norms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of norms in each of `BINS` bins, `(BINS,)`, and the edges `(BINS + 1,)`."""
    return np.histogram(norms, BINS)


def write(norms: Mapping[str, np.ndarray], path: Path) -> None:
    """Write the histograms as a CSV file, with the columns feature, from, to and images."""
    rows = []
    for name, each in norms.items():
        counts, edges = histogram(each)
        bins = zip(edges[:-1], edges[1:], counts, strict=True)
        rows += [{"feature": name, "from": float(low), "to": float(high), "images": int(count)} for low, high, count in bins]
    write_csv(path, rows)


def plot(norms: Mapping[str, np.ndarray], ours: Mapping[str, Mapping[str, float | None]], path: Path, title: str = "") -> None:
    """Plot a histogram a feature, with our measures and the printed ones, as the PNG file `path`."""
    figure, drawn = panels(1, len(norms), title, width=5)
    for axes, (name, each) in zip(drawn.flat, norms.items(), strict=True):
        counts, edges = histogram(each)
        axes.stairs(counts, edges, fill=True, color="C0", alpha=0.6, label="ours")
        axes.vlines(ours[name]["norm_mean"], 0, counts.max(), color="C3", linewidth=1, linestyle="--", label="mean of ours")
        axes.set(title=f"${name}$", xlabel="norm of the feature", ylabel="images", ylim=(0, 1.45 * counts.max()))
        told = _beside(ours[name], PAPER[name])
        axes.text(0.98, 0.97, told, transform=axes.transAxes, ha="right", va="top", family="monospace", fontsize=8)
    add_legend(figure, drawn)
    save(figure, path)


def _beside(ours: Mapping[str, float | None], paper: Mapping[str, float | None]) -> str:
    """Our measures and the printed ones, side by side in a line each."""
    lines = [f"{'':9}  {'ours':>7}  {'print':>7}"]
    for key, label in NAMES.items():
        cells = (f"{value:7.3f}" if value is not None else f"{'-':>7}" for value in (ours.get(key), paper.get(key)))
        lines.append(f"{label:9}  {'  '.join(cells)}")
    return "\n".join(lines)


def _of_file(options: argparse.Namespace, title: str, source: str) -> tuple[dict[str, np.ndarray], str]:
    """The two features of a weights file on a data set, and the heading."""
    if options.changes or options.epochs is not None or options.scale != "full":
        raise InputError("--networks: a finished network takes no changes, --epochs or --scale")
    weights, (query, gallery) = find_weights(options.networks[0]), read_source(source, QUERY, GALLERY)
    network = weights.network().to(devices(options.device)[0])
    paths = _of_people(ValidationSet(source_name(source), query, gallery))
    heading = f"{title}; ours of {Path(options.networks[0]).name} on {source_name(source)}"
    print(heading, flush=True)
    size = network.preprocessing
    return {
        name: embed_features(feature_of(network, name), size, paths, devices(options.device)[0]) for name in FEATURES
    }, heading


def _of_table(options: argparse.Namespace, title: str, source: str) -> tuple[dict[str, np.ndarray], str]:
    """The two features of the run BNNeck of the table `necks` on a data set, and the heading."""
    table, small = find_table("necks"), options.scale == "small"
    row, reduction = find_run(table, "bnneck"), Reduction(options.epochs, small, tuple(options.changes))
    data, seed = read_data(table, options.data, [source], small=small), row_recipe(table, row, reduction).seed
    trained = ", ".join(data.names)
    heading = with_reductions(f"{title}; ours of {trained} on {source_name(source)}", reductions(table, [data], reduction))
    print(heading, flush=True)
    runs = Runs(table, data, reduction, options.output / table.name / f"seed_{seed}", devices(options.device)[0])
    runs.train(row)
    measured = data.measured[0]
    assert isinstance(measured, ValidationSet)
    return {name: runs.features(row, _of_people(measured), name) for name in FEATURES}, heading


def _of_people(measured: ValidationSet) -> list[Path]:
    """The images of people; Market-1501's distractors have the identity 0."""
    ids = np.r_[measured.query.ids, measured.gallery.ids]
    return [path for path, identity in zip(measured.paths, ids, strict=True) if identity > 0]
