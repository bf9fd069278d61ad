"""The output folder of a run: it holds the results of that run only, named `.partial` until they are complete."""

import json
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from reid.common.errors import InputError, note_begun
from reid.common.files import refusing, replacing

MANIFEST = ".results"
ROOM = 16  # MB kept free, to close a long video and save a gallery


class ResultFolder:
    """A folder with the results of one run, each named by its relative path, such as `tracks/walk.txt`.

    The file `.results` lists their names, one JSON string per line. The first result of a run deletes the results listed by the
    previous run, and folders that become empty. Other files stay: a result that would replace one is refused, for it may be what
    the run reads. Everything stays if a run fails before its first result, and while another run writes to the folder. Raises
    `InputError` if the folder is not writable; it is then left unchanged, or absent.
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
            raise InputError(f"{self.path}: not writable ({error.strerror}); choose another --output") from None
        finally:
            with suppress(OSError):  # another run may have written to it meanwhile
                for each in made:
                    each.rmdir()
        note_begun(lambda: self.begun)

    def __contains__(self, name: str) -> bool:
        """Whether this run has listed the result `name`."""
        return name in self._listed

    @property
    def begun(self) -> bool:
        """Whether this run has a result yet."""
        return bool(self._listed)

    def add(self, name: str) -> Path:
        """List the result `name` and return its path; creates its folder, and removes a link in the place of the file.

        Raises `InputError` for a name that leads elsewhere, by itself or by a link, for one of a file that is no result of an
        earlier run, and if another run writes to the folder.
        """
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{name}: leads out of the results in {self.path}")
        self._require_free(name)
        if not self._listed:
            self._clear()
        path = self.path / name
        if path.parent.resolve() != self.path.resolve() / Path(name).parent:
            raise InputError(f"{path.parent}: a link to another folder; remove it, or choose another --output")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        if name not in self._listed:
            with refusing(self.path / MANIFEST):
                os.write(self._manifest, (json.dumps(name) + "\n").encode("ascii"))
            self._listed.add(name)
        return path

    def begin(self, name: str) -> Path:
        """The path for a growing result until it is complete: `NAME.partial.txt` for `NAME.txt`. Raises as `add` for both."""
        self._require_free(name)
        return self.add(partial_name(name))

    def finish(self, name: str) -> None:
        """Rename the completed result begun as `name` to that name."""
        os.replace(self.path / partial_name(name), self.add(name))

    def require_room(self) -> None:
        """Raise `InputError` if the disk is almost full, while there is still room to close and keep what was begun."""
        if shutil.disk_usage(self.path).free < ROOM << 20:
            raise InputError(f"{self.path}: less than {ROOM} MB are free on the disk; make room, or choose another --output")

    def _require_free(self, name: str) -> None:
        """Raise `InputError` if `name` is a file that neither this run nor the one before has listed."""
        path = self.path / name
        if not path.is_file() or path.is_symlink() or name in self._listed:
            return
        if self._listed or name not in self._of_the_run_before():
            raise InputError(f"{path}: exists, and is no result of an earlier run; move it away, or choose another --output")

    def _clear(self) -> None:
        """Delete the results of the run before, and lock the folder until this object is gone."""
        folders: set[Path] = set()
        before = list(self._of_the_run_before())
        if (self.path / MANIFEST).is_file() and not (self.path / MANIFEST).is_symlink():
            with open(self.path / MANIFEST, "a") as held:
                self._lock(held.fileno())
        for name in before:
            (self.path / name).unlink()
            folders.update((self.path / name).parents)
        for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
            if folder != self.path and self.path in folder.parents:
                with suppress(OSError):  # not empty
                    folder.rmdir()
        with replacing(self.path / MANIFEST) as manifest:
            self._manifest = os.open(manifest, os.O_WRONLY | os.O_APPEND)
            weakref.finalize(self, os.close, self._manifest)
            self._lock(self._manifest)

    def _lock(self, manifest: int) -> None:
        """Lock the open `manifest` for this process. Raises `InputError` if another one holds it."""
        if sys.platform == "win32":
            return
        import fcntl

        try:
            fcntl.lockf(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise InputError(f"{self.path}: another run is writing to it; choose another --output") from None
        except OSError:  # a file system without locks
            return

    def _of_the_run_before(self) -> Iterator[str]:
        """The listed names that are regular files in this folder and not reached by a link, since anyone can edit the
        manifest."""
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
