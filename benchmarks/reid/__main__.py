"""Reproduce the tables and figures of the ReID papers: train or load every row, and print or draw it beside the paper's values.

`python -m benchmarks.reid --table bag_of_tricks --data SOURCE`, or `--figure NAME`. The same command goes on with an interrupted
one.
"""

import argparse
from dataclasses import fields, replace
from pathlib import Path

from benchmarks.reid import figures
from benchmarks.reid.surveys import SURVEYS, print_survey
from benchmarks.reid.table import Table
from benchmarks.reid.tables import TABLES, find_table
from reid.common.errors import InputError, note, run_program


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark with command-line `arguments`; raises `InputError` for invalid user input."""
    options = _parse(arguments)
    if options.epochs is not None and options.epochs < 1:
        raise InputError(f"--epochs {options.epochs}: must be at least 1")
    if options.table in SURVEYS:
        figures.refuse_options(options, (), f"{options.table}, which is only printed")
        print_survey(options.table)
        return
    from benchmarks.reid.data import read_directions
    from benchmarks.reid.recipes import Reduction, row_recipe, without_copies
    from benchmarks.reid.report import print_steps, print_table, title, write_summary
    from benchmarks.reid.rows import check_rows, run_row
    from benchmarks.reid.runs import Runs, run_places
    from benchmarks.reid.seeds import both_ways, over_seeds
    from benchmarks.reid.steps import compare_steps
    from reid.engines import devices
    from reid.training.recipe import Recipe

    for source in (*options.data, *options.validate, *options.unlabelled, *options.styled):
        if source.partition("=")[0] in {field.name for field in fields(Recipe)}:
            raise InputError(f"{source}: not a data source; changes to the recipes go before the options")
    if options.figure:
        figures.draw_figure(options)
        return
    if options.networks:
        raise InputError("--networks: a table trains its own; leave it out")
    device = devices(options.device)[0]
    table, folder = find_table(options.table), options.output / options.table
    if not options.styled:
        table = without_copies(table)
    small = options.scale == "small"
    changes = options.changes if options.unlabelled else [*options.changes, "unlabelled_per_batch=0"]
    reduction = Reduction(options.epochs, small, tuple(changes))
    directions = read_directions(
        table, options.data, options.validate, unlabelled=options.unlabelled, small=small, styled=options.styled
    )
    for data in directions:
        check_rows(table, data, reduction, device)
    seeds = list(dict.fromkeys(options.seeds or [row_recipe(table, table.trained[0], reduction).seed]))
    heading = title(table, directions, reduction)
    print(heading)
    runs: dict[str, dict[int, dict]] = {}  # by row and seed
    try:
        for seed in seeds:
            seeded = replace(reduction, changes=(*reduction.changes, f"seed={seed}"))
            places = run_places(folder / f"seed_{seed}", directions)
            ways = {
                data.direction: Runs(table, data, seeded, place, device) for place, data in zip(places, directions, strict=True)
            }
            for number, row in enumerate(table.measured, 1):
                print(f"seed {seed}, row {number} of {len(table.measured)}: {row.name}", flush=True)
                runs.setdefault(row.name, {})[seed] = both_ways({name: run_row(way, row) for name, way in ways.items()})
                results = {name: over_seeds(list(of_row.values())) for name, of_row in runs.items()}
                steps = compare_steps(table, runs)
                write_summary(folder, table, results, steps, heading)  # after each row, so that even a killed run keeps it
    except BaseException as error:
        if runs:
            note(error, f"{sum(map(len, runs.values()))} rows are kept in {folder}; the same command goes on from there")
        raise
    print_table(table, results, heading)
    print_steps(steps)
    _draw_losses(table, run_places(folder / f"seed_{seeds[0]}", directions)[0], folder / "losses.png")
    print(f"also in {folder / 'summary.json'} and {folder / 'summary.csv'}")


def _draw_losses(table: Table, folder: Path, path: Path) -> None:
    """The loss curves by epoch of all rows of one seed and direction, whose runs are in `folder`: what converges or collapses."""
    from benchmarks.reid.runs import run_folder
    from reid.evaluation.curves import draw_losses

    runs = {row.run or row.name: run_folder(table, folder, row) / "losses.csv" for row in table.trained}
    try:
        draw_losses(runs, path, table.title)
    except InputError as error:  # the figures are still available
        print(f"no loss curves: {error}")
    else:
        print(f"loss curves in {path}")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reid", description=__doc__.splitlines()[0])
    parser.add_argument(
        "changes",
        nargs="*",
        metavar="key=value",
        help="changes to every row's recipe, before the options; backbone_weights=FILE: all start from this backbone; for "
        "distillation, teacher=[A.xml,B.xml] is required",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--table", metavar="NAME", help=f"{', '.join(TABLES)}; only printed, without --data: {', '.join(SURVEYS)}")
    what.add_argument("--figure", metavar="NAME", help=figures.names())
    parser.add_argument(
        "--data",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="training data, used together, as in `python -m reid train --data`; rows with ft in their name go on from others' "
        "networks on the first alone; a table across data sets takes two, each to train on and to evaluate the other's networks "
        "on; spreid_parsing takes lip=DIR",
    )
    parser.add_argument(
        "--validate",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="queries and galleries to evaluate each row on (default: those of the first --data)",
    )
    parser.add_argument(
        "--unlabelled", nargs="+", default=[], metavar="DIR", help="for distillation: images of people without labels"
    )
    parser.add_argument(
        "--styled",
        nargs="+",
        default=[],
        metavar="DIR",
        help="for CamStyle: copies of --data in the styles of other cameras; its row is only printed without",
    )
    parser.add_argument(
        "--seeds",
        nargs="+",
        type=int,
        default=[],
        metavar="N",
        help="run each row once per seed; prints mean and spread (default: the recipe's seed)",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="fewer epochs, with a proportionally shorter schedule")
    parser.add_argument(
        "--scale",
        choices=("full", "small"),
        default="full",
        help="small: a small backbone from scratch, 300 people, on images of a quarter of the size; for distillation, 256 people "
        "in small batches; for SPReID, EfficientNet-Lite0 and the light parser on images of 96x48; for Robust-ReID, 100 people "
        "on images of 48x24",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("outputs/reid"), metavar="DIR", help="output folder (default: %(default)s)"
    )
    figures.add_arguments(parser)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run_program(main)
