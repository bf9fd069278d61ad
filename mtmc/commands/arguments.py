"""Arguments that commands and benchmarks share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mtmc.single.failures import ON_ERROR, SkippedFrames
from mtmc.single.tracker_config import DEFAULT_TRACKER, available_trackers
from reid.common.errors import InputError
from reid.footage.detection_text import SCORE_SCALES

if TYPE_CHECKING:
    from mtmc.single.offline import Finishing

REID = "a network name, a .safetensors, .onnx or .xml file, your own module:attribute, or none"
CARRIED = "detections"  # the name of the embeddings that the detections of several cameras carry


def add_reid(parser: argparse.ArgumentParser, carried: bool = False) -> None:
    """Add the appearance model, and where it runs; `carried` tells of `CARRIED`."""
    known = f"{REID}, or {CARRIED} for the embeddings that these carry" if carried else REID
    parser.add_argument("--reid", default="robust", metavar="NAME", help=f"{known} (default: %(default)s)")
    add_engine(parser)


def add_reids(parser: argparse.ArgumentParser, default: str) -> None:
    """Add several appearance models, to compare."""
    parser.add_argument(
        "--reid",
        default=default,
        type=_listed,
        metavar="NAMES",
        help=f"each {REID}, separated by commas (default: {default})",
    )
    add_engine(parser)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add where networks run."""
    parser.add_argument("--engine", default="auto", help="auto, openvino, onnxruntime or pytorch (default: auto, the fastest)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")


def add_recording(parser: argparse.ArgumentParser) -> None:
    """Add the recording of several cameras, and what finds its people."""
    parser.add_argument("source", type=Path, metavar="CAMERAS", help="a YAML file of cameras, or a recording's folder")
    parser.add_argument(
        "--detections", metavar="NAME", help="which of the recording's detections to use (default: depends on the format)"
    )
    add_detector(parser)
    parser.add_argument(
        "--min-score", type=float, metavar="S", help="drop detections that the detector scores lower (default: 0.3)"
    )


def add_tracker(parser: argparse.ArgumentParser) -> None:
    """Add the tracker and its thresholds."""
    names = f"{', '.join(available_trackers())}, or your own module:Class"
    parser.add_argument("--tracker", metavar="NAME", help=f"{names} (default: {DEFAULT_TRACKER})")
    parser.add_argument("--config", type=Path, metavar="YAML", help="your own thresholds; others keep their defaults")
    add_memory(parser)


def add_trackers(parser: argparse.ArgumentParser, default: str) -> None:
    """Add several trackers, to compare, and the thresholds of one."""
    names = f"all, or some of {', '.join(available_trackers())} and your own module:Class"
    parser.add_argument("--tracker", type=_listed, metavar="NAMES", help=f"{names}, separated by commas (default: {default})")
    parser.add_argument(
        "--config", type=Path, metavar="YAML", help="your own thresholds of one tracker; others keep their defaults"
    )
    add_memory(parser)


def add_memory(parser: argparse.ArgumentParser) -> None:
    """Add how long people who left are remembered."""
    what = "give people who return within so many seconds their old id, by their looks (default: 0, as in papers)"
    parser.add_argument("--memory", type=float, metavar="SECONDS", help=what)


def add_offline(parser: argparse.ArgumentParser, result: str) -> None:
    """Add what becomes of tracks once they have ended; `result` is what comes of it."""
    parser.add_argument(
        "--offline",
        nargs="?",
        const="gaussian",
        choices=("linear", "gaussian"),
        help=f"{result}: the tracks as finished once the recording has ended, gaps filled linearly and, unless linear, smoothed",
    )
    what = "seconds; with --offline, longer gaps are not filled (default: 2)"
    parser.add_argument("--max-gap", type=float, metavar="S", help=what)
    what = "with --offline, drop tracks with fewer detections (default: 1)"
    parser.add_argument("--min-length", type=int, metavar="N", help=what)


def finishing(options: argparse.Namespace) -> "Finishing | None":
    """What the options of `add_offline` ask for. Raises `InputError` for a length or gap below zero, or without --offline."""
    asked = {"max_gap": options.max_gap, "min_length": options.min_length}
    asked = {key: value for key, value in asked.items() if value is not None}
    for key, value in asked.items():
        name = f"--{key.replace('_', '-')}"
        if options.offline is None:
            raise InputError(f"{name} applies to tracks finished with --offline: add it, or leave {name} out")
        if not value >= 0:
            raise InputError(f"{name} {value:g} must be at least 0")
    if options.offline is None:
        return None
    from mtmc.single.offline import Finishing

    return Finishing(options.offline, **asked)


def add_scoring(parser: argparse.ArgumentParser) -> None:
    """Add the person classifier of a tracker that scores candidates."""
    what = "score candidates of motdt by a file of `python -m mtmc scorer`, or by your own module:attribute (default: by prior)"
    parser.add_argument("--scoring", metavar="FILE", help=what)


def add_detector(parser: argparse._ActionsContainer) -> None:
    """Add the person detector."""
    what = "detect people with an ONNX file in YOLOX format, or with your own module:attribute"
    parser.add_argument("--detector", metavar="FILE", help=what)


def add_score_scale(parser: argparse.ArgumentParser) -> None:
    """Add the scale of a detection file's scores."""
    what = "of the detections' scores (default: by the range of nearly all of them)"
    parser.add_argument("--score-scale", choices=SCORE_SCALES, help=what)


def add_on_error(parser: argparse.ArgumentParser) -> None:
    """Add what becomes of a frame that fails."""
    what = "a frame that does not decode, or whose detector or network fails: stop there, or skip it (default: %(default)s)"
    parser.add_argument("--on-error", choices=ON_ERROR, default="stop", help=what)


def print_skipped(skipped: SkippedFrames) -> None:
    """Print what a command skipped, a line for each camera and kind."""
    for line in skipped.lines():
        print(line)


def score_scale_line(name: str, scale: str) -> str:
    """What a command prints of the sequence `name` whose scores it mapped from `scale` to 0..1; "" for probabilities and none."""
    told = {"percent": "in per cent", "standardised": "on a scale of their own, standardised"}
    return f"{name}: the detections' scores are {told[scale]}; --score-scale chooses another" if scale in told else ""


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(text.split(",")))
