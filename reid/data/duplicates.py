"""Images that occur twice: whoever is measured on what was trained on measures memory."""

import hashlib
from collections.abc import Sequence
from pathlib import Path


def find_same(paths: Sequence[Path], others: Sequence[Path]) -> tuple[Path, Path] | None:
    """The first of `paths` that has, byte for byte, the content of one of the `others`, and that one; None where none has.

    Only files of a size that both sides have are read. An image that was decoded and written anew is another file.
    """
    sizes = [{path: path.stat().st_size for path in side} for side in (paths, others)]
    shared = set(sizes[0].values()) & set(sizes[1].values())
    known = {_content(path): path for path, size in sizes[1].items() if size in shared}
    for path, size in sizes[0].items():
        if size in shared and (other := known.get(_content(path))):
            return path, other
    return None


def distinct(paths: Sequence[Path]) -> list[int]:
    """The places of those `paths` whose content none before them has, byte for byte, in order."""
    first: dict[bytes, int] = {}
    for place, path in enumerate(paths):
        first.setdefault(_content(path), place)
    return list(first.values())


def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
