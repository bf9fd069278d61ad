"""The training and evaluation data of a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.reid.table import Table
from reid.common.errors import InputError
from reid.common.picture_file import require_whole
from reid.data.folders import GALLERY, QUERY, TRAIN, Crops, join, with_unlabelled
from reid.data.sources import read_source, source_name, source_names
from reid.data.styled import with_styled
from reid.parsing.lip import read_lip
from reid.training.recipe import Recipe
from reid.training.validation import ParsingSet, ValidationSet, check_apart


@dataclass(frozen=True)
class Data:
    """The data of a table, or of one of its directions.

    labelled: the training crops, from the data sets called `names`. together: these and the images without labels. copied: these
    and their copies in other cameras' styles. first: those of the first data set alone, to fine-tune on. whole: the number of
    identities in the data sets, of which a small run uses only some. measured: the data sets to evaluate each network on.
    """

    labelled: Crops
    together: Crops
    copied: Crops
    first: Crops
    whole: int
    names: tuple[str, ...]
    measured: tuple[ValidationSet | ParsingSet, ...]

    @property
    def direction(self) -> str:
        """The names of the data sets to train on, "to" those to evaluate on, if these are others."""
        trained, measured = ", ".join(self.names), ", ".join(each.name for each in self.measured)
        return trained if measured == trained else f"{trained} to {measured}"

    def crops(self, recipe: Recipe, first: bool = False) -> Crops:
        """The training crops of a recipe, with styled copies or images without labels only if its batches include them; or those
        of the `first` data set alone."""
        if first:
            return self.first
        if recipe.styled_per_batch:
            return self.copied
        return self.together if recipe.unlabelled_per_batch else self.labelled


def read_directions(table: Table, sources: Sequence[str], validate: Sequence[str] = (), **more: Any) -> list[Data]:
    """The data as from `read_data`; of a cross-domain table with two `sources` and no `validate`, those of both directions: from
    the first to the second, and back. Raises InputError as `read_data`, and for two data sets of one name."""
    if table.cross and not validate and len(sources) == 2:
        if len(names := set(map(source_name, sources))) == 1:
            raise InputError(f"--data: both sets are called {names.pop()}; rename one, to tell the two directions apart")
        return [read_data(table, [one], [other], **more) for one, other in (sources, sources[::-1])]
    return [read_data(table, sources, validate, **more)]


def read_data(
    table: Table,
    sources: Sequence[str],
    validate: Sequence[str] = (),
    unlabelled: Sequence[str] = (),
    small: bool = False,
    styled: Sequence[str] = (),
) -> Data:
    """Read the training data of a table from all `sources`, with images from the folders `unlabelled`, and copies from `styled`.

    Each network is evaluated on each set of `validate`, or else on the first of `sources`. `small` keeps the table's
    `small_identities` people, evenly chosen. Raises InputError for a cross-domain table without `validate`, and for a training
    image that is also in the evaluation data.
    """
    if not sources:
        raise InputError(f"--data: {table.name} needs a data set to train on")
    if table.cross and not validate:
        raise InputError(f"--validate: {table.name} needs another data set to evaluate on, or two sets in --data, for both ways")
    parts = [read_lip(source, "train") if table.parses else read_source(source, TRAIN)[0] for source in sources]
    crops = join(parts)
    copied = with_styled(crops, styled)
    first, whole = crops.take(np.arange(len(parts[0]))), int(crops.ids.max()) + 1
    if small and table.small_identities and table.small_identities < whole:
        chosen = np.linspace(0, whole - 1, table.small_identities).astype(int)
        first, crops, copied = (join([each.take(np.isin(each.ids, chosen))]) for each in (first, crops, copied))
    on = list(validate) or list(sources[:1])
    names = source_names(on)
    measured: list[ValidationSet | ParsingSet]
    if table.parses:
        measured = [ParsingSet(name, read_lip(source, "val")) for name, source in zip(names, on, strict=True)]
    else:
        pairs = [read_source(source, QUERY, GALLERY) for source in on]
        measured = [ValidationSet(name, query, gallery) for name, (query, gallery) in zip(names, pairs, strict=True)]
    together = with_unlabelled(crops, unlabelled)
    for each in measured:
        each.check()
    require_whole(path for each in measured for path in each.paths)
    check_apart(together, measured)
    check_apart(copied.take(~copied.named), measured)
    return Data(crops, together, copied, first, whole, tuple(map(source_name, sources)), tuple(measured))
