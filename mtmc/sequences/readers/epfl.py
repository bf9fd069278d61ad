"""EPFL's multi-camera pedestrian videos (Fleuret et al., PAMI 2008): laboratory, terrace, passageway, campus, basketball."""

import re
from pathlib import Path

import numpy as np

from mtmc.calibration import HomographyCamera
from mtmc.calibration.plausibility import check_camera
from mtmc.sequences.readers.images import find_images
from mtmc.sequences.readers.true_detections import THINNED, true_detections
from mtmc.sequences.readers.vatic import read_vatic
from mtmc.sequences.recording import Recording, View
from mtmc.sequences.tables import read_table
from reid.common.errors import InputError
from reid.common.text_file import read_text

FRAME_RATE = 25.0
IMAGE_SIZE = (360, 288)
UNIT = "top-view pixels"


def is_epfl(folder: Path) -> bool:
    """Whether `folder` holds `NAME-cN` annotations and homographies, in one file per camera or one `calibration*.txt`."""
    return bool(_annotations(folder)) and (any(folder.glob("*-c*.Homography.txt")) or any(folder.glob("calibration*.txt")))


def read_epfl(folder: Path, detections: str | None = None, seed: int = 0) -> Recording:
    """Read the annotations `NAME-cN.gt.txt` or `NAME-cN.txt` (VATIC) with their homographies; the ground is in top-view pixels.

    Homographies, from the image to the ground, are in `NAME-cN.Homography.txt` or, as published, all in one `calibration*.txt`;
    `NAME-cN.avi` are the images, which are optional. There is no world truth: two cameras' homographies put a person at two
    different positions. `detections` is "gt-thinned" (the default), drawn with `seed`, or "gt". Raises `InputError` for missing
    or malformed files.
    """
    source = detections or THINNED
    annotations = _annotations(folder)
    recordings = sorted({path.name[: path.name.rindex("-c")] for path in annotations.values()})
    if len(recordings) != 1:
        there = ", ".join(recordings) or "none"
        raise InputError(f"{folder}: must hold the NAME-cN.gt.txt or NAME-cN.txt of one recording, not of {there}")
    stem = recordings[0]
    cameras = _read_cameras(folder, stem, list(annotations))
    truths = [read_vatic(path) for path in annotations.values()]
    length = 1 + max(int(truth.frames.max(initial=-1)) for truth in truths)
    found = true_detections(truths, source, length, [IMAGE_SIZE] * len(truths), seed, folder)
    images = [find_images(folder, f"{stem}-{name}", length) for name in cameras]
    return Recording(
        name=folder.resolve().name,
        frame_rate=FRAME_RATE,
        length=length,
        views=tuple(map(View, cameras.keys(), cameras.values(), found, images, truths)),
        detection_source=source,
        unit=UNIT,
    )


def _annotations(folder: Path) -> dict[int, Path]:
    """The annotation file of each camera, by camera number."""
    matches = ((re.fullmatch(r".+-c(\d+)(\.gt)?\.txt", path.name), path) for path in sorted(folder.glob("*-c*.txt")))
    return dict(sorted((int(match[1]), path) for match, path in matches if match))


def _read_cameras(folder: Path, stem: str, numbers: list[int]) -> dict[str, HomographyCamera]:
    files = {number: folder / f"{stem}-c{number}.Homography.txt" for number in numbers}
    homographies: dict[int, tuple[Path, np.ndarray | None]]
    if any(path.is_file() for path in files.values()):
        layout = "three rows of three numbers"
        homographies = {number: (path, read_table(path, 3, layout)[0][:3, :3]) for number, path in files.items()}
    else:
        shared = sorted(folder.glob("calibration*.txt"))
        if len(shared) != 1:
            raise InputError(f"{folder}: needs {stem}-cN.Homography.txt for each camera, or one calibration*.txt with all")
        blocks = _ground_homographies(shared[0])
        homographies = {number: (shared[0], blocks.get(number)) for number in numbers}
    cameras = {}
    for number, (path, matrix) in homographies.items():
        try:
            if matrix is None:
                raise ValueError("the ground plane homography, three rows of three numbers, is missing")
            cameras[f"c{number}"] = HomographyCamera(matrix, IMAGE_SIZE, UNIT)
            check_camera(cameras[f"c{number}"])
        except ValueError as error:
            raise InputError(f"{path}: camera {number}: {error}") from None
    return cameras


def _ground_homographies(path: Path) -> dict[int, np.ndarray]:
    """The blocks under "Camera N" and "Ground plane homography" in a published calibration file, by camera number."""
    blocks: dict[int, np.ndarray] = {}
    _, *parts = re.split(r"Camera\s+(\d+)", read_text(path))
    for number, part in zip(map(int, parts[::2]), parts[1::2], strict=True):
        ground = re.split(r"ground plane homography", part, flags=re.IGNORECASE)[1:]
        rows = [line.split() for line in (ground[0].splitlines() if ground else []) if line.strip() and "#" not in line][:3]
        try:
            matrix = np.array(rows[:3], dtype=float)
        except ValueError:
            continue
        if matrix.shape == (3, 3):
            blocks[number] = matrix
    return blocks
