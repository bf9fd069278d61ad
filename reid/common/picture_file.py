"""Picture files, read and written whole.

OpenCV decodes a JPEG that is cut off to one whose rest is grey, without a word, and does not say why a file cannot be written.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from reid.common.errors import InputError
from reid.common.files import refusing

_JPEG, _PNG, _WEBP = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF"
_JPEG_END, _PNG_END = b"\xff\xd9", b"IEND\xaeB`\x82"
_SCAN = 0xDA  # the marker of a JPEG before its pixels: ITU-T T.81, table B.1
_TAIL = 16  # bytes


def read_image(path: str | Path, flags: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """A picture file as OpenCV decodes it by `flags`, by default `(H, W, 3)` uint8 BGR.

    Raises InputError if it is missing, cut off, or does not decode.
    """
    path = Path(path)
    with _opened(path) as file:
        content = file.read()
    if is_cut(content):
        raise InputError(_cut(path))
    picture = decode_image(content, flags)
    if picture is None:
        raise InputError(f"{path}: not a readable image")
    return picture


def decode_image(content: bytes, flags: int = cv2.IMREAD_COLOR) -> np.ndarray | None:
    """The picture in the bytes of a file, as OpenCV decodes it by `flags`; None if it does not."""
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), flags) if content else None
    except cv2.error:  # of more pixels than OpenCV takes
        return None


def write_image(path: Path, image: np.ndarray, parameters: Sequence[int] = ()) -> None:
    """Write an `(H, W, 3)` uint8 BGR image in the format of the suffix, with OpenCV's `parameters`, such as a JPEG's quality.

    Raises OSError, naming `path`, as for a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with refusing(path):
        path.write_bytes(cv2.imencode(path.suffix, image, parameters)[1].tobytes())


def require_whole(paths: Iterable[Path]) -> None:
    """Raise InputError for the first picture file that is missing, empty, cut off, or of no kind that OpenCV knows.

    Only the ends of most files are read, so that a long run can look at all its pictures before it begins: 10,000 in a second.
    What is damaged within, and a BMP or TIFF that is cut off, is found when it is decoded.
    """
    for path in paths:
        with _opened(path) as file:
            head = file.read(_TAIL)
            file.seek(-min(_TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
            tail = file.read()
        if (head.startswith(_JPEG) and tail.endswith(_JPEG_END)) or (head.startswith(_PNG) and tail.endswith(_PNG_END)):
            continue
        if is_cut(path.read_bytes()):
            raise InputError(_cut(path))
        if not cv2.haveImageReader(str(path)):
            raise InputError(f"{path}: not a readable image")


def is_cut(content: bytes) -> bool:
    """Whether the bytes of a JPEG, PNG or WebP file end too early; other formats say so when they are decoded.

    More may follow the picture's end, as cameras append it.
    """
    if content.startswith(_JPEG):
        return content.find(_JPEG_END, _start_of_scan(content)) < 0
    if content.startswith(_PNG):
        return content.rfind(_PNG_END) < 0
    if content.startswith(_WEBP):
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    return False


def _start_of_scan(content: bytes) -> int:
    """Where the pixels of a JPEG begin: what comes before may hold a preview with an end of its own."""
    place = len(_JPEG)
    while place + 4 <= len(content) and content[place] == 0xFF:
        if content[place + 1] == _SCAN:
            return place
        is_filling = content[place + 1] == 0xFF
        place += 1 if is_filling else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return min(place, len(content))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None


def _cut(path: Path) -> str:
    return f"{path}: the image is cut off; copy it again, or remove it"
