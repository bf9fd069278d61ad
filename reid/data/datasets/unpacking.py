"""Crops unpacked once from an archive into a folder, atomically."""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DAY = 86_400  # seconds


@contextmanager
def unpacked(folder: Path) -> Iterator[Path | None]:
    """Yield a temporary folder to fill, which is then renamed to `folder`; None if `folder` already exists.

    After an exception the temporary folder is removed, so the next call starts anew, as are those that killed runs left more
    than a day ago. If several processes unpack at the same time, as in a training run, the first to finish provides the folder.
    """
    if folder.is_dir():
        yield None
        return
    for left in folder.parent.glob(f".{folder.name}.*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > _DAY:
            shutil.rmtree(left, ignore_errors=True)
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
