"""Rows of numbers, sorted by frame, split frame by frame."""

from itertools import pairwise

import numpy as np


def rows_by_frame(frames: np.ndarray, length: int) -> list[slice]:
    """The slices of rows for each frame from 0 to `length - 1`, given the frame of each row, `frames` `(N,)`, ascending."""
    return [slice(begin, end) for begin, end in pairwise(np.searchsorted(frames, np.arange(length + 1)).tolist())]


def rows_of_frames(frames: np.ndarray, length: int) -> tuple[list[int], list[slice]]:
    """The frames below `length` that have rows, and the slice of rows of each; arguments as for `rows_by_frame`."""
    first, end = np.searchsorted(frames, [0, length])
    present, begins = np.unique(frames[first:end], return_index=True)
    return present.tolist(), [slice(*each) for each in pairwise([*(first + begins).tolist(), int(end)])]
