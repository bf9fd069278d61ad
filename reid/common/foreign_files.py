"""Files in formats of others, read by libraries that raise anything on a damaged one: archives, MATLAB files, networks."""

import errno
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reid.common.errors import InputError
from reid.common.files import refusing


class DamagedFile(InputError):
    """A file that is there but cannot be read; another copy of it may do."""


@contextmanager
def reading(path: Path, kind: str, way_out: str = "") -> Iterator[None]:
    """Raise `DamagedFile`, naming `path`, the `kind` of file that it should be and the `way_out`, for whatever the block raises.

    The libraries raise exceptions of their own, of zlib, lzma and struct, and also EOFError, RuntimeError (a password),
    NotImplementedError, IndexError, RecursionError, MemoryError (a wrong length), an OSError without a number, or one with EINVAL
    (a place before the file's beginning). An `InputError`, and an `OSError` of the system, such as that of a full disk, go on as
    they are.
    """
    try:
        with refusing(path):
            yield
    except Exception as error:
        if isinstance(error, InputError) or (isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)):
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
        told = f"{path}: damaged, or not {kind} ({reason})"
        raise DamagedFile(f"{told}; {way_out}" if way_out else told) from error


def survived(path: Path, kind: str, program: str, way_out: str = "") -> None:
    """Raise `DamagedFile`, as `reading` does, if a process of its own that runs `program`, with `path` in `sys.argv[1]`, crashes.

    Some libraries read a damaged file beyond their own memory, which ends the process that called them. Whatever else the program
    raises is left to `reading`.
    """
    ended = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=False)
    if ended.returncode < 0:
        told = f"{path}: damaged, or not {kind} (its library crashes)"
        raise DamagedFile(f"{told}; {way_out}" if way_out else told)
