"""The arguments that several commands share, so that they mean the same everywhere."""

import argparse

SOURCE = "a folder in Market-1501's layout, NAME=DIR or NAME:SPLIT=DIR with a NAME of `python -m reid datasets`, or a YAML file"


def add_model(parser: argparse.ArgumentParser) -> None:
    """The network, as `reid.load` takes it."""
    parser.add_argument("model", help="a network's name (its shipped weights), or a .safetensors, .onnx or .xml file")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Where the network runs."""
    parser.add_argument("--engine", default="auto", help="auto, openvino, onnxruntime or pytorch (default: auto, the fastest)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")


def add_data(parser: argparse.ArgumentParser) -> None:
    """A data set to measure on."""
    parser.add_argument("--data", required=True, metavar="SOURCE", help=f"queries and gallery: {SOURCE}")
