"""The data sets by name: a function that reads one registers itself under its own name, with layout and published counts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY, TRAIN, Crops

NO_CROPS = Crops([], np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class DataSet:
    """The three parts of a data set; a part that its protocol does not have is empty."""

    train: Crops
    query: Crops = NO_CROPS
    gallery: Crops = NO_CROPS

    def parts(self) -> dict[str, Crops]:
        """The parts under the names that their folders have in Market-1501's layout."""
        return {TRAIN: self.train, QUERY: self.query, GALLERY: self.gallery}


@dataclass(frozen=True)
class Count:
    """Published numbers of images, None where none is published, and of identities."""

    images: int | None
    identities: int


@dataclass(frozen=True)
class Entry:
    """A registered data set. `splits` is their number, 0 for one fixed protocol; `whole` counts it without a split."""

    reader: Callable[..., DataSet]
    layout: str
    counts: dict[str, Count]
    whole: Count | None
    splits: int

    @property
    def description(self) -> str:
        """The first line of what the reader says of itself."""
        return (self.reader.__doc__ or "").strip().partition("\n")[0]


_entries: dict[str, Entry] = {}


def register(
    layout: str,
    train: Count,
    query: Count | None = None,
    gallery: Count | None = None,
    whole: Count | None = None,
    splits: int = 0,
) -> Callable[[Callable[..., DataSet]], Callable[..., DataSet]]:
    """Add `reader(folder: Path) -> DataSet` to the registry, or with `splits`, `reader(folder, split: int | None) -> DataSet`.

    Its name is the data set's name. `layout` says what the folder holds; the counts are the published ones of each part.
    """
    counts = {part: count for part, count in ((TRAIN, train), (QUERY, query), (GALLERY, gallery)) if count}

    def add(reader: Callable[..., DataSet]) -> Callable[..., DataSet]:
        _entries[reader.__name__] = Entry(reader, layout, counts, whole, splits)
        return reader

    return add


def available() -> list[str]:
    """The names that `read` knows, sorted."""
    return sorted(_entries)


def find(name: str) -> Entry:
    """The entry of a data set. Raises InputError, listing what exists, for an unknown name."""
    if name not in _entries:
        raise InputError(f"there is no data set named {name!r}; there are: {', '.join(available())}")
    return _entries[name]


def read(name: str, folder: str | Path, split: int | None = None) -> DataSet:
    """Read a data set from the folder that its archive unpacks to, or from the folder around that.

    `split` counts from 0. Raises InputError for an unknown name, for a split that the data set does not have, and for a folder
    that is not of its layout.
    """
    entry = find(name)
    if split is not None and not 0 <= split < entry.splits:
        has = f"splits 0 to {entry.splits - 1}" if entry.splits else "one fixed protocol and no splits"
        raise InputError(f"{name}: there is no split {split}; it has {has}")
    return entry.reader(Path(folder), split) if entry.splits else entry.reader(Path(folder))


def published(name: str, split: int | None = None) -> dict[str, Count]:
    """The published counts of each part that `read` gives."""
    entry = find(name)
    return {TRAIN: entry.whole} if entry.whole and split is None else entry.counts


def differences(name: str, data: DataSet, split: int | None = None) -> list[str]:
    """A sentence for each part whose counts are not the published ones."""
    parts = data.parts()
    sentences = []
    for part, count in published(name, split).items():
        images, identities = len(parts[part]), len(np.unique(parts[part].ids))
        if count.images not in (None, images) or count.identities != identities:
            known = f"{count.identities} identities" if count.images is None else f"{count.images} of {count.identities}"
            sentences.append(f"{name}: {part} has {images} images of {identities} identities; published are {known}")
    return sentences


def locate(folder: Path, archive: str, landmark: str) -> Path:
    """`folder`, or the folder `archive` in it, whichever holds `landmark`. Raises InputError when neither does."""
    for candidate in (folder, folder / archive):
        if (candidate / landmark).exists():
            return candidate
    raise InputError(f"{folder}: holds neither {landmark} nor {archive}/{landmark}")
