"""WILDTRACK (Chavdarova et al., CVPR 2018): a university square, seen by seven cameras."""

import json
from pathlib import Path

import numpy as np

from mtmc.calibration import Camera
from mtmc.calibration.opencv_file import read_opencv_camera
from mtmc.sequences.mot_text import GroundTruth
from mtmc.sequences.readers.true_detections import THINNED, true_detections
from mtmc.sequences.recording import Recording, View, WorldTruth
from reid.common.errors import InputError
from reid.common.text_file import read_text
from reid.footage.bounds import FARTHEST
from reid.footage.frames import PictureFolder

FRAME_RATE = 2.0  # of the annotated frames
IMAGE_SIZE = (1920, 1080)
CENTIMETRE = 0.01
# positionID counts the cells of a grid, x first (from the data set's description).
COLUMNS, CELL, ORIGIN = 480, 0.025, (-3.0, -9.0)


def is_wildtrack(folder: Path) -> bool:
    """Whether `folder` holds the calibrations and the annotations of WILDTRACK."""
    return (folder / "calibrations" / "extrinsic").is_dir() and (folder / "annotations_positions").is_dir()


def read_wildtrack(folder: Path, detections: str | None = None, seed: int = 0) -> Recording:
    """Read `annotations_positions/*.json`, `calibrations/` and `Image_subsets/C1` to `C7`, which are optional; metres.

    A frame is an annotated moment, two per second. `detections` is "gt-thinned" (the default), drawn with `seed`, or "gt", since
    the data set has no detections. Raises `InputError` for missing or malformed files.
    """
    cameras = read_wildtrack_cameras(folder / "calibrations")
    files = sorted((folder / "annotations_positions").glob("*.json"))
    if not files:
        raise InputError(f"{folder / 'annotations_positions'}: no JSON files; unpack the annotations there")
    people, seen = _read_annotations(files, len(cameras))
    truths = [_image_truth(seen[seen[:, 2] == view]) for view in range(len(cameras))]
    found = true_detections(truths, detections or THINNED, len(files), [IMAGE_SIZE] * len(truths), seed, folder)
    images = [_images(folder / "Image_subsets" / f"C{view}", files) for view in range(1, len(cameras) + 1)]
    return Recording(
        name=folder.resolve().name,
        frame_rate=FRAME_RATE,
        length=len(files),
        views=tuple(map(View, cameras.keys(), cameras.values(), found, images, truths)),
        detection_source=detections or THINNED,
        world_truth=WorldTruth(people[:, 0], people[:, 1], _positions(people[:, 2])),
    )


def read_wildtrack_cameras(folder: Path) -> dict[str, Camera]:
    """The cameras of `intrinsic_zero/intr_NAME.xml` and `extrinsic/extr_NAME.xml`, in metres; the images have no distortion.

    Sorted by name, the order of the views. Raises `InputError` for missing or implausible calibrations.
    """
    cameras = {}
    for path in sorted((folder / "extrinsic").glob("extr_*.xml")):
        name = path.stem.removeprefix("extr_")
        inner = folder / "intrinsic_zero" / f"intr_{name}.xml"
        cameras[name] = read_opencv_camera(inner, path, IMAGE_SIZE, CENTIMETRE)
    if not cameras:
        raise InputError(f"{folder / 'extrinsic'}: no extr_NAME.xml; unpack the calibrations there")
    return cameras


def _read_annotations(files: list[Path], cameras: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows `frame, person, position` of all people, and rows `frame, person, view, xmin, ymin, xmax, ymax` of the visible
    ones."""
    people, views = [], []
    for frame, path in enumerate(files):
        text = read_text(path)
        try:
            for entry in json.loads(text):
                person = int(entry["personID"])
                people.append((frame, person, int(entry["positionID"])))
                for view in entry["views"]:
                    box = [int(view[key]) for key in ("xmin", "ymin", "xmax", "ymax")]
                    number = int(view["viewNum"])
                    _check_small(number, *box)
                    if box != [-1, -1, -1, -1]:
                        views.append((frame, person, number, *box))
                _check_small(person, people[-1][2])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise InputError(f"{path}: not a WILDTRACK annotation: {error!r}") from None
    seen = np.array(views, dtype=int).reshape(-1, 7)
    flat = (seen[:, 5:] <= seen[:, 3:5]).any(axis=1) | (seen[:, 2] < 0) | (seen[:, 2] >= cameras)
    if flat.any():
        frame, person, view = seen[flat.argmax(), :3]
        raise InputError(f"{files[frame]}: person {person} has a box without area, or an unknown camera, in view {view}")
    return np.array(people, dtype=int).reshape(-1, 3), seen


def _check_small(*numbers: int) -> None:
    if max(map(abs, numbers)) > FARTHEST:
        raise ValueError(f"a number is beyond {FARTHEST:g}")


def _positions(cells: np.ndarray) -> np.ndarray:
    return np.array(ORIGIN) + CELL * np.column_stack([cells % COLUMNS, cells // COLUMNS])


def _image_truth(rows: np.ndarray) -> GroundTruth:
    ones = np.ones(len(rows))
    return GroundTruth(rows[:, 0], rows[:, 1], rows[:, 3:].astype(float), ones == 1, ones.astype(int), ones)


def _images(folder: Path, files: list[Path]) -> PictureFolder | None:
    """The images of the annotated moments, numbered like the annotations."""
    return PictureFolder(folder, len(files), [int(path.stem) for path in files]) if folder.is_dir() else None
