"""List the networks: input, dimension, size, multiply-adds, the papers' figures, shipped weights and options."""

import argparse
from pathlib import Path
from typing import Any

# Networks whose options change their size, each with those options and, where it has one of its own, an input size.
_VARIANTS: dict[str, list[tuple[dict[str, Any], tuple[int, int] | None]]] = {
    "spreid": [
        ({"regions": "body"}, None),
        ({"regions": "combined"}, None),
        ({"regions": "none"}, None),
        ({"shared": True}, None),
        ({"backbone": "efficientnet_lite0", "parser": "parser_light", "last_stride": 1}, (160, 64)),
    ]
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add no arguments: the list is always complete."""


def run(options: argparse.Namespace) -> None:
    """Count each network, built with shapes only, and print the table and the options."""
    from rich.console import Console
    from rich.table import Column, Table

    from reid.common.errors import InputError
    from reid.models import available, parsers
    from reid.weights.weights_file import SHIPPED

    columns = "network", "input", "dim.", "parameters", "multiply-adds", "ships with"
    heads = [Column(columns[0], no_wrap=True), *(Column(column, overflow="fold") for column in columns[1:])]
    table = Table(*heads, title="In brackets: the papers' figures")
    missing: dict[str, list[str]] = {}
    for name in (*available(), *parsers()):
        if name == parsers()[0]:
            table.add_section()
        try:
            table.add_row(name, *_sizes(name), _shipped(SHIPPED / f"{name}.safetensors"))
            for changed, size in _VARIANTS.get(name, []):
                told = "\n".join(f"  {option}={value}" for option, value in changed.items())
                table.add_row(told, *_sizes(name, changed, size), "")
        except InputError as error:  # the package of its backbone is not installed
            missing.setdefault(str(error), []).append(name)
    console = Console()
    console.print(table)
    for sentence, uncounted in missing.items():
        console.print(f"Not counted, {', '.join(uncounted)}: {sentence}", highlight=False, markup=False)
    console.print("The last are parsers, whose dimension is the number of labels.")
    console.print("Counts exclude classifiers; multiply-adds are those of convolutions and linear layers, for one image.")
    console.print("ResNet50 has 25.56M with ImageNet's classifier. Counted with normalisations, biases and ReLU, robust has")
    console.print("0.72G and robust_2x 1.68G. Readings of its 6.4M that were tried: the docstring of reid.models.complexity.")
    console.print("\nOptions of a recipe (python -m reid train RECIPE options.NAME=VALUE), * the default:")
    for names, values in _options().items():
        console.print(f"{', '.join(names)}: {values}", highlight=False)


def _sizes(name: str, changed: dict[str, Any] | None = None, size: tuple[int, int] | None = None) -> tuple[str, str, str, str]:
    """Input, dimension, parameters and multiply-adds, as text, of a network with changed options and of another input size."""
    from dataclasses import replace

    import torch

    from reid.models import build, complexity

    with torch.device("meta"):
        network = build(name, **(changed or {}))
    if size:
        network.preprocessing = replace(network.preprocessing, height=size[0], width=size[1])
    counted, published = complexity.count(network), complexity.PUBLISHED.get(name)
    papers = (f" ({published.parameters / 1e6:g})", f" ({published.multiply_adds / 1e9:g})") if published else ("", "")
    return (
        f"{network.preprocessing.height}x{network.preprocessing.width}",
        str(network.dimension),
        f"{counted.parameters / 1e6:.2f}M{papers[0]}",
        f"{counted.multiply_adds / 1e9:.2f}G{papers[1]}",
    )


def _options() -> dict[tuple[str, ...], str]:
    """The choices, as text, by the names of the networks that have them."""
    from reid.models import available, choices, options

    names: dict[str, list[str]] = {}
    for name in available():
        defaults = options(name)
        choice = (
            f"{option} " + "|".join(f"{value}*" if value == defaults[option] else str(value) for value in values)
            for option, values in choices(name).items()
        )
        names.setdefault("; ".join(choice) or "none", []).append(name)
    return {tuple(group): values for values, group in names.items()}


def _shipped(path: Path) -> str:
    """The image height and width of a network's shipped weights."""
    from reid.weights.weights_file import read_weights

    if not path.is_file():
        return ""
    size = read_weights(path).preprocessing
    return f"{size.height}x{size.width}"
