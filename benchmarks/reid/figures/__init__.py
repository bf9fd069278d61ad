"""The figures of the papers: each in a module of its name, drawn as PNG beside a file of what it shows.

`python -m benchmarks.reid --figure NAME`. The same command goes on with an interrupted figure.
"""

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module

from reid.common.errors import InputError


@dataclass(frozen=True)
class Figure:
    """A figure: its `title`, what it `needs`, for the help, and the options that it `takes`."""

    title: str
    needs: str
    takes: frozenset[str]


FIGURES = {
    "losses": Figure(
        "Luo et al., TMM 2019, Fig. 7: losses by iteration",
        "trains Neck3, BNNeck3 and BNNeck for 500 iterations on each --data",
        frozenset({"changes", "data", "scale", "device"}),
    ),
    "features_2d": Figure(
        "Luo et al., TMM 2019, Fig. 9: two-dimensional features of digits",
        "--data takes the folder of MNIST's IDX files (default: rendered digits)",
        frozenset({"data", "epochs"}),
    ),
    "norms": Figure(
        "Luo et al., TMM 2019, Fig. 10: norms of the features of BNNeck",
        "--data and the run BNNeck of the table necks, trained if necessary; or --networks with one weights file of a network "
        "with BNNeck, on the images of --data",
        frozenset({"changes", "data", "validate", "networks", "epochs", "scale", "device"}),
    ),
    "parameters": Figure(
        "Lawen et al. 2019, Fig. 1: accuracy over the number of parameters",
        "nothing; with --data, also the accuracy of --networks (default: the shipped ones) on its queries",
        frozenset({"data", "networks", "device"}),
    ),
    "averaging": Figure(
        "Lawen et al. 2019, Fig. 6: SWAG beside SGD by epoch",
        "--data; trains the cycles of the table swag once per seed, evaluated after each epoch; five --seeds in print",
        frozenset({"changes", "data", "validate", "seeds", "epochs", "scale", "device"}),
    ),
}
_UNSET: dict[str, object] = {"changes": [], "data": [], "validate": [], "unlabelled": [], "styled": [], "networks": []}
_UNSET |= {"seeds": [], "epochs": None, "scale": "full", "device": "cpu"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only figures have."""
    parser.add_argument(
        "--networks",
        nargs="+",
        default=[],
        metavar="NAME",
        help="for the figures parameters and norms: shipped networks or .safetensors files",
    )


def names() -> str:
    """The names of all figures, each with what it needs."""
    return "; ".join(f"{name}: {figure.needs}" for name, figure in FIGURES.items())


def draw_figure(options: argparse.Namespace) -> None:
    """Draw the figure `options.figure` in the folder of its name in `options.output`.

    Raises InputError for an unknown name, for an option that the figure does not take, if matplotlib is not installed, which is
    found out before anything is trained, and as the figure itself does.
    """
    from reid.evaluation.panels import require_matplotlib

    name = options.figure
    if name not in FIGURES:
        raise InputError(f"unknown figure {name}; choose from {', '.join(FIGURES)}")
    refuse_options(options, FIGURES[name].takes, f"the figure {name}")
    require_matplotlib()
    import_module(f"benchmarks.reid.figures.{name}").draw(options, FIGURES[name].title, options.output / name)


def refuse_options(options: argparse.Namespace, takes: Collection[str], what: str) -> None:
    """Raise InputError for an option that is set and not among those that `what` takes."""
    for option, unset in _UNSET.items():
        value = getattr(options, option)
        if value != unset and option not in takes:
            raise InputError(f"{value[0] if option == 'changes' else f'--{option}'}: of no use to {what}; leave it out")
