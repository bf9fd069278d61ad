"""CSV files of points whose places in the image and in the world are known."""

import csv
from pathlib import Path

import numpy as np

from mtmc.calibration.fitting import Points
from reid.common.errors import InputError

COLUMNS = ("u", "v", "x", "y")


def read_points(path: Path) -> dict[str, Points]:
    """Read a CSV with a header `u,v,x,y`, optionally with `z` and `camera`, in any order: the points of each camera by its name.

    Without `camera` all are of one camera, named as the file. Raises `InputError` for a file that is missing or malformed.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            header = [str(name).strip() for name in reader.fieldnames or []]
            reader.fieldnames = header
            entries = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is no CSV file: {error}.") from None
    if missing := [name for name in COLUMNS if name not in header]:
        raise InputError(f"{path} lacks {', '.join(missing)}: its first line should be u,v,x,y, with z and camera if wanted.")
    if strange := [name for name in header if name not in (*COLUMNS, "z", "camera")]:
        raise InputError(f"{path}: its first line names {', '.join(strange)}, where u, v, x, y, z and camera are known.")
    rows: dict[str, list[list[float]]] = {}
    for line, row in entries:
        if missing := [name for name in COLUMNS if row[name] is None]:
            raise InputError(f"{path}, line {line}: its row ends before {', '.join(missing)}.")
        try:
            numbers = [float(row[name]) for name in COLUMNS] + [float(row.get("z") or 0.0)]
        except (TypeError, ValueError):
            raise InputError(f"{path}, line {line}: {', '.join(COLUMNS)} and z must be numbers.") from None
        if not np.isfinite(numbers).all():
            raise InputError(f"{path}, line {line}: a number is not finite.")
        name = str(row.get("camera") or path.stem).strip()
        rows.setdefault(name, []).append([*numbers, line])
    if not rows:
        raise InputError(f"{path} holds no points below its first line.")
    arrays = {name: np.array(part) for name, part in rows.items()}
    return {name: Points(part[:, :2], part[:, 2:5], part[:, 5].astype(int)) for name, part in arrays.items()}
