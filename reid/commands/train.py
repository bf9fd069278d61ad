"""Train a network by a recipe; the same command resumes an interrupted run.

On N devices: torchrun --nproc-per-node N -m reid train ...; the N processes share the recipe's batch.
"""

import argparse
from dataclasses import fields
from pathlib import Path

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recipe, the data and the output folder."""
    parser.usage = (
        "%(prog)s RECIPE [KEY=VALUE ...] --data SOURCE ... --output DIR [--validate SOURCE ...] [--unlabelled DIR ...] "
        "[--styled DIR ...] [--device DEVICE]"
    )
    parser.add_argument("recipe", type=Path, help="a YAML file; the files in configs/reid explain every key")
    parser.add_argument(
        "changes", nargs="*", metavar="KEY=VALUE", help="changes to the recipe, such as epochs=60 or options.pool=max"
    )
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="SOURCE", help=f"training data, used together; each {arguments.SOURCE}"
    )
    parser.add_argument(
        "--validate",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="queries and gallery of other people, preferably at other sites; evaluated every evaluate_every epochs and last",
    )
    parser.add_argument(
        "--unlabelled",
        nargs="+",
        default=[],
        metavar="DIR",
        help="images of people without labels, for distillation from teachers",
    )
    parser.add_argument(
        "--styled",
        nargs="+",
        default=[],
        metavar="DIR",
        help="copies of --data in the styles of other cameras, named as CamStyle's: 0002_c1s1_000451_03_fake_1to2.jpg",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for checkpoint, losses and weights")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    """Train and write last.safetensors and, with --validate, best.safetensors."""
    import configs
    from reid.common.errors import InputError
    from reid.data.folders import GALLERY, QUERY, TRAIN, join, with_unlabelled
    from reid.data.sources import STYLED, UNLABELLED, read_source, site_names, source_names
    from reid.data.styled import with_styled
    from reid.engines import devices
    from reid.models import parsers
    from reid.parsing.lip import PREFIX, read_lip
    from reid.training import processes
    from reid.training.recipe import Recipe, read_recipe
    from reid.training.trainer import train
    from reid.training.validation import Measured, ParsingSet, ValidationSet

    if not options.recipe.is_file():
        raise InputError(f"{options.recipe}: no such recipe; this package has {configs.path('reid', '*')}")
    recipe = read_recipe(options.recipe, options.changes)
    parses = recipe.model in parsers()
    for source in options.data:
        key = source.partition("=")[0]
        if key in {field.name for field in fields(Recipe)}:
            raise InputError(
                f"{source}: not a data source; changes follow the recipe: train {options.recipe} {source} --data ..."
            )
        if source.startswith(PREFIX) and not parses:
            raise InputError(f"{source}: photographs with masks train a parser, {' or '.join(parsers())}, not {recipe.model}")
    parts = [read_lip(source, "train") if parses else read_source(source, TRAIN)[0] for source in options.data]
    crops = with_unlabelled(with_styled(join(parts), options.styled), options.unlabelled)
    validation: list[Measured] = []
    for name, source in zip(source_names(options.validate), options.validate, strict=True):
        if parses:
            validation.append(ParsingSet(name, read_lip(source, "val")))
            continue
        query, gallery = read_source(source, QUERY, GALLERY)
        validation.append(ValidationSet(name, query, gallery, frozenset(site_names(source))))
    with processes.joined(devices(options.device)[0]) as device:
        first = processes.rank() == 0
        if first:
            named, unlabelled = int(crops.named.sum()), int((crops.ids < 0).sum())
            more = f", {unlabelled} images without labels" if options.unlabelled else ""
            more += f", {len(crops) - named - unlabelled} styled copies" if options.styled else ""
            what = "images with masks" if parses else f"images of {crops.ids.max() + 1} identities"
            print(f"{recipe.model}: {named} {what} from {len(options.data)} data sets{more}")
        data = [*options.data, *(f"{Path(folder)}{UNLABELLED}" for folder in options.unlabelled)]
        data += [f"{Path(folder)}{STYLED}" for folder in options.styled]
        train(recipe, crops, options.output, device, validation, data)
    if first:
        path = options.output / "last.safetensors"
        steps = f"python -m reid threshold {path} --data DIR, then python -m reid evaluate {path} --data DIR"
        steps = f"python -m reid parse IMAGE --parser {path} --output DIR" if parses else steps
        print(f"weights in {path}; next: {steps}")
