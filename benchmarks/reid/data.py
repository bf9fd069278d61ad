"""What a table is trained and measured on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.reid.table import Table
from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY, TRAIN, Crops, join, with_unlabelled
from reid.data.sources import read_source, source_name, source_names
from reid.training.recipe import Recipe
from reid.training.validation import ValidationSet, check_apart


@dataclass(frozen=True)
class Data:
    """The data of a table.

    labelled: the crops trained on, of those data sets that are called `names`. together: these and the images without labels.
    whole: of how many identities the data sets are, all of whom a small run leaves out some. measured: the data sets that each
    network is measured on.
    """

    labelled: Crops
    together: Crops
    whole: int
    names: tuple[str, ...]
    measured: tuple[ValidationSet, ...]

    def crops(self, recipe: Recipe) -> Crops:
        """What a recipe is trained on: images without labels only where it has a place for them."""
        return self.together if recipe.unlabelled_per_batch else self.labelled


def read_data(
    table: Table, sources: Sequence[str], validate: Sequence[str] = (), unlabelled: Sequence[str] = (), small: bool = False
) -> Data:
    """Read the data sets that a table is trained on, `sources`, all together, with images from the folders `unlabelled`.

    Each network is measured on each set of `validate`, without any on the first of `sources`. `small` leaves the table's
    `small_identities` people, evenly chosen. Raises InputError for a table across data sets without `validate`, and where an
    image that is trained on is measured on, too.
    """
    if not sources:
        raise InputError(f"--data: {table.name} needs a data set to train on")
    if table.cross and not validate:
        raise InputError(f"--validate: {table.name} needs another data set to measure on")
    crops = join([read_source(source, TRAIN)[0] for source in sources])
    whole = int(crops.ids.max()) + 1
    if small and table.small_identities and table.small_identities < whole:
        chosen = np.linspace(0, whole - 1, table.small_identities).astype(int)
        crops = join([crops.take(np.isin(crops.ids, chosen))])
    on = list(validate) or list(sources[:1])
    parts = [read_source(source, QUERY, GALLERY) for source in on]
    measured = [ValidationSet(name, query, gallery) for name, (query, gallery) in zip(source_names(on), parts, strict=True)]
    together = with_unlabelled(crops, unlabelled)
    check_apart(together, measured)
    return Data(crops, together, whole, tuple(map(source_name, sources)), tuple(measured))
