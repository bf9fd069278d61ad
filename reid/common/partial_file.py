"""A result that is complete only at the end of a run, and what is kept of it if the run ends early."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reid.common.errors import note
from reid.common.interrupts import uninterrupted
from reid.common.result_folder import partial_name


class PartialFile:
    """The file `path`, and what a run has of it so far in `NAME.partial.SUFFIX`, which `write` writes to the path it is given.

    `keep` writes the partial file, so that not even a killed run loses more than what came after it.
    """

    def __init__(self, path: Path, write: Callable[[Path], None]):
        self.path, self.partial, self._write = path, path.with_name(partial_name(path.name)), write

    def keep(self) -> None:
        """Write the partial file."""
        with uninterrupted():
            self._write(self.partial)

    @contextmanager
    def growing(self, told: Callable[[], str]) -> Iterator[None]:
        """A block that computes the result, which is written after it.

        After an exception the partial file is kept, and a note on it tells `told()`, such as "10 rows", unless that is empty.
        """
        try:
            yield
            self._write(self.path)
        except BaseException as error:
            if content := told():
                try:
                    self.keep()
                except OSError as refusal:  # such as a full disk, which may be what ended the run
                    note(error, f"{refusal.filename}: {refusal.strerror}")
                else:
                    note(error, f"{content} are kept in {self.partial}")
            raise
        self.partial.unlink(missing_ok=True)
