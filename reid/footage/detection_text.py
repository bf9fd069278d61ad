"""Detections in MOTChallenge's text format, and what its other text files share with them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.common.errors import InputError


@dataclass(frozen=True)
class DetectionFile:
    """The rows of a detection file, sorted by frame.

    `frames (N,)` are 0-based, `boxes (N, 4)` xyxy pixels, `scores (N,)` in 0..1, `rows (N,)` the 0-based rows of the file that
    they come from. `score_scale` says how the file gave its scores:
    "probability" (kept as they are), "standardised" (mapped to 0..1, see `read_detections`) or "none" (every score is 1).
    """

    frames: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    score_scale: str
    rows: np.ndarray


NO_DETECTIONS = DetectionFile(np.empty(0, int), np.empty((0, 4)), np.empty(0), "none", np.empty(0, int))


def read_detections(path: Path, length: int | None = None, min_score: float | None = None) -> DetectionFile:
    """Read `frame,id,left,top,width,height,score,...` rows; the id is ignored.

    Rows scored below `min_score` are dropped; it is compared with the score as the file has it. Trackers presume scores in
    0..1. A file whose scores leave that range (DPM, ACF) is mapped to it by the logistic function of (score - mean) / standard
    deviation over the file: monotone, free of the detector's unit, and an average detection gets 0.5, so that MOTDT keeps weak
    boxes (0.4) and starts tracks on good ones (0.6) as it does with probabilities. A file whose scores are all -1 has none:
    they become 1. An empty file says that nobody was detected. Raises `InputError` for a file that is missing or malformed, or
    has a frame beyond `length`.
    """
    rows, fail = read_rows(path, columns=range(7, 33), layout="frame,id,left,top,width,height,score", may_be_empty=True)
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


def read_rows(path: Path, columns, layout: str, may_be_empty: bool = False) -> tuple[np.ndarray, Callable]:
    """The numbers of a comma-separated file, and a function that raises `InputError` about one of its rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} is missing: put the file there, or name another one") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file: {layout} rows are expected") from None
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not numbered and not may_be_empty:
        raise InputError(f"{path} holds no row: {layout} rows are expected; leave the file out if there is nothing to say")

    def fail(row: int, what: str) -> None:
        raise InputError(f"{path}, line {numbered[row][0]}: {what}; correct the line or delete it")

    if not numbered:
        return np.empty((0, min(columns))), fail
    try:
        rows = np.loadtxt([line for _, line in numbered], delimiter=",", comments=None, ndmin=2)
    except ValueError:
        rows = np.array(_parse_slowly([line for _, line in numbered], layout, fail))
    if rows.shape[1] not in columns:
        fail(0, f"{rows.shape[1]} columns where {layout} are expected")
    return rows, fail


def _parse_slowly(lines: list[str], layout: str, fail: Callable) -> list[list[float]]:
    """Line by line, to find the one that numpy's reader refused."""
    rows: list[list[float]] = []
    for index, line in enumerate(lines):
        cells = line.split(",")
        if rows and len(cells) != len(rows[0]):
            fail(index, f"{len(cells)} columns where the lines before have {len(rows[0])}")
        rows.append([])
        for column, cell in enumerate(cells, 1):
            try:
                rows[-1].append(float(cell))
            except ValueError:
                fail(index, f"column {column} holds {cell.strip()!r} where a number belongs ({layout}, separated by commas)")
    return rows


def check_frames_and_boxes(rows: np.ndarray, length: int | None, fail: Callable) -> None:
    """Let `fail` (see `read_rows`) tell the first of `rows` `(R, C)` whose frame, within `length`, or box cannot be one."""
    finite = np.isfinite(rows[:, :7])
    fail_at_first(~finite.all(axis=1), lambda i: fail(i, f"column {np.argmin(finite[i]) + 1} is not a finite number"))
    frames = rows[:, 0]
    whole = (frames >= 1) & (frames % 1 == 0)
    fail_at_first(~whole, lambda i: fail(i, f"frame {frames[i]:g}, but frames are whole numbers from 1 on"))
    if length is not None:
        fail_at_first(frames > length, lambda i: fail(i, f"frame {frames[i]:g} is beyond the sequence's last frame, {length}"))
    width, height = rows[:, 4], rows[:, 5]
    fail_at_first((width <= 0) | (height <= 0), lambda i: fail(i, f"the box is {width[i]:g} wide and {height[i]:g} high"))


def fail_at_first(wrong: np.ndarray, fail: Callable[[int], None]) -> None:
    """Call `fail` with the first row that is `wrong` `(R,)`, if one is."""
    if wrong.any():
        fail(int(np.argmax(wrong)))


def xyxy(boxes: np.ndarray) -> np.ndarray:
    """Boxes `(R, 4)` of left, top, width and height as left, top, right and bottom."""
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
