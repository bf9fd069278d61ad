"""VATIC's annotation text, the format of the EPFL and CAMPUS recordings."""

from pathlib import Path

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from reid.common.errors import InputError

LAYOUT = "id xmin ymin xmax ymax frame lost occluded generated label"
PEOPLE = ("person", "human", "pedestrian")


def read_vatic(path: Path) -> GroundTruth:
    """Read the people in `id xmin ymin xmax ymax frame lost occluded generated "LABEL"` rows with 0-based frames.

    Lost rows (out of view) and labels other than people, such as cars, are left out; rows without a label are people. An occluded
    person counts as half visible, since the file does not give the share. Raises `InputError` for a missing or malformed file.
    """
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; add the camera's annotations") from None
    numbered = [(number, cells[:9]) for number, cells in enumerate(lines, 1) if _is_person(cells)]
    try:
        rows = np.array([cells for _, cells in numbered], dtype=float).reshape(len(numbered), 9)
    except ValueError:
        number = next(number for number, cells in numbered if not _is_row(cells))
        raise InputError(f"{path}, line {number}: must be {LAYOUT}, separated by spaces") from None
    right = np.isfinite(rows).all(axis=1) & (rows[:, 5] >= 0) & (rows[:, 3:5] > rows[:, 1:3]).all(axis=1)
    wrong = ~right & (rows[:, 6] == 0)
    if wrong.any():
        raise InputError(f"{path}, line {numbered[int(wrong.argmax())][0]}: the box has no area, or the frame is below 0")
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


def _is_person(cells: list[str]) -> bool:
    return bool(cells) and (len(cells) < 10 or cells[9].strip('"').lower() in PEOPLE)


def _is_row(cells: list[str]) -> bool:
    try:
        return len([float(cell) for cell in cells]) == 9
    except ValueError:
        return False
