"""Embeddings of detections, which lie beside their text files."""

from pathlib import Path

import numpy as np

from reid.common.array_file import read_array
from reid.common.errors import InputError
from reid.footage.detection_text import DetectionFile


def read_embeddings(folder: Path, found: dict[str, DetectionFile]) -> dict[str, np.ndarray]:
    """Read `folder/NAME.npy`, the embeddings `(N, D)` of the N rows of NAME.txt, for each camera NAME of `found` with rows.

    Returns those of the rows that `found` holds, by camera; empty without any such file. Raises `InputError` for a file that is
    not there though another camera's is, that holds another number of rows, or whose D is another than in the first.
    """
    paths = {name: folder / f"{name}.npy" for name, part in found.items() if part.file_rows}
    present = [name for name, path in paths.items() if path.is_file()]
    embeddings = {name: _embeddings(paths[name], found[name]) for name in present}
    for name in paths if present else ():
        if name not in embeddings:
            way_out = "add it, or delete those of the other cameras"
            raise InputError(f"{paths[name]}: missing, though {paths[present[0]].name} is there; {way_out}")
        first, this = (embeddings[each].shape[1] for each in (present[0], name))
        if this != first:
            told = f"embeddings of {this} numbers, but {paths[present[0]].name} has {first}"
            raise InputError(f"{paths[name]}: {told}; make both with one network")
    return embeddings


def _embeddings(path: Path, found: DetectionFile) -> np.ndarray:
    wanted = f"must hold one embedding, a row of numbers, for each of the {found.file_rows} rows of {path.stem}.txt"
    embeddings = read_array(path, "a NumPy file of numbers", f"it {wanted}")
    if embeddings.dtype.kind not in "fiub":
        raise InputError(f"{path}: not a NumPy file of numbers, but of {embeddings.dtype}; it {wanted}")
    with np.errstate(over="ignore"):
        embeddings = embeddings.astype(np.float32)
    if embeddings.ndim != 2 or len(embeddings) != found.file_rows or not embeddings.shape[1]:
        raise InputError(f"{path}: {wanted}, not an array of the shape {embeddings.shape}")
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(embeddings, axis=1)
    usable = np.isfinite(lengths) & (lengths > 0)
    if not usable.all():
        raise InputError(f"{path}: row {int(usable.argmin()) + 1} is all zeros, or holds a number that is not finite")
    return embeddings[found.rows]
