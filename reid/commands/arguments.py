"""Arguments that several commands share."""

import argparse

SOURCE = (
    "a folder in Market-1501's layout, NAME=DIR or NAME:SPLIT=DIR with a NAME of `python -m reid datasets`, a YAML file, or "
    "FILE.yaml=DIR, with the folders of the file in DIR"
)
_MODEL = "a network name (with its shipped weights), or a .safetensors, .onnx or .xml file"


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the network, as in `reid.load`."""
    parser.add_argument("model", help=_MODEL)


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add one or more networks, to compare."""
    parser.add_argument("models", nargs="+", metavar="MODEL", help=_MODEL)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add where the network runs."""
    parser.add_argument("--engine", default="auto", help="auto, openvino, onnxruntime or pytorch (default: auto, the fastest)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")


def add_data(parser: argparse.ArgumentParser, several: bool = False) -> None:
    """Add the data set to evaluate on, or several."""
    number = {"nargs": "+"} if several else {}
    parser.add_argument("--data", required=True, metavar="SOURCE", help=f"queries and gallery: {SOURCE}", **number)


def add_centre(parser: argparse.ArgumentParser) -> None:
    """Add camera centring of embeddings."""
    what = "also evaluate with each camera's mean embedding subtracted (unit rows again)"
    parser.add_argument("--centre", choices=("camera",), help=what)
