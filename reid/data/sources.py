"""The sources of --data: a folder in Market-1501's layout, a published data set, or a YAML file.

Published data sets are written NAME=DIR or, with a split, NAME:SPLIT=DIR. `reid.data.named_files` reads the YAML files; with
FILE.yaml=DIR, the folders of FILE.yaml are in DIR.
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
UNLABELLED = " (unlabelled)"  # appended to a folder of images without labels in the record of sources
STYLED = " (styled)"  # and to one of copies in the styles of other cameras
_log = logging.getLogger(__name__)


def read_source(source: str | Path, *parts: str) -> list[Crops]:
    """The requested parts (`TRAIN`, `QUERY`, `GALLERY` of `reid.data.folders`) of a source.

    Logs a warning if the counts of a published data set differ from the published ones. Raises InputError for a source that
    cannot be read, or that lacks a part.
    """
    if _is_plain_folder(Path(source)):
        return [read_market(source, part) for part in parts]
    found = read_parts(source)
    for part in parts:
        if not len(found.get(part, ())):
            raise InputError(f"{source}: no {part}")
    return [found[part] for part in parts]


def read_parts(source: str | Path) -> dict[str, Crops]:
    """All parts of a source, as from `read_source`, under the names of Market-1501's folders."""
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
    """The name of a source in a record: the data set's name and split, or the name of the folder or file."""
    source = Path(source)
    if _is_plain_folder(source):
        return source.name
    described = _DESCRIBED.fullmatch(str(source))
    return Path(described["file"]).name if described else str(source).partition("=")[0]


def source_names(sources: Sequence[str | Path]) -> list[str]:
    """The names of several sources, numbered where two are equal. Raises InputError for a source given twice."""
    names = [source_name(source) for source in sources]
    for source in sources:
        if sources.count(source) > 1:
            raise InputError(f"{source}: this data set is given twice; leave one of them out")
    numbered = (f"{name} ({names[:place].count(name) + 1})" for place, name in enumerate(names))
    return [name if names.count(name) == 1 else other for name, other in zip(names, numbered, strict=True)]


def site_names(source: str | Path) -> set[str]:
    """The possible names of a source's site: its data set, without the split, its folder's name, and its folder.

    CUHK01, CUHK02 and CUHK03 are from one campus, and share people.
    """
    source = Path(str(source).removesuffix(UNLABELLED).removesuffix(STYLED))
    folder, names = source, {source_name(source).partition(":")[0]}
    if not _is_plain_folder(source):
        described = _DESCRIBED.fullmatch(str(source))
        folder = Path(described["folder"] or source.parent) if described else Path(str(source).partition("=")[2])
        names |= {folder.resolve().name} if described else set()
    campus = {"cuhk"} if any(re.match(r"cuhk0[123]", name) for name in names) else set()
    return {*names, *campus, str(folder.resolve())}


def _is_plain_folder(source: Path) -> bool:
    """Whether the source is a path to a folder, even a missing one or one with a = in its path."""
    return source.is_dir() or not (_DESCRIBED.fullmatch(str(source)) or "=" in str(source).partition("/")[0])


def _named(source: Path) -> tuple[str, int | None, str]:
    """Name, split and folder of `NAME=DIR` or `NAME:SPLIT=DIR`."""
    left, _, folder = str(source).partition("=")
    name, separator, split = left.partition(":")
    find(name)
    if separator and not split.isdecimal():
        raise InputError(f"{source}: the split of {name} must be a number from 0")
    return name, int(split) if separator else None, folder
