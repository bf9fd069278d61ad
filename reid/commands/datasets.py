"""List the published data sets with layout and counts, or count the images of local ones.

Nothing is downloaded: get the archives from their authors. A count with one number is of identities only.
"""

import argparse

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sources to count; without any, the list."""
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help=f"count this; {arguments.SOURCE}")


def run(options: argparse.Namespace) -> None:
    """Print the list, or read each source and print its counts."""
    from rich.console import Console

    Console().print(_counted(options.sources) if options.sources else _listed())


def _listed():
    from rich.markup import escape
    from rich.table import Column, Table

    from reid.data.datasets import available, find
    from reid.data.folders import GALLERY, QUERY, TRAIN

    columns = "name", Column("layout", overflow="fold"), "train", "query", "gallery", "splits"
    table = Table(*columns, title="Published images / identities", show_lines=True)
    for name in available():
        entry = find(name)
        counts = [_published(entry.counts.get(part)) for part in (TRAIN, QUERY, GALLERY)]
        if entry.whole:
            counts[0] += f"\nwhole: {_published(entry.whole)}"
        table.add_row(name, escape(f"{entry.description}\n{entry.layout}"), *counts, str(entry.splits or ""))
    return table


def _published(count) -> str:
    if count is None:
        return ""
    return f"{count.identities}" if count.images is None else f"{count.images} / {count.identities}"


def _counted(sources: list[str]):
    import numpy as np
    from rich.table import Column, Table

    from reid.data.sources import read_parts

    table = Table(Column("source", overflow="fold"), "part", "images", "identities", "cameras")
    for source in sources:
        for part, crops in read_parts(source).items():
            if len(crops):
                counts = len(crops), len(np.unique(crops.ids)), len(np.unique(crops.cameras))
                table.add_row(source, part, *map(str, counts))
    return table
