"""CSV files of points with known positions in the image and in the world."""

import csv
import io
from pathlib import Path

import numpy as np

from mtmc.calibration.fitting import Points
from reid.common.errors import InputError
from reid.common.files import require_name
from reid.common.text_file import read_text

FARTHEST = 1e9  # pixels, metres or another unit: a point beyond is a slip, and squares of such numbers have no digits left

COLUMNS = ("u", "v", "x", "y")


def read_points(path: Path) -> dict[str, Points]:
    """Read a CSV with the header `u,v,x,y`, optionally `z` and `camera`, in any order; return the points of each camera by name.

    Without `camera`, all points belong to one camera, named after the file. Raises `InputError` for a file that is missing or
    malformed.
    """
    try:
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""), skipinitialspace=True)
        header = [str(name).strip() for name in reader.fieldnames or []]
        reader.fieldnames = header
        entries = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file: {error}") from None
    if missing := [name for name in COLUMNS if name not in header]:
        raise InputError(
            f"{path}: missing column {', '.join(missing)}; the first line must be u,v,x,y, with optional z and camera"
        )
    if strange := [name for name in header if name not in (*COLUMNS, "z", "camera")]:
        raise InputError(f"{path}: unknown column {', '.join(strange)}; choose from u, v, x, y, z and camera")
    rows: dict[str, list[list[float]]] = {}
    for line, row in entries:
        if missing := [name for name in COLUMNS if row[name] is None]:
            raise InputError(f"{path}, line {line}: the row ends before {', '.join(missing)}")
        try:
            numbers = [float(row[name]) for name in COLUMNS] + [float(row.get("z") or 0.0)]
        except (TypeError, ValueError):
            raise InputError(f"{path}, line {line}: {', '.join(COLUMNS)} and z must be numbers") from None
        if not (np.abs(numbers) <= FARTHEST).all():
            raise InputError(f"{path}, line {line}: a number is not finite, or beyond {FARTHEST:g}")
        name = str(row.get("camera") or path.stem).strip()
        try:
            require_name(name)
        except ValueError as error:
            raise InputError(f"{path}, line {line}: camera {error}") from None
        rows.setdefault(name, []).append([*numbers, line])
    if not rows:
        raise InputError(f"{path}: no points below the first line")
    arrays = {name: np.array(part) for name, part in rows.items()}
    return {name: Points(part[:, :2], part[:, 2:5], part[:, 5].astype(int)) for name, part in arrays.items()}
