"""Crops unpacked once from an archive into a folder, atomically."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from reid.common.errors import InputError


@contextmanager
def unpacked(folder: Path) -> Iterator[Path | None]:
    """Yield a temporary folder to fill, which is then renamed to `folder`; None if `folder` already exists.

    After an exception the temporary folder is removed, so the next call starts anew. If several processes unpack at the same
    time, as in a training run, the first to finish provides the folder.
    """
    if folder.is_dir():
        yield None
        return
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
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


def write_image(path: Path, image: np.ndarray) -> None:
    """Write an `(H, W, 3)` uint8 BGR image. Raises InputError on failure, such as on a full disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image):
        raise InputError(f"{path}: cannot write the image")
