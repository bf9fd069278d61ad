"""The cache folder, for results that can be recomputed: bounded, and nothing of it trusted blindly."""

import hashlib
import json
import os
import shutil
import time
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

REID = Path(__file__).parents[1]
EMBEDDING = "appearance.py", "preprocessing.py", "export.py", "engines", "footage", "models"  # what makes embeddings, in reid/
SEAL = ".whole.json"
_DAY = 86_400  # seconds after which what begins with a dot is what a killed run left


def cache_folder(kind: str) -> Path:
    """`mtmc/KIND` in the user's cache folder, which may not exist and may be deleted at any time.

    `$XDG_CACHE_HOME`, an absolute path, takes precedence over `~/.cache` or its equivalent on other systems.
    """
    return user_cache_path("mtmc", appauthor=False) / kind


@cache
def embedding_code() -> str:
    """A hash of all code of `reid` that decides an embedding, so that none outlives a change of it."""
    digest = hashlib.sha256()
    for part in EMBEDDING:
        for path in sorted((REID / part).rglob("*.py")) if (REID / part).is_dir() else [REID / part]:
            digest.update(path.relative_to(REID).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def trim(folder: Path, limit: int, spared: frozenset[Path] = frozenset()) -> None:
    """Delete the least recently used entries of `folder`, but never the last one, until they are at most `limit` bytes.

    An entry is a folder, or all files of one stem; it was used when `touch` said so last, or else when it was written. Entries
    with a file in `spared` stay.
    """
    with suppress(OSError):  # another process may delete too
        entries: dict[str, list[Path]] = {}
        for path in folder.iterdir():
            if not path.name.startswith("."):
                entries.setdefault(path.name if path.is_dir() else path.stem, []).append(path)
            elif path.is_dir() and time.time() - path.stat().st_mtime > _DAY:
                shutil.rmtree(path, ignore_errors=True)
        used = {name: max(path.stat().st_mtime for path in paths) for name, paths in entries.items()}
        size = {name: sum(map(_size, paths)) for name, paths in entries.items()}
        held = sum(size.values())
        for name in sorted(entries, key=used.__getitem__)[:-1]:
            if held <= limit:
                break
            if not spared.isdisjoint(entries[name]):
                continue
            discard(*entries[name])
            held -= size[name]


def touch(path: Path) -> None:
    """Note that `path` is used now."""
    with suppress(OSError):
        os.utime(path)


def discard(*paths: Path) -> None:
    """Delete files and folders, as far as that is allowed."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def seal(folder: Path) -> None:
    """Write the checksums of all files of `folder` into it, for `is_whole`."""
    sums = {path.name: checksum(path) for path in sorted(folder.iterdir())}
    (folder / SEAL).write_text(json.dumps(sums), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds what it held when `seal` was called."""
    try:
        sums = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return bool(sums) and all(checksum(folder / name) == number for name, number in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def checksum(path: Path) -> int:
    """The CRC-32 of a file."""
    number = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            number = zlib.crc32(part, number)
    return number


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*")))
