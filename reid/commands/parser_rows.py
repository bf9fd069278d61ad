"""`evaluate` on parsers, which have no embeddings: the columns of Table 1 of SPReID, and the IoU of each region."""

import argparse
from contextlib import nullcontext
from typing import Any

from reid.commands.rows import joined, print_rows, write_rows

MASKED = "lip="  # begins a source with masks
TITLE = "accuracies and mean IoU over LIP's labels, then the IoU of each region and its mean"
WIDTH = 160  # of the table, characters
# The options that are about embeddings, each with the values that change nothing.
_UNUSED: dict[str, tuple[Any, ...]] = {
    "join": (False,),
    "centre": (None,),
    "rerank": (False,),
    "single_shot": (False,),
    "feature": ("test",),
    "distance": ("cosine",),
    "clustering": (False,),
    "engine": ("auto", "pytorch"),
}


def evaluate_parsers(options: argparse.Namespace) -> None:
    """Measure each parser on the val split of each set, print and write."""
    from reid.common.errors import InputError
    from reid.common.partial_file import PartialFile
    from reid.common.picture_file import require_whole
    from reid.data.sources import source_names
    from reid.engines import devices
    from reid.parsing.evaluation import evaluate_parser
    from reid.parsing.lip import read_lip
    from reid.parsing.parser import load_parser

    for name, idle in _UNUSED.items():
        if getattr(options, name) not in idle:
            raise InputError(f"--{name.replace('_', '-')}: a parser has no embeddings, and runs on pytorch; leave it out")
    for source in options.data:
        if not source.startswith(MASKED):
            raise InputError(f"{source}: has no masks for a parser; evaluate on it in another run than on {MASKED}DIR")
    names = source_names(options.data)
    sets = {name: read_lip(source, "val") for name, source in zip(names, options.data, strict=True)}
    require_whole(path for photographs in sets.values() for path in (*photographs.paths, *(photographs.masks or [])))
    device = devices(options.device)[0]
    try:
        parsers = {name: load_parser(name, device) for name in options.models}
    except InputError as error:
        raise InputError(f"{error}; {MASKED}DIR is for parsers alone") from None
    rows: dict[str, list[dict]] = {name: [] for name in sets}
    output = options.output and PartialFile(options.output, lambda path: write_rows(path, joined(rows)))
    try:
        with output.growing(lambda: f"{len(joined(rows))} rows" if joined(rows) else "") if output else nullcontext():
            for network, parser in parsers.items():
                for name, photographs in sets.items():
                    shares = evaluate_parser(parser, photographs.paths, photographs.masks or [])
                    rows[name].append({"network": network, "set": name, **shares, "images": len(photographs)})
                    if output:
                        output.keep()
    finally:
        if joined(rows):
            print_rows(rows, TITLE, WIDTH)
            print("\n".join(f"{network}: {parser}" for network, parser in parsers.items()))
