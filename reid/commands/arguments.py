"""The arguments that several commands share, so that they mean the same everywhere."""

import argparse

SOURCE = (
    "a folder in Market-1501's layout, NAME=DIR or NAME:SPLIT=DIR with a NAME of `python -m reid datasets`, a YAML file, or "
    "FILE.yaml=DIR, which finds in DIR the folders that the file names"
)
_MODEL = "a network's name (its shipped weights), or a .safetensors, .onnx or .xml file"


def add_model(parser: argparse.ArgumentParser) -> None:
    """The network, as `reid.load` takes it."""
    parser.add_argument("model", help=_MODEL)


def add_models(parser: argparse.ArgumentParser) -> None:
    """The networks, one or more, to stand beside each other."""
    parser.add_argument("models", nargs="+", metavar="MODEL", help=_MODEL)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Where the network runs."""
    parser.add_argument("--engine", default="auto", help="auto, openvino, onnxruntime or pytorch (default: auto, the fastest)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")


def add_data(parser: argparse.ArgumentParser, several: bool = False) -> None:
    """A data set to measure on, or several."""
    number = {"nargs": "+"} if several else {}
    parser.add_argument("--data", required=True, metavar="SOURCE", help=f"queries and gallery: {SOURCE}", **number)


def add_centre(parser: argparse.ArgumentParser) -> None:
    """What is taken out of embeddings before they are compared."""
    what = "also measure with the mean embedding of each camera's images taken out of them; unit rows again"
    parser.add_argument("--centre", choices=("camera",), help=what)
