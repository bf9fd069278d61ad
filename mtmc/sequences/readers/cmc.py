"""The CMC recordings (Ong et al., PAMI 2020): a room with four cameras, in which people walk, cross and jump."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mtmc.calibration import Camera
from mtmc.calibration.plausibility import check_camera
from mtmc.sequences.readers.images import find_images
from mtmc.sequences.recording import Recording, View, WorldTruth
from mtmc.sequences.tables import detections_by_frame, read_table, world_truth
from reid.common.array_file import read_arrays
from reid.common.errors import InputError
from reid.common.foreign_files import reading
from reid.footage.detection_text import check_frames_and_boxes, fail_at_first, xyxy

FRAME_RATE = 4.0
IMAGE_SIZE = (1920, 1024)
AREA = (2.03, 0.0, 6.3, 3.41)  # the bounds of the authors' tracker; the ground truth ends there, the people's paths do not
SOURCES = ("fairmot", "fasterrcnn")

_Rows = tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]  # frames, boxes, scores, embeddings


def is_cmc(folder: Path) -> bool:
    """Whether `folder` holds `calibration/camN_P.txt`."""
    return any((folder / "calibration").glob("cam*_P.txt"))


def read_cmc(folder: Path, detections: str | None = None, seed: int = 0) -> Recording:
    """Read `calibration/camN_P.txt`, `gt/world_centroid.txt` and one kind of detections, in metres.

    `detections` is "fairmot" (`det/fairmot_camN.npz`, with embeddings; the default) or "fasterrcnn" (`det/NAME_CamN.txt`, without
    scores: they become 1); `seed` is unused. The sequence ends at the last frame with ground truth or detections. Raises
    `InputError` for missing or malformed files.
    """
    source = detections or SOURCES[0]
    if source not in SOURCES:
        raise InputError(f"{folder}: unknown detections {source}; choose from {', '.join(SOURCES)}")
    matches = (re.search(r"cam(\d+)_P", path.name) for path in (folder / "calibration").glob("cam*_P.txt"))
    numbers = sorted(int(match[1]) for match in matches if match)
    names = [f"cam{number}" for number in numbers]
    cameras = [_read_camera(folder / f"calibration/{name}_P.txt") for name in names]
    truth_path = folder / "gt" / "world_centroid.txt"
    truth = _read_truth(truth_path) if truth_path.is_file() else None
    read = _read_fairmot if source == "fairmot" else _read_fasterrcnn
    found = [read(folder / "det", number) for number in numbers]
    length = 1 + int(max(frames.max(initial=-1) for frames in [*(part[0] for part in found), *([truth.frames] if truth else [])]))
    try:
        by_frame = [detections_by_frame(*part, length) for part in found]
    except ValueError as error:
        raise InputError(f"{folder / 'det'}: invalid {source} detections: {error}") from None
    images = [find_images(folder, name, length) for name in names]
    return Recording(
        name=folder.resolve().name,
        frame_rate=FRAME_RATE,
        length=length,
        views=tuple(map(View, names, cameras, by_frame, images)),
        detection_source=source,
        world_truth=truth,
        area=AREA,
    )


def _read_camera(path: Path) -> Camera:
    projection, _ = read_table(path, 4, "three rows of four numbers")
    try:
        camera = Camera.from_projection(projection, IMAGE_SIZE)
        check_camera(camera)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    return camera


def _read_truth(path: Path) -> WorldTruth:
    rows, fail = read_table(path, 10, "frame id -1 -1 -1 -1 -1 x y z")
    return world_truth(rows[:, [0, 1, 7, 8]], fail)


def _read_fairmot(folder: Path, number: int) -> _Rows:
    path = folder / f"fairmot_cam{number}.npz"
    if not path.is_file():
        raise InputError(f"{path}: no such file; add it, or choose the detections fasterrcnn")
    keys, way_out = ("frame", "xyxy_score", "embedding"), "unpack it again"
    arrays = read_arrays(path, keys, f"a NumPy file with the arrays {', '.join(keys)}", way_out)
    with reading(path, "arrays of numbers", way_out), np.errstate(over="ignore"):
        frames, rows, embeddings = (arrays[key].astype(kind) for key, kind in zip(keys, (float, float, np.float32), strict=True))

    def fail(row: int, what: str) -> None:
        raise InputError(f"{path}, row {row + 1}: {what}; unpack the file again")

    if frames.ndim != 1 or rows.shape != (len(frames), 5) or embeddings.ndim != 2 or len(embeddings) != len(frames):
        told = f"{frames.shape}, {rows.shape} and {embeddings.shape}"
        raise InputError(f"{path}: frame, xyxy_score and embedding must have the shapes (N,), (N, 5) and (N, D), not {told}")
    _check(frames, np.hstack([rows[:, :2], rows[:, 2:4] - rows[:, :2], rows[:, 4:]]), fail)
    usable = np.isfinite(embeddings).all(axis=1) & embeddings.any(axis=1)
    fail_at_first(~usable, lambda i: fail(i, "the embedding is all zeros, or holds a number that is not finite"))
    return frames.astype(int) - 1, rows[:, :4], rows[:, 4], embeddings


def _read_fasterrcnn(folder: Path, number: int) -> _Rows:
    path = next(iter(sorted(folder.glob(f"*_Cam{number}.txt"))), folder / f"NAME_Cam{number}.txt")
    rows, fail = read_table(path, 6, "frame -1 left top width height")
    _check(rows[:, 0], np.hstack([rows[:, 2:6], np.ones((len(rows), 1))]), fail)
    return rows[:, 0].astype(int) - 1, xyxy(rows[:, 2:6]), None, None


def _check(frames: np.ndarray, boxes: np.ndarray, fail: Callable) -> None:
    """Check 1-based `frames` `(R,)` and `boxes` `(R, 5)`, left, top, width, height and score, as a detection file's."""
    check_frames_and_boxes(np.column_stack([frames, frames, boxes]), None, fail)
