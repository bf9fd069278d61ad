"""Measure the speed of components: `python -m benchmarks.speed association`, `engines`, `ranking`, `gallery` or `fusion`."""

import argparse
import importlib.util
import json
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.speed.crowd import Frame, crowd
from reid.common.errors import InputError, run_program
from reid.common.files import replacing

if TYPE_CHECKING:
    from reid.appearance import AppearanceModel

RUNS = 3


def association(arguments: argparse.Namespace) -> list[dict]:
    """Trackers on a crowd, beside peers if there is a file of theirs; see `benchmarks.speed.association.measure`."""
    from benchmarks.speed.association import compare, draw, measure, read_peers

    if arguments.crowd and arguments.low_share:
        raise InputError("--low-share changes the scores of our own crowd: leave --crowd out")
    make = _crowd_from(arguments.crowd) if arguments.crowd else partial(crowd, low_share=arguments.low_share)
    peers = read_peers(arguments.peers) if arguments.peers else None
    rows = measure(make, arguments.people, arguments.dim)
    if arguments.plot:
        draw(rows, arguments.plot, peers)
    if peers:
        for sentence in compare(rows, peers):
            print(sentence)
    return rows


def engines(arguments: argparse.Namespace) -> list[dict]:
    """Crops per second of an appearance model on every engine and precision, with preprocessing, and their agreement.

    They run in turn, so a busy machine slows all equally; the best round counts. `cosine` is the minimum, and `difference` the
    largest in any component, relative to PyTorch in float32 (to the first engine, for an ONNX file).
    """
    from reid.appearance import AppearanceModel, find_source
    from reid.engines import open_every

    source = find_source(arguments.reid)
    models = [AppearanceModel(source, engine) for engine in open_every(source, arguments.device)]
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (max(arguments.crops), 8, 4, 3), np.uint8)
    crops = [cv2.resize(picture, (64, 128), interpolation=cv2.INTER_CUBIC) for picture in coarse]
    exact = [model for model in models if model.precision == "f32"]
    reference = next((model for model in exact if model.engine == "pytorch"), exact[0]).embed(crops)
    rows: dict[tuple[int, AppearanceModel], dict] = {}
    for _ in range(RUNS):
        for count in arguments.crops:
            for model in models:
                row = rows.setdefault((count, model), {"engine": f"{model.engine} {model.precision}", "crops": count})
                row["crops/s"] = max(row.get("crops/s", 0.0), round(_crops_per_second(model, crops[:count]), 1))
    for (count, model), row in rows.items():
        embeddings = model.embed(crops[:count])
        row["cosine"] = round(float(np.min(np.sum(embeddings * reference[:count], axis=1))), 6)
        row["difference"] = float(f"{np.abs(embeddings - reference[:count]).max():.1e}")
    return list(rows.values())


def _crops_per_second(model: "AppearanceModel", crops: list[np.ndarray]) -> float:
    """The rate of `embed` over at least half a second."""
    done, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < 0.5:
        model.embed(crops)
        done += len(crops)
    return done / elapsed


def ranking(arguments: argparse.Namespace) -> list[dict]:
    """CMC with mAP, and re-ranking, compared with plain NumPy; see `benchmarks.speed.rankings.measure`."""
    from benchmarks.speed.rankings import measure

    return measure(arguments.queries, arguments.gallery)


def gallery(arguments: argparse.Namespace) -> list[dict]:
    """Search among the exemplars of very many people, with an index and exactly; see `benchmarks.speed.galleries.measure`."""
    from benchmarks.speed.galleries import measure

    return measure(arguments.exemplars)


def fusion(arguments: argparse.Namespace) -> list[dict]:
    """Tracking people on the ground with several cameras; see `benchmarks.speed.fusion.measure` and `measure_day`."""
    from benchmarks.speed.fusion import measure, measure_day

    return measure_day(arguments.day, arguments.thin) if arguments.day else measure(arguments.cameras, arguments.people)


def _crowd_from(path: Path) -> Callable[..., list[Frame]]:
    """The function `crowd(people=, dim=)` of a Python file, to time our trackers and others on the same scene."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; --crowd names a Python file with a function crowd(people=, dim=)")
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None:
        raise InputError(f"{path}: not a Python file; --crowd names one with a function crowd(people=, dim=)")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    if not callable(getattr(module, "crowd", None)):
        raise InputError(f"{path}: no function crowd(people=, dim=)")
    return module.crowd


def _report(title: str, rows: list[dict], output: Path | None) -> None:
    """Print `rows` as a table with their keys as columns and, with `output`, write them to `output/<title>.json`."""
    table = Table(title=title)
    for key in rows[0]:
        table.add_column(key, justify="left" if isinstance(rows[0][key], str) else "right", no_wrap=True)
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    Console(width=max(Console().width, 120)).print(table)
    if output:
        machine = {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()}
        with replacing(output / f"{title}.json") as path:
            path.write_text(json.dumps({"rows": rows, "machine": machine}, indent=2) + "\n")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--output", type=Path, metavar="DIR", help="also write the figures to a JSON file in this folder")

    command = commands.add_parser("association", parents=[shared], help="trackers on a synthetic crowd with given embeddings")
    command.add_argument("--people", type=_positive, nargs="+", default=[40, 400], help="sizes of the crowd (default: 40 400)")
    command.add_argument("--dim", type=_positive, nargs="+", default=[128], help="dimensions of an embedding (default: 128)")
    command.add_argument("--crowd", type=Path, metavar="FILE", help="use crowd(people=, dim=) of a Python file")
    command.add_argument("--low-share", type=_share, default=0, metavar="SHARE", help="share of scores below .5 (default: 0)")
    command.add_argument(
        "--peers", type=Path, metavar="FILE", help="compare with other packages: JSON lines with name, people, fps"
    )
    command.add_argument("--plot", type=Path, metavar="FILE", help="draw the time a frame against people as this PNG file")
    command.set_defaults(measure=association)

    command = commands.add_parser("engines", parents=[shared], help="an appearance model on every installed engine")
    command.add_argument("--reid", default="robust", metavar="MODEL", help="a network name or file (default: robust)")
    command.add_argument("--crops", type=_positive, nargs="+", default=[1, 8, 32], help="crops per call (default: 1 8 32)")
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    command.set_defaults(measure=engines)

    command = commands.add_parser("ranking", parents=[shared], help="CMC, mAP and re-ranking, compared with plain NumPy")
    command.add_argument("--queries", type=_positive, default=337, help="default: 337, a tenth of Market-1501's 3368")
    command.add_argument("--gallery", type=_positive, default=1591, help="default: 1591, a tenth of Market-1501's 15913")
    command.set_defaults(measure=ranking)

    command = commands.add_parser("gallery", parents=[shared], help="search in a large gallery, with an index and exactly")
    command.add_argument("--exemplars", type=_positive, default=100_000, metavar="N", help="embeddings in it (default: 100000)")
    command.set_defaults(measure=gallery)

    command = commands.add_parser("fusion", parents=[shared], help="people on the ground with several cameras")
    command.add_argument("--cameras", type=_positive, nargs="+", default=[4, 2, 8, 32], help="default: 4 2 8 32")
    command.add_argument("--people", type=_positive, nargs="+", default=[7, 30, 100], help="at a time (default: 7 30 100)")
    command.add_argument(
        "--day", type=_positive, metavar="FRAMES", help="measure memory over this many frames of 4 cameras instead"
    )
    command.add_argument("--thin", type=_positive, default=1, metavar="N", help="with --day: use one frame in N (default: 1)")
    command.set_defaults(measure=fusion)
    return parser


def main() -> None:
    """Run the measurement on the command line."""
    arguments = _parser().parse_args()
    _report(arguments.command, arguments.measure(arguments), arguments.output)


if __name__ == "__main__":
    run_program(main)
