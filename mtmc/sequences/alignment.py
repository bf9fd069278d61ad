"""Alignment of cameras with different clocks: a moment has the same frame number in all of them."""

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import islice, repeat
from typing import TypeVar

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from reid.footage.detection_text import DetectionFile
from reid.footage.frames import PictureFolder, Video

Rows = TypeVar("Rows", DetectionFile, GroundTruth)


class ShiftedImages:
    """The images of a camera that is `ahead` frames ahead of the others: its own frame k + `ahead` becomes frame k.

    If it is behind (`ahead` below 0), its first frames are None, since it had not started.
    """

    def __init__(self, images: PictureFolder | Video, ahead: int):
        self._images, self._ahead = images, ahead
        self.frame_rate = images.frame_rate

    @property
    def length(self) -> int | None:
        """Frames from the common start; None for a live camera."""
        length = self._images.length
        return None if length is None else max(length - self._ahead, 0)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._images.size

    @property
    def identity(self) -> str | None:
        """A hash that changes with the images and with the shift; None for a live camera."""
        identity = self._images.identity
        return None if identity is None else f"{identity}{self._ahead:+d}"

    def __iter__(self) -> Iterator[np.ndarray | None]:
        yield from repeat(None, -self._ahead)
        yield from islice(self._images, max(self._ahead, 0), None)


def shifted(rows: Rows, ahead: int) -> Rows:
    """`rows` of a camera that is `ahead` frames ahead, renumbered to the common frames; those before 0 are left out."""
    kept = rows.frames >= ahead
    arrays = {field.name: getattr(rows, field.name) for field in fields(rows)}
    cut = {name: array[kept] for name, array in arrays.items() if isinstance(array, np.ndarray)}
    return replace(rows, **cut | {"frames": cut["frames"] - ahead})
