"""MOTChallenge text files: detections and ground truth read into arrays, tracks written back."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from reid.errors import InputError
from trackers import Detections


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

    def per_frame(self, length: int) -> list[Detections]:
        """The detections of frames 0 to `length - 1`, one entry a frame."""
        starts = np.searchsorted(self.frames, np.arange(length + 1))
        return [Detections(self.boxes[a:b], self.scores[a:b]) for a, b in pairwise(starts)]


NO_DETECTIONS = DetectionFile(np.empty(0, int), np.empty((0, 4)), np.empty(0), "none", np.empty(0, int))


@dataclass(frozen=True)
class GroundTruth:
    """The true boxes of a sequence, sorted by frame.

    `frames (N,)` are 0-based, `ids (N,)` integers, `boxes (N, 4)` xyxy pixels. `considered (N,)` is False for rows the file marks
    as not to be scored, `classes (N,)` are MOT16's (1: pedestrian), `visibility (N,)` is in 0..1.
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


def read_detections(path: Path, length: int | None = None, min_score: float | None = None) -> DetectionFile:
    """Read `frame,id,left,top,width,height,score,...` rows; the id is ignored.

    Rows scored below `min_score` are dropped; it is compared with the score as the file has it. Trackers presume scores in
    0..1. A file whose scores leave that range (DPM, ACF) is mapped to it by the logistic function of (score - mean) / standard
    deviation over the file: monotone, free of the detector's unit, and an average detection gets 0.5, so that MOTDT keeps weak
    boxes (0.4) and starts tracks on good ones (0.6) as it does with probabilities. A file whose scores are all -1 has none:
    they become 1. Raises `InputError` for a file that is missing, empty or malformed, or has a frame beyond `length`.
    """
    rows, fail = _read_rows(path, columns=range(7, 33), layout="frame,id,left,top,width,height,score")
    _check_frames_and_boxes(rows, length, fail)
    scores = rows[:, 6]
    scale = "probability"
    if (scores == -1).all():
        scale, scores = "none", np.ones(len(scores))
    elif scores.min() < 0 or scores.max() > 1:
        scale, scores = "standardised", 1 / (1 + np.exp((scores.mean() - scores) / (scores.std() or 1.0)))
    order = np.argsort(rows[:, 0], kind="stable")
    if min_score is not None and scale != "none":
        order = order[rows[order, 6] >= min_score]
    return DetectionFile(rows[order, 0].astype(int) - 1, _xyxy(rows[order, 2:6]), scores[order], scale, order)


def read_ground_truth(path: Path, length: int | None = None) -> GroundTruth:
    """Read ground truth in MOT16's nine columns (`...,consider,class,visibility`) or MOT15's ten or seven
    (`...,consider[,x,y,z]`).

    The number of columns tells which. MOT15 knows no classes: every row is a pedestrian, seen in full. In both, a row whose
    seventh column is 0 is not scored. Raises `InputError` as `read_detections` does, and when a frame holds one id twice.
    """
    rows, fail = _read_rows(path, columns=(7, 9, 10), layout="frame,id,left,top,width,height,consider,class,visibility")
    _check_frames_and_boxes(rows, length, fail)
    _check_ids(rows, fail)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    with_classes = rows.shape[1] == 9
    ones = np.ones(len(rows))
    return GroundTruth(
        frames=rows[:, 0].astype(int) - 1,
        ids=rows[:, 1].astype(int),
        boxes=_xyxy(rows[:, 2:6]),
        considered=rows[:, 6] != 0,
        classes=(rows[:, 7] if with_classes else ones).astype(int),
        visibility=rows[:, 8] if with_classes else ones,
    )


def read_tracks(path: Path) -> TrackFile:
    """Read a result file; it may be empty. Raises `InputError` for a malformed line and for an id that a frame holds twice."""
    if path.is_file() and not path.stat().st_size:
        return TrackFile(np.empty(0, dtype=int), np.empty(0, dtype=int), np.empty((0, 4)))
    rows, fail = _read_rows(path, columns=range(7, 33), layout="frame,id,left,top,width,height,score")
    _check_frames_and_boxes(rows, None, fail)
    _check_ids(rows, fail)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return TrackFile(rows[:, 0].astype(int) - 1, rows[:, 1].astype(int), _xyxy(rows[:, 2:6]))


def tracks_text(frame: int, ids: np.ndarray, boxes: np.ndarray, scores: np.ndarray) -> str:
    """The MOTChallenge result lines of the 0-based `frame`: `ids (M,)`, `boxes (M, 4)` xyxy pixels, `scores (M,)`."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    return "".join(
        f"{frame + 1},{i},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{score:.4f},-1,-1,-1\n"
        for i, (left, top), (width, height), score in zip(ids, boxes[:, :2], sizes, scores, strict=True)
    )


def _read_rows(path: Path, columns, layout: str) -> tuple[np.ndarray, Callable]:
    """The numbers of a comma-separated file, and a function that raises `InputError` about one of its rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} is missing: put the file there, or name another one.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file: {layout} rows are expected.") from None
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not numbered:
        raise InputError(f"{path} holds no row: {layout} rows are expected; leave the file out if there is nothing to say.")

    def fail(row: int, what: str) -> None:
        raise InputError(f"{path}, line {numbered[row][0]}: {what}; correct the line or delete it.")

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


def _check_frames_and_boxes(rows: np.ndarray, length: int | None, fail: Callable) -> None:
    finite = np.isfinite(rows[:, :7])
    _first(~finite.all(axis=1), lambda i: fail(i, f"column {np.argmin(finite[i]) + 1} is not a finite number"))
    frames = rows[:, 0]
    _first((frames < 1) | (frames % 1 != 0), lambda i: fail(i, f"frame {frames[i]:g}, but frames are whole numbers from 1 on"))
    if length is not None:
        _first(frames > length, lambda i: fail(i, f"frame {frames[i]:g} is beyond the sequence's last frame, {length}"))
    width, height = rows[:, 4], rows[:, 5]
    _first((width <= 0) | (height <= 0), lambda i: fail(i, f"the box is {width[i]:g} wide and {height[i]:g} high"))


def _check_ids(rows: np.ndarray, fail: Callable) -> None:
    _first(rows[:, 1] % 1 != 0, lambda i: fail(i, f"the id {rows[i, 1]:g} is not a whole number"))
    rank = np.lexsort((rows[:, 1], rows[:, 0]))
    again = (np.diff(rows[rank, 0]) == 0) & (np.diff(rows[rank, 1]) == 0)
    _first(again, lambda i: fail(rank[i + 1], f"id {rows[rank[i], 1]:g} occurs twice in frame {rows[rank[i], 0]:g}"))


def _first(wrong: np.ndarray, fail: Callable[[int], None]) -> None:
    if wrong.any():
        fail(int(np.argmax(wrong)))


def _xyxy(boxes: np.ndarray) -> np.ndarray:
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
