"""Whatever a library raises on a damaged file becomes one sentence; what the system says goes on."""

import errno
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from reid.common.errors import InputError
from reid.common.foreign_files import DamagedFile, reading, survived

PATH = Path("a.zip")


@pytest.mark.parametrize(
    "error",
    [
        zipfile.BadZipFile("no central directory"),
        zlib.error("incorrect data check"),
        lzma.LZMAError("corrupt"),
        struct.error("unpack requires 4 bytes"),
        EOFError(),
        RuntimeError("password required"),
        NotImplementedError("compression type 99"),
        IndexError("list index out of range"),
        MemoryError(),
        RecursionError("maximum recursion depth exceeded"),
        OSError("not a gzip file"),
        OSError(errno.EINVAL, "Invalid argument"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_library_raises_on_a_damaged_file_is_one_sentence_with_the_file_and_a_way_out(error):
    sentence = r"^a\.zip: damaged, or not an archive \(.+\); fetch it again$"
    with pytest.raises(DamagedFile, match=sentence) as told, reading(PATH, "an archive", "fetch it again"):
        raise error
    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), InputError("row 3: not a number")])
def test_what_is_no_damage_goes_on_as_it_is(error):
    with pytest.raises(type(error)) as told, reading(PATH, "an archive"):
        raise error
    assert told.value is error


def test_a_library_that_crashes_on_a_file_does_not_end_the_run():
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    with pytest.raises(DamagedFile, match=r"^a\.zip: damaged, or not an archive \(its library crashes\); fetch it again$"):
        survived(PATH, "an archive", crash, "fetch it again")


def test_what_else_a_library_does_with_a_file_is_left_to_the_reader():
    survived(PATH, "an archive", "")
    survived(PATH, "an archive", "raise ValueError")
