"""Person crops with identity and camera in the file name, by a user-defined pattern."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.pictures import is_picture
from reid.common.yaml_file import read_yaml
from reid.data.folders import GALLERY, QUERY, TRAIN, Crops

_PARTS = {"train": TRAIN, "query": QUERY, "gallery": GALLERY}


def match_files(folder: Path, pattern: str) -> list[tuple[Path, re.Match]]:
    """Every image below `folder`, sorted by path, with the match of `pattern` on its relative path (with slashes).

    Raises InputError if the folder is missing or empty, and for an image whose full path does not match.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    compiled, found = re.compile(pattern), []
    for path in sorted(folder.rglob("*")):
        if not is_picture(path):
            continue
        match = compiled.fullmatch(path.relative_to(folder).as_posix())
        if match is None:
            raise InputError(f"{path}: the path below {folder} does not match {pattern}")
        found.append((path, match))
    if not found:
        raise InputError(f"{folder}: no images")
    return found


def read_files(folder: Path, pattern: str, label: Callable[[re.Match], tuple[int, int]]) -> Crops:
    """The images below `folder` as crops; `label` maps each match to an identity and a camera."""
    paths, matches = zip(*match_files(folder, pattern), strict=True)
    ids, cameras = zip(*map(label, matches), strict=True)
    return Crops(list(paths), np.array(ids), np.array(cameras))


def read_described(path: Path, folder: Path | None = None) -> dict[str, Crops]:
    """The parts of a data set described by a YAML file, under the names of Market-1501's folders.

    Its keys are `pattern`, a regular expression with the groups `identity` and `camera`, and one or more of `train`, `query` and
    `gallery`, folders relative to `folder`, by default that of the file; `identities`, separated by spaces, keeps only those
    people. `configs/data/named_files.yaml` explains the keys. Identities and cameras may be any text; they are numbered from 1
    over all parts together. Images of the identity -1, junk in Market-1501's names, are left out. Raises InputError for a
    malformed file, an image that does not match, and an identity without images.
    """
    folder = path.parent if folder is None else folder
    wanted = f"the keys pattern and any of {', '.join(_PARTS)}, each a text"
    values = read_yaml(path, wanted)
    try:
        pattern = re.compile(values["pattern"])
        if not isinstance(pattern.pattern, str):  # binary data in YAML
            raise TypeError
        if unknown := values.keys() - _PARTS.keys() - {"pattern", "identities"}:
            known = f"pattern, any of {', '.join(_PARTS)}, and identities"
            raise InputError(f"{path}: unknown key {min(map(str, unknown))}; choose from {known}")
        folders = {_PARTS[key]: folder / values[key] for key in values if key in _PARTS}
        chosen = set(values["identities"].split()) if "identities" in values else None
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(f"{path}: pattern is not a regular expression: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: must hold {wanted}") from error
    if missing := {"identity", "camera"} - pattern.groupindex.keys():
        raise InputError(f"{path}: pattern has no group (?P<{min(missing)}>...)")
    if not folders:
        raise InputError(f"{path}: no folders; give train, or query and gallery")
    found = {}
    for part, images in folders.items():
        found[part] = [(image, match) for image, match in match_files(images, pattern.pattern) if match["identity"] != "-1"]
        for image, match in found[part]:
            if None in (match["identity"], match["camera"]):
                raise InputError(f"{image}: the pattern in {path} matches no identity or no camera")
    if chosen is not None:
        if absent := chosen - {match["identity"] for rows in found.values() for _, match in rows}:
            raise InputError(f"{path}: no images of identity {min(absent)} in {folder}")
        found = {part: [row for row in rows if row[1]["identity"] in chosen] for part, rows in found.items()}
    numbers = {
        group: {text: number for number, text in enumerate(sorted({m[group] for rows in found.values() for _, m in rows}), 1)}
        for group in ("identity", "camera")
    }
    return {
        part: Crops(
            [image for image, _ in rows],
            np.array([numbers["identity"][match["identity"]] for _, match in rows]),
            np.array([numbers["camera"][match["camera"]] for _, match in rows]),
        )
        for part, rows in found.items()
    }
