"""Atomic files: written under a temporary name in the same folder, then renamed."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}(\.\w+)?")
_DAY = 86_400  # seconds after which a temporary file is one that a killed run left
_swept: set[Path] = set()  # folders whose old temporary files this process has removed


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is renamed to `path`, on an exception it is removed.

    Creates the folder if missing. The temporary file exists and is empty; nobody can guess its name and plant a link there. The
    name keeps the suffix of `path`, since writers choose the format by it. What killed runs left more than a day ago is removed.
    An `OSError` that names no file, such as that of a full disk, or the temporary one, gets the name `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(8)}{path.suffix}")
    with refusing(path, temporary):
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def refusing(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Name `path` in an `OSError` that names no file, as writing to an open one raises, or names `temporary`."""
    try:
        yield
    except OSError as error:
        if error.filename is None or str(error.filename) == str(temporary):
            error.filename = str(path)
        raise


def require_name(name: str) -> str:
    """`name`, if it can be part of a file's name; raises `ValueError` for one that leads to another folder, or to none."""
    if not name or name != name.strip() or name in (".", "..") or re.search(r"[/\\\x00-\x1f]", name):
        raise ValueError(f"{name!r} is not a name: leave out slashes, control characters and surrounding blanks")
    return name


def _sweep(folder: Path) -> None:
    """Remove what killed runs left in `folder`, once per process."""
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError):
        for entry in os.scandir(folder):
            if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY:
                        os.unlink(entry.path)
