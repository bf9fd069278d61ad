"""What no recording exceeds: beyond these bounds a number in a file is a slip, or damage, and is told with its file and line.

Without them a single wrong digit fills the memory, or keeps a run busy for hours with frames that do not exist.
"""

from pathlib import Path

from reid.common.errors import InputError

MOST_FRAMES = 10_000_000  # of a recording: four days at 30 frames per second
FARTHEST = 1e6  # pixels: of the edges of a box from the corner of the image, and of an image's width and height
HIGHEST = 1e100  # scores, on whatever scale: of larger numbers the square, in a standard deviation, is none
MOST_IDS = 2**53  # ids and class numbers: floats tell whole numbers apart up to here
SLOWEST, FASTEST = 0.001, 1000.0  # frames per second


def check_length(length: int | None, path: Path, asked: str) -> None:
    """Raise `InputError`, naming the file `path` and how to correct it (`asked`), for a `length` beyond `MOST_FRAMES`."""
    if length is not None and length > MOST_FRAMES:
        raise InputError(f"{path}: {length} frames are more than the {MOST_FRAMES} that a recording may have; {asked}")
