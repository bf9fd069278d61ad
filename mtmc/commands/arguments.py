"""The arguments that commands and benchmarks share, so that they mean the same everywhere."""

import argparse
from pathlib import Path

from mtmc.single.tracker_config import DEFAULT_TRACKER, available_trackers

REID = "a network's name, a .safetensors, .onnx or .xml file, module:attribute of your own, or none"


def add_reid(parser: argparse.ArgumentParser) -> None:
    """What tells people apart by their looks, and where it runs."""
    parser.add_argument("--reid", default="robust", metavar="NAME", help=f"{REID} (default: %(default)s)")
    add_engine(parser)


def add_reids(parser: argparse.ArgumentParser, default: str) -> None:
    """Several of what `add_reid` adds one of, to stand beside each other."""
    parser.add_argument(
        "--reid",
        default=default,
        type=lambda text: list(dict.fromkeys(text.split(","))),
        metavar="NAMES",
        help=f"each {REID}, separated by commas (default: {default})",
    )
    add_engine(parser)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Where networks run."""
    parser.add_argument("--engine", default="auto", help="auto, openvino, onnxruntime or pytorch (default: auto, the fastest)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")


def add_tracker(parser: argparse.ArgumentParser) -> None:
    """What links detections from frame to frame, and its thresholds."""
    names = f"{', '.join(available_trackers())}, or module:Class of your own"
    parser.add_argument("--tracker", metavar="NAME", help=f"{names} (default: {DEFAULT_TRACKER})")
    parser.add_argument("--config", type=Path, metavar="YAML", help="thresholds of your own; those left out keep their defaults")


def add_detector(parser: argparse._ActionsContainer) -> None:
    """What finds the people."""
    what = "find the people with an ONNX file in YOLOX's format, or with module:attribute of your own"
    parser.add_argument("--detector", metavar="FILE", help=what)
