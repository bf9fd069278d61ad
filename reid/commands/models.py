"""List the networks: input, dimension, size, multiply-adds, the papers' figures, shipped weights."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: the list is always whole."""


def run(options: argparse.Namespace) -> None:
    """Build each network, count it and print the table."""
    from rich.console import Console
    from rich.table import Table

    from reid import complexity
    from reid.models import available, build
    from reid.weights_file import SHIPPED

    columns = "network", "input", "dimension", "parameters", "multiply-adds", "weights"
    table = Table(*columns, title="In brackets: the papers' figures")
    for name in available():
        network = build(name)
        counted, published = complexity.count(network), complexity.PUBLISHED.get(name)
        papers = (f" ({published.parameters / 1e6:.1f})", f" ({published.multiply_adds / 1e9:.2f})") if published else ("", "")
        table.add_row(
            name,
            f"{network.preprocessing.height}x{network.preprocessing.width}",
            str(network.dimension),
            f"{counted.parameters / 1e6:.2f}M{papers[0]}",
            f"{counted.multiply_adds / 1e9:.2f}G{papers[1]}",
            _shipped(SHIPPED / f"{name}.safetensors"),
        )
    console = Console()
    console.print(table)
    console.print("Counted without classifiers; multiply-adds of convolutions and linear layers, for one image.")


def _shipped(path: Path) -> str:
    from reid.weights_file import read_weights

    if not path.is_file():
        return "none shipped"
    threshold = read_weights(path).max_cosine_distance
    return "shipped" if threshold is None else f"shipped, threshold {threshold:.3f}"
