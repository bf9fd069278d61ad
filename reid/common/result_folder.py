"""The folder that a run leaves its results in: they are that run's alone, and named `.partial` until they are whole."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from reid.common.errors import InputError
from reid.common.files import refusing, replacing

MANIFEST = ".results"
ROOM = 16  # MB that stay free: what closing a long video and keeping a gallery takes


class ResultFolder:
    """A folder with the results of one run, each named by its path in there, such as `tracks/walk.txt`.

    Their names are listed in the file `.results`, a JSON string a line. With a run's first result those that the run before it
    listed are deleted, and folders that this empties. Other files stay, and all do where a run is refused before it has a result.
    Raises `InputError` where the folder takes no files; it is left as it was, absent or not.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._listed: set[str] = set()
        made = [each for each in (self.path, *self.path.parents) if not each.exists()]
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                self.require_room()
        except OSError as error:
            raise InputError(f"{self.path} cannot be written to ({error.strerror}): choose another --output") from None
        finally:
            with suppress(OSError):  # another run may have put something there meanwhile
                for each in made:
                    each.rmdir()

    def __contains__(self, name: str) -> bool:
        """Whether this run has listed the result `name`."""
        return name in self._listed

    @property
    def begun(self) -> bool:
        """Whether this run has a result yet."""
        return bool(self._listed)

    def add(self, name: str) -> Path:
        """The path for the result `name`, which is listed from now on; its folder is there.

        Raises `InputError` for a name that leads out of this folder.
        """
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{name}: leads out of the results in {self.path}")
        if not self._listed:
            self._clear()
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name not in self._listed:
            with refusing(self.path / MANIFEST), open(self.path / MANIFEST, "a", encoding="ascii") as manifest:
                manifest.write(json.dumps(name) + "\n")
            self._listed.add(name)
        return path

    def begin(self, name: str) -> Path:
        """The path under which a result that grows is written before it is whole: `NAME.partial.txt` for `NAME.txt`."""
        return self.add(partial_name(name))

    def finish(self, name: str) -> None:
        """Give what was begun as `name`, and is whole, that name."""
        os.replace(self.path / partial_name(name), self.add(name))

    def require_room(self) -> None:
        """Raise `InputError` where the disk is almost full: while there is room left, what was begun can be closed and kept."""
        if shutil.disk_usage(self.path).free < ROOM << 20:
            raise InputError(f"{self.path}: less than {ROOM} MB are free on its disk: make room, or choose another --output")

    def _clear(self) -> None:
        folders: set[Path] = set()
        for name in self._of_the_run_before():
            (self.path / name).unlink()
            folders.update((self.path / name).parents)
        for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
            if folder != self.path and self.path in folder.parents:
                with suppress(OSError):  # not empty
                    folder.rmdir()
        with replacing(self.path / MANIFEST) as manifest:
            manifest.touch()

    def _of_the_run_before(self) -> Iterator[str]:
        """The listed names that are regular files in this folder, to which no link leads: a manifest is but a file."""
        if not (self.path / MANIFEST).is_file():
            return
        root = self.path.resolve()
        for line in (self.path / MANIFEST).read_text(encoding="utf-8", errors="replace").split("\n"):
            with suppress(ValueError, OSError, RuntimeError):
                name = json.loads(line)
                if not isinstance(name, str) or Path(name).is_absolute():
                    continue
                path = self.path / name
                if path.parent.resolve() == root / Path(name).parent and path.is_file() and not path.is_symlink():
                    yield name


def partial_name(name: str) -> str:
    """`tracks/walk.partial.txt` for `tracks/walk.txt`."""
    path = Path(name)
    return path.with_name(f"{path.stem}.partial{path.suffix}").as_posix()
