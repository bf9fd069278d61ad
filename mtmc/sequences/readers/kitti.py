"""KITTI's tracking benchmark: `label_02/NAME.txt`, `image_02/NAME/`, and detections in `det_02/SOURCE/NAME.txt`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mtmc.sequences.mot_text import GroundTruth, check_ids
from mtmc.sequences.sequence import Sequence, sequence_of
from reid.common.errors import InputError
from reid.common.text_file import read_text
from reid.footage.bounds import MOST_FRAMES
from reid.footage.detection_text import NO_DETECTIONS, DetectionFile, check_frames_and_boxes, fail_at_first, find_scale, scaled
from reid.footage.footage import Footage
from reid.footage.frames import PictureFolder, numbered_pictures

FRAME_RATE = 10.0
LAYOUT = "frame id type truncated occluded alpha left top right bottom ..., separated by spaces"
SCORE = 17  # the column of a detection's score, after those of its box in space
# MOT16's classes of the types that concern pedestrians; all others are left out, as by the kit.
PEDESTRIAN, SITTING, DISTRACTOR, REGION = 1, 7, 8, 13
TYPES = {"pedestrian": PEDESTRIAN, "person": SITTING, "person_sitting": SITTING, "dontcare": REGION}
MOST_OCCLUDED = 2  # a pedestrian who is hidden more than that (3: unknown), or cut by the image's edge, is a distractor
VISIBLE = np.array([1.0, 0.5, 0.25, 0.0])  # about, by level of occlusion


def kitti_names(root: Path) -> list[str]:
    """The names of the sequences in `root`, sorted: those with labels or images."""
    labels = {path.stem for path in root.glob("label_02/*.txt")}
    return sorted(labels | {path.name for path in root.glob("image_02/*") if path.is_dir()})


def read_kitti(
    root: Path, name: str, detections: str | None = None, min_score: float | None = None, score_scale: str | None = None
) -> Sequence:
    """Read the sequence `name` with the pedestrians of `det_02/DETECTIONS/NAME.txt`, whose columns are those of the labels.

    Frames count from 0 in all files. The length is the number of images, else the last frame in a text file. In the truth,
    people who sit, and pedestrians largely occluded or cut off, have classes of distractors; regions that are not labelled have
    the class `REGION`. `min_score` and `score_scale` are as in `read_detections`. Raises `InputError` for missing or malformed
    files.
    """
    images, length = _images(root / "image_02" / name)
    labels, file = root / "label_02" / f"{name}.txt", root / "det_02" / (detections or "") / f"{name}.txt"
    if detections is not None and not file.is_file():
        there = ", ".join(sorted(path.name for path in (root / "det_02").glob("*") if path.is_dir())) or "none"
        raise InputError(f"{file}: no such file; choose one of the folders in {root / 'det_02'} ({there}) with --detections")
    truth = read_labels(labels, length) if labels.is_file() else None
    found = NO_DETECTIONS if detections is None else _read_detections(file, length, min_score, score_scale)
    if length is None:
        length = 1 + max(int(rows.frames.max(initial=-1)) for rows in (found, truth) if rows is not None)
    footage = Footage(name, FRAME_RATE, length, None, found, images)
    return sequence_of(footage, length, length, truth)


def read_labels(path: Path, length: int | None = None) -> GroundTruth:
    """Read the pedestrians, sitting people and unlabelled regions of a label file with 0-based frames.

    Raises `InputError` for a malformed file, a frame from `length` on, and a person twice in a frame.
    """
    classes, rows, fail = _read(path, 10, length)
    people = np.flatnonzero(classes != REGION)
    check_ids(rows[people][:, [0, 1]], lambda row, what: fail(int(people[row]), what))
    occluded = rows[:, 4].clip(0, len(VISIBLE) - 1).astype(int)
    hidden = (rows[:, 4] > MOST_OCCLUDED) | (rows[:, 3] > 0)
    classes = np.where((classes == PEDESTRIAN) & hidden, DISTRACTOR, classes)
    order = np.argsort(rows[:, 0], kind="stable")
    return GroundTruth(
        frames=rows[order, 0].astype(int),
        ids=rows[order, 1].astype(int),
        boxes=rows[order, 6:10],
        considered=classes[order] == PEDESTRIAN,
        classes=classes[order],
        visibility=VISIBLE[occluded[order]],
    )


def _read_detections(path: Path, length: int | None, min_score: float | None, score_scale: str | None) -> DetectionFile:
    classes, rows, _ = _read(path, SCORE + 1, length)
    chosen = np.flatnonzero(classes == PEDESTRIAN)
    scores = rows[chosen, SCORE]
    scale = score_scale or find_scale(scores) if len(chosen) else "none"
    order = np.argsort(rows[chosen, 0], kind="stable")
    if min_score is not None and scale != "none":
        order = order[scores[order] >= min_score]
    kept = rows[chosen[order]]
    return DetectionFile(kept[:, 0].astype(int), kept[:, 6:10], scaled(scores, scale)[order], scale, chosen[order], len(classes))


def _read(path: Path, columns: int, length: int | None) -> tuple[np.ndarray, np.ndarray, Callable[[int, str], None]]:
    """The classes `(R,)` and the numbers `(R, columns)` of the rows whose type concerns pedestrians, and a function that raises
    `InputError` for one of them."""
    lines = [line.split() for line in read_text(path, f"rows must be {LAYOUT}").splitlines()]
    numbered = [(number, cells) for number, cells in enumerate(lines, 1) if cells]

    def refuse(number: int, what: str) -> None:
        raise InputError(f"{path}, line {number}: {what}; correct the line or delete it")

    for number, cells in numbered:
        if len(cells) < columns:
            refuse(number, f"must have {columns} columns or more, {LAYOUT}, but has {len(cells)}")
    numbered = [(number, cells) for number, cells in numbered if cells[2].lower() in TYPES]
    classes = np.array([TYPES[cells[2].lower()] for _, cells in numbered], dtype=int)
    rows = np.zeros((len(numbered), columns))
    for row, (number, cells) in enumerate(numbered):
        try:
            rows[row] = [float(cell) for cell in [*cells[:2], "0", *cells[3:columns]]]
        except ValueError:
            refuse(number, f"must be numbers but for the type, {LAYOUT}")

    def fail(row: int, what: str) -> None:
        refuse(numbered[row][0], what)

    last = MOST_FRAMES if length is None else length
    wrong = ~((rows[:, 0] >= 0) & (rows[:, 0] < last) & (rows[:, 0] % 1 == 0))
    fail_at_first(wrong, lambda i: fail(i, f"frame {rows[i, 0]:g}, but frames are whole numbers from 0 to {last - 1}"))
    # As rows of MOTChallenge, whose columns are left, top, width and height; without a score in the labels.
    score = rows[:, SCORE] if columns > SCORE else np.ones(len(rows))
    check_frames_and_boxes(
        np.column_stack([rows[:, 0] + 1, rows[:, 1], rows[:, 6:8], rows[:, 8:10] - rows[:, 6:8], score]), None, fail
    )
    return classes, rows, fail


def _images(folder: Path) -> tuple[PictureFolder | None, int | None]:
    """The pictures in `folder`, the first one `000000.png`, and their number; None without any."""
    pictures = numbered_pictures(folder) if folder.is_dir() else {}
    if not pictures:
        return None, None
    length = 1 + max(pictures)
    return PictureFolder(folder, length, list(range(length))), length
