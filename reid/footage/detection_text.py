"""Detections in MOTChallenge's text format, and parsing shared with its other text files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.common.errors import InputError


@dataclass(frozen=True)
class DetectionFile:
    """The rows of a detection file, sorted by frame.

    `frames (N,)` are 0-based, `boxes (N, 4)` xyxy pixels, `scores (N,)` in 0..1, `rows (N,)` their 0-based rows in the file.
    `score_scale` is the scale of the file's scores: "probability" (unchanged), "standardised" (mapped to 0..1, see
    `read_detections`) or "none" (every score is 1).
    """

    frames: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    score_scale: str
    rows: np.ndarray


NO_DETECTIONS = DetectionFile(np.empty(0, int), np.empty((0, 4)), np.empty(0), "none", np.empty(0, int))


def read_detections(path: Path, length: int | None = None, min_score: float | None = None) -> DetectionFile:
    """Read `frame,id,left,top,width,height,score,...` rows; the id is ignored.

    Rows scored below `min_score`, on the file's own scale, are dropped. Trackers expect scores in 0..1. A file whose scores leave
    that range (DPM, ACF) is mapped to it by the logistic function of (score - mean) / standard deviation over the file: this is
    monotone and independent of the detector's scale, and an average detection gets 0.5, so MOTDT keeps weak boxes (0.4) and
    starts tracks on good ones (0.6) as with probabilities. Scores that are all -1 mean none: they become 1. Raises `InputError`
    for a file that is missing, empty or malformed, or has a frame beyond `length`.
    """
    rows, fail = read_rows(path, columns=range(7, 33), layout="frame,id,left,top,width,height,score")
    check_frames_and_boxes(rows, length, fail)
    scores = rows[:, 6]
    scale = "probability"
    if (scores == -1).all():
        scale, scores = "none", np.ones(len(scores))
    elif scores.min() < 0 or scores.max() > 1:
        scale, scores = "standardised", 1 / (1 + np.exp((scores.mean() - scores) / (scores.std() or 1.0)))
    order = np.argsort(rows[:, 0], kind="stable")
    if min_score is not None and scale != "none":
        order = order[rows[order, 6] >= min_score]
    return DetectionFile(rows[order, 0].astype(int) - 1, xyxy(rows[order, 2:6]), scores[order], scale, order)


def read_rows(path: Path, columns, layout: str) -> tuple[np.ndarray, Callable]:
    """The numbers in a comma-separated file, and a function that raises `InputError` for one of its rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file; rows must be {layout}") from None
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not numbered:
        raise InputError(f"{path}: empty; rows must be {layout}; without any, leave the file out")

    def fail(row: int, what: str) -> None:
        raise InputError(f"{path}, line {numbered[row][0]}: {what}; correct the line or delete it")

    try:
        rows = np.loadtxt([line for _, line in numbered], delimiter=",", comments=None, ndmin=2)
    except ValueError:
        rows = np.array(_parse_slowly([line for _, line in numbered], layout, fail))
    if rows.shape[1] not in columns:
        fail(0, f"{rows.shape[1]} columns, but {layout} is expected")
    return rows, fail


def _parse_slowly(lines: list[str], layout: str, fail: Callable) -> list[list[float]]:
    """Parse line by line, to find the line that numpy's reader rejected."""
    rows: list[list[float]] = []
    for index, line in enumerate(lines):
        cells = line.split(",")
        if rows and len(cells) != len(rows[0]):
            fail(index, f"{len(cells)} columns, but earlier lines have {len(rows[0])}")
        rows.append([])
        for column, cell in enumerate(cells, 1):
            try:
                rows[-1].append(float(cell))
            except ValueError:
                fail(index, f"column {column} must be a number, not {cell.strip()!r} ({layout}, separated by commas)")
    return rows


def check_frames_and_boxes(rows: np.ndarray, length: int | None, fail: Callable) -> None:
    """Call `fail` (see `read_rows`) for the first of `rows` `(R, C)` with an invalid frame (1 to `length`) or box."""
    finite = np.isfinite(rows[:, :7])
    fail_at_first(~finite.all(axis=1), lambda i: fail(i, f"column {np.argmin(finite[i]) + 1} is not a finite number"))
    frames = rows[:, 0]
    whole = (frames >= 1) & (frames % 1 == 0)
    fail_at_first(~whole, lambda i: fail(i, f"frame {frames[i]:g}, but frames are whole numbers from 1"))
    if length is not None:
        fail_at_first(frames > length, lambda i: fail(i, f"frame {frames[i]:g} is beyond the sequence's last frame, {length}"))
    width, height = rows[:, 4], rows[:, 5]
    fail_at_first((width <= 0) | (height <= 0), lambda i: fail(i, f"the box is {width[i]:g} wide and {height[i]:g} high"))


def fail_at_first(wrong: np.ndarray, fail: Callable[[int], None]) -> None:
    """Call `fail` with the first row that is `wrong` `(R,)`, if any."""
    if wrong.any():
        fail(int(np.argmax(wrong)))


def xyxy(boxes: np.ndarray) -> np.ndarray:
    """Boxes `(R, 4)` of left, top, width and height as left, top, right and bottom."""
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
