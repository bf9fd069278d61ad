"""The people identified in a run, on disk: a picture of each, and the gallery for the next run."""

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from mtmc.identity.gallery import Gallery, require_place
from reid.common.errors import InputError, note
from reid.common.files import replacing
from reid.common.interrupts import uninterrupted
from reid.common.picture_file import write_image
from reid.common.result_folder import ResultFolder, partial_name

PICTURE = (64, 128)  # width and height of one crop in a person's picture
ASIDE = "people.npz"  # the gallery, where its own file does not take it


class GalleryWriter:
    """Writes `gallery` (None without an appearance model) when the `with` block ends.

    `gallery/PERSON.jpg` below `results`, or below its folder `under` if given, shows a person's exemplars side by side; people
    without crops have no picture. `file`, if given, is rewritten; it outlives this run, so a later run does not delete it. After
    an exception, pictures are in `gallery.partial/` and the people in `FILE.partial.npz` beside the unchanged `file`; notes on
    the exception say so. If the run has no results yet, nothing is kept. Raises `InputError` at once if `file` cannot be written,
    and at the end if its disk is full: `file` is then unchanged, and the gallery is in `people.npz` below the results.
    """

    def __init__(self, results: ResultFolder, gallery: Gallery | None, file: Path | None = None, under: str = ""):
        if file is not None:
            require_place(file)
        self._results, self._gallery, self._file = results, gallery, file
        self._prefix = f"{under}/" if under else ""

    def __enter__(self) -> "GalleryWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if (gallery := self._gallery) is None:
            return
        with uninterrupted():
            if error is None:
                self._draw(gallery, f"{self._prefix}gallery")
                if self._file is not None:
                    self._save(gallery, self._file)
            elif self._results.begun:
                try:
                    self._keep(gallery, error)
                except (OSError, InputError) as refusal:
                    note(error, f"the gallery is incomplete: {refusal}")

    def _save(self, gallery: Gallery, file: Path) -> None:
        try:
            gallery.save(file)
        except OSError as refusal:
            aside = self._results.add(f"{self._prefix}{ASIDE}")
            told = f"{file}: {refusal.strerror}, so it stays as it was; all other results are in {self._results.path}"
            try:
                gallery.save(aside)
            except (OSError, InputError) as again:
                raise InputError(f"{told}; the gallery of {len(gallery)} people is lost: {again}") from None
            raise InputError(f"{told}, and the gallery of {len(gallery)} people is in {aside}") from None

    def _keep(self, gallery: Gallery, error: BaseException) -> None:
        if pictures := self._draw(gallery, folder := f"{self._prefix}gallery.partial"):
            note(error, f"pictures of {pictures} people are kept in {self._results.path / folder}")
        if self._file is not None:
            partial = self._file.with_name(partial_name(self._file.name))
            gallery.save(partial)
            note(error, f"the gallery of {len(gallery)} people is kept in {partial}")

    def _draw(self, gallery: Gallery, folder: str) -> int:
        """Write the pictures into `folder` below the results; return their number."""
        drawn = 0
        for person in gallery.people.tolist():
            crops = [cv2.resize(crop, PICTURE, interpolation=cv2.INTER_AREA) for crop in gallery.crops(person)]
            if crops:
                path = self._results.add(f"{folder}/{person:04d}.jpg")
                with replacing(path) as temporary:
                    write_image(temporary, np.hstack(crops))
                drawn += 1
        return drawn
