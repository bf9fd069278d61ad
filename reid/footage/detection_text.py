"""Detections in MOTChallenge's text format, and parsing shared with its other text files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.text_file import read_text
from reid.footage.bounds import FARTHEST, HIGHEST, MOST_FRAMES
from reid.footage.plausibility import check_plausible

SCORE_SCALES = "probability", "percent", "standardised"
STRAYS = 0.01  # the share of a file's scores, or a single one, that may leave the range of its scale
ROUNDING = 0.001  # of the range: what is no more than this beyond an end is at that end
LEAST_PER_CENT = 30.0  # the median of a file in per cent: a detector drops what it scores lower, ACF (MOT15) does not
OUTER = 10.0  # interquartile ranges beyond the quartiles; scores farther out do not count in the mean and the deviation


@dataclass(frozen=True)
class DetectionFile:
    """The rows of a detection file, sorted by frame.

    `frames (N,)` are 0-based, `boxes (N, 4)` xyxy pixels, `scores (N,)` in 0..1, `rows (N,)` their 0-based rows in the file,
    which has `file_rows`. `score_scale` is the scale of the file's scores: one of `SCORE_SCALES`, or "none" (every score is 1).
    """

    frames: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    score_scale: str
    rows: np.ndarray
    file_rows: int = 0


NO_DETECTIONS = DetectionFile(np.empty(0, int), np.empty((0, 4)), np.empty(0), "none", np.empty(0, int))


def read_detections(
    path: Path,
    length: int | None = None,
    min_score: float | None = None,
    score_scale: str | None = None,
    image_size: tuple[int, int] | None = None,
) -> DetectionFile:
    """Read `frame,id,left,top,width,height,score,...` rows; the id is ignored.

    Rows scored below `min_score` are dropped; it is compared with the score as the file has it. `score_scale` is one of
    `SCORE_SCALES`, see `scaled`; None finds it out. An empty file says that nobody was detected. Boxes that are hardly people in
    an image of `image_size` (width, height) are told, see `check_plausible`. Raises `InputError` for a file that is missing,
    malformed or impossible, or has a frame beyond `length`.
    """
    rows, fail = read_rows(path, columns=range(7, 33), layout="frame,id,left,top,width,height,score", may_be_empty=True)
    check_frames_and_boxes(rows, length, fail)
    check_plausible(path, rows, image_size)
    scale = score_scale or find_scale(rows[:, 6]) if len(rows) else "none"
    scores = scaled(rows[:, 6], scale)
    order = np.argsort(rows[:, 0], kind="stable")
    if min_score is not None and scale != "none":
        order = order[rows[order, 6] >= min_score]
    return DetectionFile(rows[order, 0].astype(int) - 1, xyxy(rows[order, 2:6]), scores[order], scale, order, len(rows))


def find_scale(scores: np.ndarray) -> str:
    """The scale of a file's `scores` `(N,)`, at least one: one of `SCORE_SCALES`, or "none" for -1 throughout.

    It is the first whose range holds all scores but `STRAYS` of them: -1, 0..1, or 0..100 with a median over `LEAST_PER_CENT`;
    the scores of DPM and ACF are in none of them and are standardised. A single score of two or more never decides.
    """
    strays = min(max(1, int(STRAYS * len(scores))), (len(scores) - 1) // 2)
    if (scores != -1).sum() <= strays:
        return "none"
    if _beyond(scores) <= strays:
        return "probability"
    if _beyond(scores / 100) <= strays and np.median(scores) > LEAST_PER_CENT:
        return "percent"
    return "standardised"


def _beyond(scores: np.ndarray) -> int:
    return int(((scores < -ROUNDING) | (scores > 1 + ROUNDING)).sum())


def scaled(scores: np.ndarray, scale: str) -> np.ndarray:
    """A file's `scores` `(N,)` on `scale`, mapped to 0..1, as trackers presume.

    Probabilities and per cents that stray from their range are clipped; without a score (-1), a box gets 1. "standardised" is
    the logistic function of (score - mean) / standard deviation over the file, without far outliers: monotone, free of the
    detector's unit, and an average detection gets 0.5, so that MOTDT keeps weak boxes (0.4) and starts tracks on good ones (0.6)
    as it does with probabilities.
    """
    if scale == "standardised":
        lower, upper = np.percentile(scores, [25, 75])
        beyond = OUTER * (upper - lower) or np.inf
        usual = scores[(scores >= lower - beyond) & (scores <= upper + beyond)]
        return 1 / (1 + np.exp(((usual.mean() - scores) / (usual.std() or 1.0)).clip(-500, 500)))
    if scale == "none":
        scores = np.where(scores == -1, 1.0, scores)
    return (scores / 100 if scale == "percent" else scores).clip(0.0, 1.0)


def read_rows(
    path: Path, columns, layout: str, may_be_empty: bool = False, delimiter: str | None = ",", comment: str | None = None
) -> tuple[np.ndarray, Callable]:
    """The numbers `(R, C)` in a text file, C one of `columns`, and a function that raises `InputError` for one of its rows.

    They are separated by the `delimiter` (None: by spaces); what follows a `comment` sign in a line is left out. `layout` is what
    the messages say of the columns. Raises `InputError` for a file that is missing, ragged or not numeric.
    """
    text = read_text(path, f"rows must be {layout}")
    lines = (line.partition(comment)[0] if comment else line for line in text.splitlines())
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    separated = f"separated by {'spaces' if delimiter is None else 'commas'}"
    if not numbered and not may_be_empty:
        raise InputError(f"{path}: empty; rows must be {layout}; without any, leave the file out")

    def fail(row: int, what: str) -> None:
        raise InputError(f"{path}, line {numbered[row][0]}: {what}; correct the line or delete it")

    if not numbered:
        return np.empty((0, min(columns))), fail
    try:
        rows = np.loadtxt([line for _, line in numbered], delimiter=delimiter, comments=None, ndmin=2)
    except ValueError:
        rows = np.array(_parse_slowly([line.split(delimiter) for _, line in numbered], layout, separated, fail))
    if rows.shape[1] not in columns:
        fail(0, f"must have the columns {layout}, {separated}, but has {rows.shape[1]}")
    return rows, fail


def _parse_slowly(lines: list[list[str]], layout: str, separated: str, fail: Callable) -> list[list[float]]:
    """Parse line by line, to find the line that numpy's reader rejected."""
    rows: list[list[float]] = []
    for index, cells in enumerate(lines):
        if rows and len(cells) != len(rows[0]):
            fail(index, f"must have {len(rows[0])} columns, {separated}, like earlier lines, but has {len(cells)}")
        rows.append([])
        for column, cell in enumerate(cells, 1):
            try:
                rows[-1].append(float(cell))
            except ValueError:
                fail(index, f"column {column} must be a number, not {cell.strip()!r} ({layout}, {separated})")
    return rows


def check_frames_and_boxes(rows: np.ndarray, length: int | None, fail: Callable) -> None:
    """Call `fail` (see `read_rows`) for the first of `rows` `(R, C)` with an invalid frame (1 to `length`), box or score.

    See `reid.footage.bounds` for how far each may go.
    """
    finite = np.isfinite(rows[:, :7])
    fail_at_first(~finite.all(axis=1), lambda i: fail(i, f"column {np.argmin(finite[i]) + 1} is not a finite number"))
    frames = rows[:, 0]
    whole = (frames >= 1) & (frames % 1 == 0)
    fail_at_first(~whole, lambda i: fail(i, f"frame {frames[i]:g}, but frames are whole numbers from 1"))
    if length is not None:
        beyond = frames > length
        others = f", as in {beyond.sum()} lines: is it of another recording, or are frames missing?" if beyond.sum() > 1 else ""
        told = f"is beyond the sequence's last frame, {length}{others}"
        fail_at_first(beyond, lambda i: fail(i, f"frame {frames[i]:g} {told}"))
    fail_at_first(frames > MOST_FRAMES, lambda i: fail(i, f"frame {frames[i]:g} is beyond the last possible one, {MOST_FRAMES}"))
    far = np.abs(rows[:, 2:7]) > [FARTHEST] * 4 + [HIGHEST]
    fail_at_first(far.any(axis=1), lambda i: fail(i, f"column {far[i].argmax() + 3} is far beyond any image, or any score"))
    (left, top), (width, height) = rows[:, 2:4].T, rows[:, 4:6].T
    empty = (left + width <= left) | (top + height <= top)  # as numbers: a width of 1e-20 is none beside a left of 100
    fail_at_first(empty, lambda i: fail(i, f"the box is {width[i]:g} wide and {height[i]:g} high"))


def fail_at_first(wrong: np.ndarray, fail: Callable[[int], None]) -> None:
    """Call `fail` with the first row that is `wrong` `(R,)`, if any."""
    if wrong.any():
        fail(int(np.argmax(wrong)))


def xyxy(boxes: np.ndarray) -> np.ndarray:
    """Boxes `(R, 4)` of left, top, width and height as left, top, right and bottom."""
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
