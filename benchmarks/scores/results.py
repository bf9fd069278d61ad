"""Scores and speeds as rows: the printed table and `summary.json`, from the same counts."""

import json
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.scores.clearmot import Counts
from mtmc.single.result_writer import RunTotals
from reid.common.files import replacing
from reid.common.plugin import is_plugin

if TYPE_CHECKING:
    from reid import AppearanceModel

PACKAGES = ("mtmc", "torch", "torchvision", "openvino", "onnxruntime", "opencv-python", "numpy", "scipy", "lap", "motmetrics")

# Key of a row, heading and format: ratios in per cent, as in papers.
COLUMNS = (
    ("mota", "MOTA", "{:.1%}"),
    ("idf1", "IDF1", "{:.1%}"),
    ("id_switches", "IDs", "{}"),
    ("fp", "FP", "{}"),
    ("fn", "FN", "{}"),
    ("recall", "Rcll", "{:.1%}"),
    ("precision", "Prcn", "{:.1%}"),
    ("mt", "MT", "{}"),
    ("ml", "ML", "{}"),
    ("fps_total", "fps", "{:.1f}"),
    ("fps_reid", "ReID", "{:.1f}"),
    ("fps_association", "assoc.", "{:.0f}"),
)


@dataclass(frozen=True)
class SequenceResult:
    """The result of one sequence; `counts` is None without ground truth."""

    name: str
    counts: Counts | None
    totals: RunTotals


def row(name: str, results: list[SequenceResult]) -> dict:
    """One row of `summary.json` from the summed counts and seconds of `results`; scores are None if nothing was scored.

    `mota`, `idf1`, `recall` and `precision` are ratios, the other scores are counts. Speeds are frames per second: of the whole
    run, of embedding alone (None without ReID) and of association alone.
    """
    scored = [result.counts for result in results if result.counts is not None]
    counts = sum(scored, Counts())
    scores = {key: getattr(counts, key) for key in ("id_switches", "fp", "fn", "mt", "ml")} | counts.ratios()
    frames = sum(result.totals.frames for result in results)
    seconds = [sum(parts) for parts in zip(*(result.totals.seconds for result in results), strict=True)] or [0.0, 0.0, 0.0]
    passed = sum(result.totals.passed for result in results)
    speeds = {"fps_total": passed, "fps_reid": seconds[1], "fps_association": seconds[2]}
    return (
        {"sequence": name}
        | {key: scores[key] if scored else None for key, _, _ in COLUMNS if key in scores}
        | {key: frames / spent if spent else None for key, spent in speeds.items()}
    )


def write_summary(path: Path, results: list[SequenceResult], settings: dict) -> None:
    """Write `rows`, `overall`, `settings` and `versions` to the JSON file at `path`."""
    settings = settings | {
        "dropped_outside_image": {result.name: result.totals.outside for result in results},
        "reid_cached": {result.name: result.totals.reid_cached for result in results},
        "seconds": {result.name: result.totals.seconds._asdict() for result in results},
    }
    save(path, [row(result.name, [result]) for result in results], row("OVERALL", results), settings)


def folder_names(models: Iterable[str]) -> dict[str, str]:
    """The folder of each model's results, by the name that `--reid` gave it: the name or the file's stem, and where two would
    share that, as `a/last.safetensors` and `b/last.safetensors` do, all of the path."""
    names = list(models)
    stems = [name.replace(":", "-") if is_plugin(name) else Path(name).stem for name in names]
    whole = [re.sub(r"[^\w.]+", "-", str(Path(name).with_suffix(""))).strip("-.") for name in names]
    return {name: stem if stems.count(stem) == 1 else long for name, stem, long in zip(names, stems, whole, strict=True)}


def model_facts(model: "AppearanceModel | None", threshold: str) -> dict | None:
    """What `summary.json` says of a model: its engine, the hash of its weights and its `threshold` in use; None without a model.
    A user's own model need not have the first two."""
    if model is None:
        return None
    facts = {"engine": getattr(model, "engine", None), "weights": getattr(model, "weights_hash", None)}
    return facts | {f"max_{threshold}_distance": getattr(model.thresholds, threshold)}


def save(path: Path, rows: list[dict], overall: dict, settings: dict, overall_of: str | dict | None = None) -> None:
    """Write the JSON file at `path` atomically, with the `versions` of the software.

    If `overall` is one of the `rows` and not their sum, `overall_of` identifies it: by its model, or its values by key.
    """
    whose = {} if overall_of is None else {"overall_of": overall_of}
    summary = {"rows": rows, "overall": overall} | whose | {"settings": settings, "versions": versions()}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n")


def print_table(results: list[SequenceResult], published: dict[str, dict]) -> None:
    """Print the rows and the overall line; `published` are additional lines by name, such as a paper's figures."""
    table = Table(title="MOTA, IDF1 at IoU 0.5; fps: whole run, ReID alone, association alone")
    table.add_column("sequence", no_wrap=True)
    for _, heading, _ in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        add_row(table, result.name, row(result.name, [result]))
    table.add_section()
    add_row(table, "OVERALL", row("OVERALL", results))
    for name, figures in published.items():
        add_row(table, name, figures)
    # A wrapped line loses nothing; a squeezed column would.
    Console(width=max(Console().width, 120)).print(table)
    unscored = [result.name for result in results if result.counts is None]
    if unscored:
        print(f"unscored, without ground truth: {', '.join(unscored)}")
    if any(result.totals.reid_cached for result in results):
        print("embeddings are from the cache; the ReID speed is that of the run that computed them")
    outside = sum(result.totals.outside for result in results)
    if outside:
        print(f"dropped {outside} detections wholly outside the image")


def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def add_row(table: Table, name: str, values: dict, columns: tuple[tuple[str, str, str], ...] = COLUMNS) -> None:
    """Append a line of `columns` to a table, with "-" for values missing in `values`."""
    table.add_row(name, *("-" if values.get(key) is None else form.format(values[key]) for key, _, form in columns))
