"""Rank-1 and mAP over the number of parameters: Lawen et al. 2019, Fig. 1."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.papers import facts
from benchmarks.reid.figures.values import write_csv
from benchmarks.reid.printed import figures
from benchmarks.reid.table import MARKET
from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY
from reid.data.sources import read_source, source_name
from reid.engines import devices
from reid.evaluation.panels import add_legend, panels, save
from reid.models import available, build, complexity
from reid.training.validation import ValidationSet
from reid.weights.weights_file import SHIPPED, find_weights

# The methods whose number of parameters Lawen et al. print, by our network: the name shown, and that in their Table 4.
METHODS = {
    "hacnn": ("HA-CNN", "HA-CNN [11]"),
    "robust": ("Robust-ReID 1x", "Ours (2.9M)"),
    "robust_2x": ("Robust-ReID 2x", "Ours (6.4M)"),
    "bnneck_resnet50": ("BagOfTricks", "BagOfTricks [13]"),
}
MEASURES = "rank-1", "mAP"
_TICKS = 1, 2, 3, 5, 10, 20, 30, 50, 100  # million parameters


@dataclass(frozen=True)
class Point:
    """A `network` with a number of `parameters`, without classifiers, and its `rank1` and `mean_ap` in per cent on `data`.

    kind: "printed" for both in print, "counted" for our network's parameters with the printed accuracy, "measured" for both
    ours.
    """

    network: str
    kind: str
    parameters: int
    rank1: float
    mean_ap: float
    data: str


def draw(options: argparse.Namespace, title: str, folder: Path) -> None:
    """Write `parameters.png` and `parameters.csv` to `folder`: the printed methods, our networks' counts, and measured networks.

    With `--data`, those in `--networks` are measured, or else all that ship; without it none is.
    """
    if len(options.data) > 1 or (options.networks and not options.data):
        raise InputError("--data: the figure parameters measures networks on the queries and gallery of one data set")
    points = [*printed(), *counted()]
    heading = f"{title}, on {MARKET} in print"
    if options.data:
        heading += f"; ours measured on {source_name(options.data[0])}"
    print(heading, flush=True)
    if options.data:
        points += _measured(options.networks or shipped(), options.data[0], devices(options.device)[0])
    for point in points:
        millions = f"{point.parameters / 1e6:.2f}M parameters"
        told = "printed rank-1" if point.kind == "counted" else "rank-1"
        print(f"{point.network}, {point.kind}: {millions}, {told} {point.rank1:.1f}, mAP {point.mean_ap:.1f} on {point.data}")
    write(points, folder / "parameters.csv")
    plot(points, folder / "parameters.png", heading)
    print(f"picture in {folder / 'parameters.png'}, values in {folder / 'parameters.csv'}")


def printed() -> list[Point]:
    """The methods whose parameters are printed."""
    parameters, accuracy = facts("networks"), figures("lawen_4", "method")
    points = []
    for model, (name, method) in METHODS.items():
        scores = accuracy[method][MARKET]
        points.append(Point(name, "printed", parameters[model]["parameters"], scores["rank-1"], scores["mAP"], MARKET))
    return points


def counted() -> list[Point]:
    """The same methods with the parameters of our networks."""
    points = []
    for point, model in zip(printed(), METHODS, strict=True):
        with torch.device("meta"):
            parameters = complexity.count(build(model)).parameters
        points.append(replace(point, kind="counted", parameters=parameters))
    return points


def shipped() -> list[str]:
    """The names of the networks that embed people and ship with weights."""
    return [name for name in available() if (SHIPPED / f"{name}.safetensors").is_file()]


def write(points: Sequence[Point], path: Path) -> None:
    """Write a row per point as a CSV file, with the columns network, kind, parameters, data and `MEASURES`, in per cent."""
    rows = [
        {"network": p.network, "kind": p.kind, "parameters": p.parameters, "data": p.data, "rank-1": p.rank1, "mAP": p.mean_ap}
        for p in points
    ]
    write_csv(path, rows)


def plot(points: Sequence[Point], path: Path, title: str = "") -> None:
    """Plot a panel a measure as the PNG file `path`, each kind of point with its marker, and the names beside the points."""
    figure, drawn = panels(1, len(MEASURES), title, width=5, height=4)
    styles = {
        "printed": ("o", "C0", f"printed, {MARKET}"),
        "counted": ("x", "C1", "our network's parameters, printed accuracy"),
        "measured": ("s", "C2", "measured, " + next((point.data for point in points if point.kind == "measured"), "")),
    }
    for axes, measure in zip(drawn.flat, MEASURES, strict=True):
        for kind, (marker, colour, label) in styles.items():
            own = [point for point in points if point.kind == kind]
            heights = [_height(point, measure) for point in own]
            if own:
                axes.plot([point.parameters / 1e6 for point in own], heights, marker, color=colour, label=label, markersize=5)
            for number, (point, height) in enumerate(zip(own, heights, strict=True)):
                below = kind == "measured" and number % 2  # so that two at one place can both be read
                place = (point.parameters / 1e6, height)
                offset = {"xytext": (0, -12 if below else 6), "textcoords": "offset points"}
                if kind != "counted":
                    axes.annotate(point.network, place, **offset, ha="center", fontsize="x-small")
        low, high = min(point.parameters for point in points) / 1e6, max(point.parameters for point in points) / 1e6
        axes.set_xscale("log")
        axes.set_xlim(low / 1.4, high * 1.5)
        axes.minorticks_off()
        ticks = [tick for tick in _TICKS if low / 1.4 <= tick <= high * 1.5]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.margins(y=0.12)
        axes.set(title=measure, xlabel="parameters, million", ylabel=f"{measure}, per cent")
        axes.grid(alpha=0.3)
    add_legend(figure, drawn)
    save(figure, path)


def _measured(names: Sequence[str], source: str, device: str) -> Iterator[Point]:
    query, gallery = read_source(source, QUERY, GALLERY)
    on = ValidationSet(source_name(source), query, gallery)
    on.check()
    networks = {name: find_weights(name) for name in names}  # before any is measured
    for name, weights in networks.items():
        parameters = complexity.count(weights.network()).parameters
        scores = on.scores(weights, device)
        yield Point(Path(name).stem, "measured", parameters, 100 * scores["rank-1"], 100 * scores["mAP"], on.name)


def _height(point: Point, measure: str) -> float:
    return point.rank1 if measure == "rank-1" else point.mean_ap
