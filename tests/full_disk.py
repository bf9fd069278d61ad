"""A disk without room for a byte, for tests of what is kept on one."""

from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reid.common.files import replacing


@contextmanager
def replacing_on_full_disk(path: Path):
    """`replacing` on a full disk: the temporary file exists, and writing to it fails as the system says it does."""
    with replacing(path) as temporary:
        temporary.unlink()
        temporary.symlink_to("/dev/full")
        yield temporary


def folder_on_full_disk(parent: Path, names: Iterable[str]) -> TemporaryDirectory:
    """A temporary folder in which each of `names` can be opened, but not written."""
    folder = TemporaryDirectory(dir=parent)
    for name in names:
        (Path(folder.name) / name).symlink_to("/dev/full")
    return folder
