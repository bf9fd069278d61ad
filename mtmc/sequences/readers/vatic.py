"""VATIC's annotation text, the format of the EPFL and CAMPUS recordings."""

from pathlib import Path

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from reid.common.errors import InputError
from reid.common.text_file import read_text
from reid.footage.bounds import FARTHEST, MOST_FRAMES, MOST_IDS

LAYOUT = "id xmin ymin xmax ymax frame lost occluded generated label"
PEOPLE = ("person", "human", "pedestrian")


def read_vatic(path: Path) -> GroundTruth:
    """Read the people in `id xmin ymin xmax ymax frame lost occluded generated "LABEL"` rows with 0-based frames.

    Lost rows (out of view) and labels other than people, such as cars, are left out; rows without a label are people. An occluded
    person counts as half visible, since the file does not give the share. Raises `InputError` for a missing or malformed file.
    """
    lines = [line.split() for line in read_text(path, "it must hold the camera's annotations").splitlines()]
    numbered = [(number, cells[:9]) for number, cells in enumerate(lines, 1) if _is_person(cells)]
    try:
        rows = np.array([cells for _, cells in numbered], dtype=float).reshape(len(numbered), 9)
    except ValueError:
        number = next(number for number, cells in numbered if not _is_row(cells))
        raise InputError(f"{path}, line {number}: must be {LAYOUT}, separated by spaces") from None
    right = np.isfinite(rows).all(axis=1) & (rows[:, 5] >= 0) & (rows[:, 3:5] > rows[:, 1:3]).all(axis=1)
    right &= (np.abs(rows[:, 1:5]) <= FARTHEST).all(axis=1) & (rows[:, 5] < MOST_FRAMES) & (np.abs(rows[:, 0]) <= MOST_IDS)
    wrong = ~right & (rows[:, 6] == 0)
    if wrong.any():
        asked = f"the box has no area or reaches beyond {FARTHEST:g}, or the frame is not from 0 to {MOST_FRAMES - 1}"
        raise InputError(f"{path}, line {numbered[int(wrong.argmax())][0]}: {asked}")
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
