"""MOTChallenge text files: read ground truth and tracks, write both and detections; `reid.footage` reads detections."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.footage.bounds import MOST_IDS
from reid.footage.detection_text import check_frames_and_boxes, fail_at_first, read_rows, xyxy


@dataclass(frozen=True)
class GroundTruth:
    """The true boxes of a sequence, sorted by frame.

    `frames (N,)` are 0-based, `ids (N,)` integers, `boxes (N, 4)` xyxy pixels. `considered (N,)` is False for rows that are not
    scored, `classes (N,)` are MOT16's (1: pedestrian), `visibility (N,)` is in 0..1.
    """

    frames: np.ndarray
    ids: np.ndarray
    boxes: np.ndarray
    considered: np.ndarray
    classes: np.ndarray
    visibility: np.ndarray


@dataclass(frozen=True)
class TrackFile:
    """The rows of a result file, sorted by frame: `frames (N,)` 0-based, `ids (N,)`, `boxes (N, 4)` xyxy pixels."""

    frames: np.ndarray
    ids: np.ndarray
    boxes: np.ndarray


def read_ground_truth(path: Path, length: int | None = None) -> GroundTruth:
    """Read ground truth in MOT16's nine columns (`...,consider,class,visibility`) or MOT15's ten or seven
    (`...,consider[,x,y,z]`).

    The number of columns decides which. MOT15 has no classes: every row is a fully visible pedestrian. In both, a row whose
    seventh column is 0, or a fraction of 1, is not scored. Raises `InputError` as `read_detections` does, for a file without a
    row, and for a duplicate id in a frame.
    """
    rows, fail = read_rows(path, columns=(7, 9, 10), layout="frame,id,left,top,width,height,consider,class,visibility")
    check_frames_and_boxes(rows, length, fail)
    check_ids(rows, fail)
    with_classes = rows.shape[1] == 9
    if with_classes:
        known = (np.abs(rows[:, 7]) <= MOST_IDS) & np.isfinite(rows[:, 8])
        fail_at_first(~known, lambda i: fail(i, f"the class {rows[i, 7]:g} or the visibility {rows[i, 8]:g} is none"))
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    ones = np.ones(len(rows))
    return GroundTruth(
        frames=rows[:, 0].astype(int) - 1,
        ids=rows[:, 1].astype(int),
        boxes=xyxy(rows[:, 2:6]),
        considered=rows[:, 6].astype(int) != 0,
        classes=(rows[:, 7] if with_classes else ones).astype(int),
        visibility=rows[:, 8] if with_classes else ones,
    )


def read_tracks(path: Path) -> TrackFile:
    """Read a result file; it may be empty. Raises `InputError` for a malformed line and for a duplicate id in a frame."""
    rows, fail = read_rows(path, columns=range(7, 33), layout="frame,id,left,top,width,height,score", may_be_empty=True)
    check_frames_and_boxes(rows, None, fail)
    check_ids(rows, fail)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return TrackFile(rows[:, 0].astype(int) - 1, rows[:, 1].astype(int), xyxy(rows[:, 2:6]))


def tracks_text(frames: int | np.ndarray, ids: np.ndarray, boxes: np.ndarray, scores: np.ndarray) -> str:
    """MOTChallenge's result lines: `ids (M,)`, `boxes (M, 4)` xyxy pixels and `scores (M,)` of the 0-based `frames`, one or
    `(M,)`."""
    numbers = np.broadcast_to(frames, len(ids)) + 1
    rows = zip(numbers, ids, _ltwh(boxes), scores, strict=True)
    return "".join(f"{number},{i},{box},{score:.4f},-1,-1,-1\n" for number, i, box, score in rows)


def detections_text(frames: int | np.ndarray, boxes: np.ndarray, scores: np.ndarray) -> str:
    """The lines of a detection file: result lines with the id -1; arguments as for `tracks_text`."""
    return tracks_text(frames, np.full(len(boxes), -1), boxes, scores)


def ground_truth_text(truth: GroundTruth) -> str:
    """The lines of `truth` in MOT16's nine columns."""
    columns = truth.frames + 1, truth.ids, _ltwh(truth.boxes), truth.considered, truth.classes, truth.visibility
    return "".join(f"{n},{i},{box},{c:d},{k},{v:.3f}\n" for n, i, box, c, k, v in zip(*columns, strict=True))


def ground_text(frames: int | np.ndarray, ids: np.ndarray, positions: np.ndarray) -> str:
    """Lines `frame,id,x,y` of people on the ground: `ids (M,)` at `positions (M, 2)` in the 0-based `frames`, one or `(M,)`."""
    rows = zip(np.broadcast_to(frames, len(ids)) + 1, ids, positions, strict=True)
    return "".join(f"{number},{i},{x:.6g},{y:.6g}\n" for number, i, (x, y) in rows)


def _ltwh(boxes: np.ndarray) -> list[str]:
    return [f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}" for left, top, right, bottom in boxes]


def check_ids(rows: np.ndarray, fail: Callable) -> None:
    """Call `fail` (see `read_rows`) for the first of `rows` `(R, C)`, frame and id, with an id that is none, or twice in a
    frame."""
    whole = (rows[:, 1] % 1 == 0) & (np.abs(rows[:, 1]) <= MOST_IDS)
    fail_at_first(~whole, lambda i: fail(i, f"the id {rows[i, 1]:g} must be a whole number of at most 15 digits"))
    rank = np.lexsort((rows[:, 1], rows[:, 0]))
    again = (np.diff(rows[rank, 0]) == 0) & (np.diff(rows[rank, 1]) == 0)
    fail_at_first(again, lambda i: fail(rank[i + 1], f"id {rows[rank[i], 1]:g} occurs twice in frame {rows[rank[i], 0]:g}"))
