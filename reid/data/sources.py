"""What a command's --data names: a folder in Market-1501's layout, a published data set, or a YAML file.

The published ones are written NAME=DIR or, with a split, NAME:SPLIT=DIR; `reid.data.named_files` reads the YAML files.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from reid.data.datasets import differences, find, read
from reid.data.folders import GALLERY, QUERY, TRAIN, Crops, read_market
from reid.data.named_files import read_described
from reid.errors import InputError

_log = logging.getLogger(__name__)


def read_source(source: str | Path, *parts: str) -> list[Crops]:
    """The parts wanted (`TRAIN`, `QUERY`, `GALLERY` of `reid.data.folders`) of a source.

    Logs a warning where the counts of a published data set are not the published ones. Raises InputError for a source that
    cannot be read, or that has no such part.
    """
    if _is_plain_folder(Path(source)):
        return [read_market(source, part) for part in parts]
    found = read_parts(source)
    for part in parts:
        if not len(found.get(part, ())):
            raise InputError(f"{source}: has no {part}")
    return [found[part] for part in parts]


def read_parts(source: str | Path) -> dict[str, Crops]:
    """All the parts that a source has, as `read_source` reads them, under the names of Market-1501's folders."""
    source = Path(source)
    if _is_plain_folder(source):
        there = [part for part in (TRAIN, QUERY, GALLERY) if (source / part).is_dir()]
        return {part: read_market(source, part) for part in there or [TRAIN]}
    if source.suffix in (".yaml", ".yml"):
        return read_described(source)
    name, split, folder = _named(source)
    data = read(name, folder, split)
    for sentence in differences(name, data, split):
        _log.warning(sentence)
    return data.parts()


def source_name(source: str | Path) -> str:
    """What to call a source in a record: the data set's name and split, else the name of the folder or file."""
    source = Path(source)
    return source.name if _is_plain_folder(source) else str(source).partition("=")[0].rpartition("/")[2]


def source_names(sources: Sequence[str | Path]) -> list[str]:
    """What to call each of several sources, as given where two would be called the same. InputError for one given twice."""
    names = [source_name(source) for source in sources]
    names = [name if names.count(name) == 1 else str(source) for name, source in zip(names, sources, strict=True)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{twice[0]}: this data set is given twice; leave one of them out")
    return names


def _is_plain_folder(source: Path) -> bool:
    """Whether the source is a path to a folder, also one that is missing or has a = in its path."""
    return source.is_dir() or (source.suffix not in (".yaml", ".yml") and "=" not in str(source).partition("/")[0])


def _named(source: Path) -> tuple[str, int | None, str]:
    """Name, split and folder of `NAME=DIR` or `NAME:SPLIT=DIR`."""
    left, _, folder = str(source).partition("=")
    name, separator, split = left.partition(":")
    find(name)
    if separator and not split.isdecimal():
        raise InputError(f"{source}: the split of {name} must be a number from 0")
    return name, int(split) if separator else None, folder
