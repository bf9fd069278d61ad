"""Tables of numbers in text files, and rows split by frame."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mtmc.sequences.recording import WorldTruth
from reid.footage.bounds import FARTHEST, MOST_FRAMES, MOST_IDS
from reid.footage.detection_text import fail_at_first, read_rows
from reid.footage.rows import rows_of_frames
from trackers import Detections


def read_table(path: Path, columns: int, layout: str, delimiter: str | None = None) -> tuple[np.ndarray, Callable]:
    """The finite numbers `(R, C)` of a text file of at least `columns` columns, and the function `fail` of `read_rows`.

    Raises `InputError` as `read_rows` does, and for a number that is not finite; "#" begins a comment.
    """
    rows, fail = read_rows(path, range(columns, 1000), layout, may_be_empty=True, delimiter=delimiter, comment="#")
    fail_at_first(~np.isfinite(rows).all(axis=1), lambda i: fail(i, "holds a number that is not finite"))
    return rows, fail


def world_truth(rows: np.ndarray, fail: Callable) -> WorldTruth:
    """The true positions in `rows` `(R, 4)`, frame (from 1), id, x and y, in any order; calls `fail` for the first wrong row."""
    frames, ids = rows[:, 0], rows[:, 1]
    asked = "must be whole numbers, with frames from 1 and at most 15 digits"
    wrong = (rows[:, :2] % 1 != 0).any(axis=1) | (frames < 1) | (frames > MOST_FRAMES) | (np.abs(ids) > MOST_IDS)
    fail_at_first(wrong, lambda i: fail(i, f"frame {frames[i]:g} and id {ids[i]:g} {asked}"))
    fail_at_first((np.abs(rows[:, 2:]) > FARTHEST).any(axis=1), lambda i: fail(i, f"a position is beyond {FARTHEST:g}"))
    rows = rows[np.lexsort((ids, frames))]
    return WorldTruth(rows[:, 0].astype(int) - 1, rows[:, 1].astype(int), rows[:, 2:4])


def detections_by_frame(
    frames: np.ndarray, boxes: np.ndarray, scores: np.ndarray | None, embeddings: np.ndarray | None, length: int
) -> list[Detections]:
    """One entry for each of frames 0 to `length - 1`, from rows in any order: `frames (N,)` int, `boxes (N, 4)` xyxy pixels,
    `scores (N,)` (None: all 1) and `embeddings (N, D)` or None. Raises `ValueError` as `Detections` does."""
    order = np.argsort(frames, kind="stable")
    scores = np.ones(len(boxes)) if scores is None else scores[order]
    everyone = Detections(boxes[order], scores, None if embeddings is None else embeddings[order])
    nobody = everyone.select(slice(0, 0))
    by_frame = [nobody] * length
    for frame, rows in zip(*rows_of_frames(frames[order], length), strict=True):
        by_frame[frame] = everyone.select(rows)
    return by_frame
