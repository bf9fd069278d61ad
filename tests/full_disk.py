"""A disk without room for a byte, for tests of what is kept on one."""

from contextlib import contextmanager
from pathlib import Path

from reid.common.files import replacing


@contextmanager
def replacing_on_full_disk(path: Path):
    """`replacing` on a full disk: the temporary file exists, and writing to it fails as the system says it does."""
    with replacing(path) as temporary:
        temporary.unlink()
        temporary.symlink_to("/dev/full")
        yield temporary
