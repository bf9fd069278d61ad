"""Train a network by a recipe; the same command goes on with a run that was stopped."""

import argparse
from pathlib import Path

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recipe, the data, the place for the results."""
    parser.add_argument("recipe", type=Path, help="a YAML file; those in configs/reid explain every key")
    parser.add_argument("changes", nargs="*", metavar="KEY=VALUE", help="changes to the recipe, like epochs=60")
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="SOURCE", help=f"trained on all together; each {arguments.SOURCE}"
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="for checkpoint, losses and weights"
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    """Train and write MODEL.safetensors."""
    from dataclasses import asdict

    from reid.data.folders import TRAIN, join
    from reid.data.sources import read_source, source_name
    from reid.training.recipe import read_recipe
    from reid.training.trainer import train
    from reid.weights_file import weights_of

    recipe = read_recipe(options.recipe, options.changes)
    crops = join([read_source(source, TRAIN)[0] for source in options.data])
    print(f"{recipe.model}: {len(crops)} images of {crops.ids.max() + 1} identities from {len(options.data)} data sets")
    network = train(recipe, crops, options.output, options.device)
    path = options.output / f"{recipe.model}.safetensors"
    weights_of(recipe.model, network, {"data": [source_name(source) for source in options.data], **asdict(recipe)}).write(path)
    print(f"weights in {path}; next: python -m reid threshold {path} --data DIR, then python -m reid evaluate {path} --data DIR")
