"""The tables of the ReID papers, a command each: train or load every row, print ours beside the paper's.

`python -m benchmarks.reid --table bag_of_tricks --data SOURCE`. The same command goes on with a table that was stopped.
"""

import argparse
from pathlib import Path

from benchmarks.reid_tables import TABLES, Table, find_table
from reid.errors import InputError, run

NAMES = ", ".join((*TABLES, "features_2d"))


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark with command-line `arguments`; raises `InputError` for what the user gave wrong."""
    options = _parse(arguments)
    if options.epochs is not None and options.epochs < 1:
        raise InputError(f"--epochs {options.epochs}: must be at least 1")
    if options.table == "features_2d":
        from benchmarks.reid_digits import draw_features

        draw_features(options.data, options.output / options.table, options.epochs)
        return
    from benchmarks.reid_report import print_steps, print_table, title, write_summary
    from benchmarks.reid_rows import Reduction, read_data, run_row
    from benchmarks.reid_steps import compare_steps

    table, folder = find_table(options.table), options.output / options.table
    reduction = Reduction(options.epochs, options.scale == "small", tuple(options.changes))
    if not options.data:
        raise InputError(f"--data: {table.name} needs a data set to train and to measure on")
    data = read_data(table, options.data)
    heading = title(table, data, reduction)
    print(heading)
    results, steps = {}, []
    for number, row in enumerate(table.rows, 1):
        print(f"row {number} of {len(table.rows)}: {row.name}", flush=True)
        results[row.name] = run_row(table, row, data, reduction, folder, options.device)
        steps = compare_steps(table, results)
        write_summary(folder, table, results, steps, heading)  # after each row, so that a stopped table has what is done
    print_table(table, results, heading)
    print_steps(steps)
    _draw_losses(table, folder)
    print(f"also in {folder / 'summary.json'} and {folder / 'summary.csv'}")


def _draw_losses(table: Table, folder: Path) -> None:
    """The loss curves of all rows: Luo et al., TMM 2019, Fig. 7."""
    from benchmarks.reid_rows import run_folder
    from reid.evaluation.curves import draw_losses

    runs = {row.run or row.name: run_folder(folder, row) / "losses.csv" for row in table.rows}
    try:
        draw_losses(runs, folder / "losses.png", table.title)
    except InputError as error:  # the figures are there all the same
        print(f"no loss curves: {error}")
    else:
        print(f"loss curves in {folder / 'losses.png'}")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reid", description=__doc__.splitlines()[0])
    parser.add_argument(
        "changes",
        nargs="*",
        metavar="key=value",
        help="changes to every row's recipe, before the options; backbone_weights=FILE: all start from this backbone",
    )
    parser.add_argument("--table", required=True, metavar="NAME", help=NAMES)
    parser.add_argument(
        "--data",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="what `python -m reid train --data` takes; two for cross_domain, to train on and to measure on; for features_2d the "
        "folder of MNIST's IDX files (default: rendered digits)",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="fewer epochs; the schedule shrinks with them")
    parser.add_argument(
        "--scale",
        choices=("full", "small"),
        default="full",
        help="small: a small backbone from scratch, on images of half the sides",
    )
    parser.add_argument("--output", type=Path, default=Path("outputs/reid"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(main)
