"""What a command's --data names: a folder in Market-1501's layout, a published data set, or a YAML file.

The published ones are written NAME=DIR or, with a split, NAME:SPLIT=DIR. `reid.data.named_files` reads the YAML files; written
FILE.yaml=DIR, the folders that FILE.yaml names are in DIR.
"""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from reid.common.errors import InputError
from reid.data.datasets import differences, find, read
from reid.data.folders import GALLERY, QUERY, TRAIN, Crops, read_market
from reid.data.named_files import read_described

_DESCRIBED = re.compile(r"(?P<file>.+?\.ya?ml)(=(?P<folder>.+))?")
UNLABELLED = " (unlabelled)"  # behind the folder of images that have no labels, where a record calls it a source
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
    if described := _DESCRIBED.fullmatch(str(source)):
        return read_described(Path(described["file"]), Path(described["folder"]) if described["folder"] else None)
    name, split, folder = _named(source)
    data = read(name, folder, split)
    for sentence in differences(name, data, split):
        _log.warning(sentence)
    return data.parts()


def source_name(source: str | Path) -> str:
    """What to call a source in a record: the data set's name and split, else the name of the folder or file."""
    source = Path(source)
    if _is_plain_folder(source):
        return source.name
    described = _DESCRIBED.fullmatch(str(source))
    return Path(described["file"]).name if described else str(source).partition("=")[0]


def source_names(sources: Sequence[str | Path]) -> list[str]:
    """What to call each of several sources, numbered where two are called the same. Raises InputError for one given twice."""
    names = [source_name(source) for source in sources]
    for source in sources:
        if sources.count(source) > 1:
            raise InputError(f"{source}: this data set is given twice; leave one of them out")
    numbered = (f"{name} ({names[:place].count(name) + 1})" for place, name in enumerate(names))
    return [name if names.count(name) == 1 else other for name, other in zip(names, numbered, strict=True)]


def site_names(source: str | Path) -> set[str]:
    """What the site of a source may be known by: the names of its data set, without split, and of its folder, and the folder.

    CUHK01, CUHK02 and CUHK03 are of one campus, and share people.
    """
    source = Path(str(source).removesuffix(UNLABELLED))
    folder, names = source, {source_name(source).partition(":")[0]}
    if not _is_plain_folder(source):
        described = _DESCRIBED.fullmatch(str(source))
        folder = Path(described["folder"] or source.parent) if described else Path(str(source).partition("=")[2])
        names |= {folder.resolve().name} if described else set()
    campus = {"cuhk"} if any(re.match(r"cuhk0[123]", name) for name in names) else set()
    return {*names, *campus, str(folder.resolve())}


def _is_plain_folder(source: Path) -> bool:
    """Whether the source is a path to a folder, also one that is missing or has a = in its path."""
    return source.is_dir() or not (_DESCRIBED.fullmatch(str(source)) or "=" in str(source).partition("/")[0])


def _named(source: Path) -> tuple[str, int | None, str]:
    """Name, split and folder of `NAME=DIR` or `NAME:SPLIT=DIR`."""
    left, _, folder = str(source).partition("=")
    name, separator, split = left.partition(":")
    find(name)
    if separator and not split.isdecimal():
        raise InputError(f"{source}: the split of {name} must be a number from 0")
    return name, int(split) if separator else None, folder
