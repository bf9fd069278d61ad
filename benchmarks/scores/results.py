"""Scores and speeds as rows of `summary.json`: every ratio and sum is computed from the same counts."""

import json
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

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
    ("hota", "HOTA", "{:.1%}"),
    ("deta", "DetA", "{:.1%}"),
    ("assa", "AssA", "{:.1%}"),
    ("loca", "LocA", "{:.1%}"),
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
    """The result of one sequence; `counts` is None without ground truth. `what` says of which run it is, by keys of a row such as
    "tracker", "reid", "change" and "mode", where there are several."""

    name: str
    counts: Counts | None
    totals: RunTotals
    what: dict[str, str] = field(default_factory=dict)


def row(name: str, results: list[SequenceResult]) -> dict:
    """One row of `summary.json` from the summed counts and seconds of `results`; scores are None if nothing was scored.

    `mota`, `idf1`, `recall`, `precision` and those of HOTA are ratios, the other scores are counts. Speeds are frames per second:
    of the whole run, of embedding alone (None without ReID) and of association alone.
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


def row_of(result: SequenceResult) -> dict:
    """The row of one sequence, with what run it is of."""
    return row(result.name, [result]) | result.what


def sums(results: list[SequenceResult], groups: Sequence[str] = ()) -> list[dict]:
    """A row of the summed counts of each run, named OVERALL, and one of its sequences whose names end with each of `groups`."""
    rows = []
    for what, of_run in by_run(results):
        rows.append(row("OVERALL", of_run) | what)
        for group in groups:
            if members := [result for result in of_run if result.name.endswith(f"-{group}")]:
                rows.append(row(f"OVERALL {group}", members) | what)
    return rows


def by_run(results: list[SequenceResult]) -> list[tuple[dict, list[SequenceResult]]]:
    """The `results` of each run, in the order in which the runs began."""
    runs: list[tuple[dict, list[SequenceResult]]] = []
    for result in results:
        of_run = next((members for what, members in runs if what == result.what), None)
        if of_run is None:
            runs.append((result.what, of_run := []))
        of_run.append(result)
    return runs


def write_summary(path: Path, results: list[SequenceResult], settings: dict, groups: Sequence[str] = ()) -> None:
    """Write `rows`, `overall`, `settings` and `versions` to the JSON file at `path`.

    Of several runs, `overall` is that of the last one that was not finished offline, which `overall_of` names, and `sums` has
    those of all, as it has those of the `groups` that there are (see `sums`). `settings` may describe each run in a list "runs".
    """
    summed = sums(results, groups)
    whole = [each for each in summed if each["sequence"] == "OVERALL"]
    overall = [each for each in whole if each.get("mode") != "offline"][-1]
    what = {key: overall[key] for key in ("tracker", "reid", "change", "mode") if key in overall}
    save(path, list(map(row_of, results)), overall, settings, what or None, summed if len(summed) > 1 else None)


def run_facts(results: list[SequenceResult]) -> dict:
    """What `settings` say of the sequences of a run: detections dropped, embeddings from the cache, and seconds by stage."""
    return {
        "dropped_outside_image": {result.name: result.totals.outside for result in results},
        "reid_cached": {result.name: result.totals.reid_cached for result in results},
        "seconds": {result.name: result.totals.seconds._asdict() for result in results},
    }


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


def save(
    path: Path,
    rows: list[dict],
    overall: dict,
    settings: dict,
    overall_of: str | dict | None = None,
    sums: list[dict] | None = None,
) -> None:
    """Write the JSON file at `path` atomically, with the `versions` of the software.

    If `overall` is that of some of the `rows`, `overall_of` identifies it: by its model, or its values by key. `sums` are further
    rows of summed counts.
    """
    more = {"overall_of": overall_of, "sums": sums}
    summary = {"rows": rows, "overall": overall} | {key: value for key, value in more.items() if value is not None}
    summary |= {"settings": settings, "versions": versions()}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n")


def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
