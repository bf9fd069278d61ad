"""Text files that users write or other programs leave: UTF-8, or rejected with one message that names the file."""

from pathlib import Path

from reid.common.errors import InputError


def read_text(path: Path, wanted: str = "") -> str:
    """The text of a UTF-8 file, without the byte order mark that some editors put first.

    Raises `InputError` for a file that is missing, or holds other bytes; `wanted`, if given, is what the message says of it.
    """
    told = f"; {wanted}" if wanted else ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{told}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file in UTF-8, by its byte {error.start + 1}{told}") from None
