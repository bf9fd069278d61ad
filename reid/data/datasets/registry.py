"""Data sets by name: a reader function registers under its own name, with layout and published counts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.data.folders import GALLERY, QUERY, TRAIN, Crops

NO_CROPS = Crops([], np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class DataSet:
    """The three parts of a data set; a part missing from its protocol is empty."""

    train: Crops
    query: Crops = NO_CROPS
    gallery: Crops = NO_CROPS

    def parts(self) -> dict[str, Crops]:
        """The parts, under their folder names in Market-1501's layout."""
        return {TRAIN: self.train, QUERY: self.query, GALLERY: self.gallery}


@dataclass(frozen=True)
class Count:
    """Published numbers of images, or None, and of identities."""

    images: int | None
    identities: int


@dataclass(frozen=True)
class Entry:
    """A registered data set. `splits` is the number of splits, 0 for one fixed protocol; `whole` is the count without a split."""

    reader: Callable[..., DataSet]
    layout: str
    counts: dict[str, Count]
    whole: Count | None
    splits: int

    @property
    def description(self) -> str:
        """The first line of the reader's docstring."""
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

    Its name becomes the data set's name. `layout` describes the folder; the counts are the published ones of each part.
    """
    counts = {part: count for part, count in ((TRAIN, train), (QUERY, query), (GALLERY, gallery)) if count}

    def add(reader: Callable[..., DataSet]) -> Callable[..., DataSet]:
        _entries[reader.__name__] = Entry(reader, layout, counts, whole, splits)
        return reader

    return add


def available() -> list[str]:
    """The names that `read` accepts, sorted."""
    return sorted(_entries)


def find(name: str) -> Entry:
    """The entry of a data set. Raises InputError for an unknown name, listing the known ones."""
    if name not in _entries:
        raise InputError(f"unknown data set {name}; choose from {', '.join(available())}")
    return _entries[name]


def read(name: str, folder: str | Path, split: int | None = None) -> DataSet:
    """Read a data set from its unpacked archive, or from the folder that contains it.

    `split` counts from 0. Raises InputError for an unknown name, for a split that does not exist, and for a folder of another
    layout.
    """
    entry = find(name)
    if split is not None and not 0 <= split < entry.splits:
        has = f"splits 0 to {entry.splits - 1}" if entry.splits else "one fixed protocol and no splits"
        raise InputError(f"{name}: no split {split}; it has {has}")
    return entry.reader(Path(folder), split) if entry.splits else entry.reader(Path(folder))


def published(name: str, split: int | None = None) -> dict[str, Count]:
    """The published counts of each part from `read`."""
    entry = find(name)
    return {TRAIN: entry.whole} if entry.whole and split is None else entry.counts


def differences(name: str, data: DataSet, split: int | None = None) -> list[str]:
    """One message for each part whose counts differ from the published ones."""
    parts = data.parts()
    sentences = []
    for part, count in published(name, split).items():
        images, identities = len(parts[part]), len(np.unique(parts[part].ids))
        if count.images not in (None, images) or count.identities != identities:
            known = f"{count.identities} identities" if count.images is None else f"{count.images} of {count.identities}"
            sentences.append(f"{name}: {part} has {images} images of {identities} identities, but {known} are published")
    return sentences


def locate(folder: Path, archive: str, landmark: str) -> Path:
    """`folder`, or the folder `archive` in it, whichever holds `landmark`. Raises InputError if neither does."""
    for candidate in (folder, folder / archive):
        if (candidate / landmark).exists():
            return candidate
    raise InputError(f"{folder}: holds neither {landmark} nor {archive}/{landmark}")
