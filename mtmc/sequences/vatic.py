"""VATIC's annotation text, which EPFL's and CAMPUS' multi-camera recordings come with."""

from pathlib import Path

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from mtmc.sequences.tables import detections_by_frame
from reid.errors import InputError
from trackers import Detections

LAYOUT = "id xmin ymin xmax ymax frame lost occluded generated label"
MISSED, JITTER, CLUTTER = 0.1, 2.0, 0.05


def read_vatic(path: Path) -> GroundTruth:
    """Read `id xmin ymin xmax ymax frame lost occluded generated "LABEL"` rows with 0-based frames.

    Rows that are lost, that is outside the view, are left out. Whoever is occluded counts as half visible, since the file does
    not say how much of them is. Raises `InputError` for a file that is missing or malformed.
    """
    try:
        lines = [line.split(maxsplit=9) for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except FileNotFoundError:
        raise InputError(f"{path} is missing: put the camera's annotations there.") from None
    numbered = [(number, cells[:9]) for number, cells in enumerate(lines, 1) if cells]
    try:
        rows = np.array([cells for _, cells in numbered], dtype=float).reshape(len(numbered), 9)
    except ValueError:
        number = next(number for number, cells in numbered if not _is_row(cells))
        raise InputError(f"{path}, line {number}: {LAYOUT} are expected, separated by blanks.") from None
    flat = (rows[:, 6] == 0) & ~((rows[:, 3:5] > rows[:, 1:3]).all(axis=1) & np.isfinite(rows).all(axis=1) & (rows[:, 5] >= 0))
    if flat.any():
        raise InputError(f"{path}, line {numbered[int(flat.argmax())][0]}: the box has no area, or the frame is below 0.")
    rows = rows[rows[:, 6] == 0]
    rows = rows[np.lexsort((rows[:, 0], rows[:, 5]))]
    return GroundTruth(
        frames=rows[:, 5].astype(int),
        ids=rows[:, 0].astype(int),
        boxes=rows[:, 1:5],
        considered=np.ones(len(rows), dtype=bool),
        classes=np.ones(len(rows), dtype=int),
        visibility=np.where(rows[:, 7] == 0, 1.0, 0.5),
    )


def perfect_detections(truth: GroundTruth, length: int) -> list[Detections]:
    """The true boxes as detections with score 1, one entry for each of `length` frames."""
    return detections_by_frame(truth.frames, truth.boxes, None, None, length)


def thinned_detections(truth: GroundTruth, length: int, image_size: tuple[int, int], seed: int | list[int]) -> list[Detections]:
    """The true boxes as a detector of middling quality would give them: 10% missed, edges off by 2 px, 5% clutter.

    Every edge has a normal error of standard deviation `JITTER` pixels; clutter are boxes of the size of true boxes, anywhere in
    an image of `image_size` (width, height), in frames where people are. All scores are 1, so that they tell nothing.
    """
    rng = np.random.default_rng(seed)
    kept = rng.random(len(truth.boxes)) >= MISSED
    boxes = truth.boxes[kept] + rng.normal(0.0, JITTER, (int(kept.sum()), 4))
    boxes = np.column_stack([boxes[:, :2], np.maximum(boxes[:, 2:], boxes[:, :2] + 1.0)])
    haunted = np.flatnonzero(rng.random(len(truth.boxes)) < CLUTTER)
    like = truth.boxes[rng.permutation(len(truth.boxes))[: len(haunted)]]
    sizes = like[:, 2:] - like[:, :2]
    corners = rng.random((len(haunted), 2)) * np.maximum(np.subtract(image_size, sizes), 0.0)
    frames = np.concatenate([truth.frames[kept], truth.frames[haunted]])
    boxes = np.concatenate([boxes, np.column_stack([corners, corners + sizes])])
    return detections_by_frame(frames, boxes, None, None, length)


def _is_row(cells: list[str]) -> bool:
    try:
        return len([float(cell) for cell in cells]) == 9
    except ValueError:
        return False
