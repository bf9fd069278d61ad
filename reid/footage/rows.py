"""Rows of numbers that are sorted by frame, taken frame by frame."""

from itertools import pairwise

import numpy as np


def rows_by_frame(frames: np.ndarray, length: int) -> list[slice]:
    """Where the rows of each frame from 0 to `length - 1` lie, by the frame of each row, `frames` `(N,)`, ascending."""
    return [slice(begin, end) for begin, end in pairwise(np.searchsorted(frames, np.arange(length + 1)).tolist())]
