"""Tables of numbers in text files, and rows split by frame."""

from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.footage.rows import rows_by_frame
from trackers import Detections


def read_table(path: Path, columns: int, delimiter: str | None = None) -> np.ndarray:
    """The finite numbers `(R, C)` of a text file of at least `columns` columns, separated by spaces or by `delimiter`.

    Raises `InputError` for a file that is missing, ragged, too narrow or not numeric.
    """
    try:
        rows = np.loadtxt(path, ndmin=2, delimiter=delimiter, encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; add the data set's file") from None
    except ValueError as error:
        raise InputError(f"{path}: not a table of numbers: {error}") from None
    if len(rows) and rows.shape[1] < columns:
        raise InputError(f"{path}: must have at least {columns} columns, but has {rows.shape[1]}")
    if not np.isfinite(rows).all():
        raise InputError(f"{path}: row {int((~np.isfinite(rows)).any(axis=1).argmax()) + 1} holds a number that is not finite")
    return rows.reshape(len(rows), -1) if len(rows) else np.empty((0, columns))


def detections_by_frame(
    frames: np.ndarray, boxes: np.ndarray, scores: np.ndarray | None, embeddings: np.ndarray | None, length: int
) -> list[Detections]:
    """One entry for each of frames 0 to `length - 1`, from rows in any order: `frames (N,)` int, `boxes (N, 4)` xyxy pixels,
    `scores (N,)` (None: all 1) and `embeddings (N, D)` or None. Raises `ValueError` as `Detections` does."""
    order = np.argsort(frames, kind="stable")
    scores = np.ones(len(boxes)) if scores is None else scores[order]
    everyone = Detections(boxes[order], scores, None if embeddings is None else embeddings[order])
    return [everyone.select(rows) for rows in rows_by_frame(frames[order], length)]
