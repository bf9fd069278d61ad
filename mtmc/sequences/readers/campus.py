"""CAMPUS (Xu et al., CVPR 2016): gardens, an auditorium and a car park, seen by three or four cameras each."""

import re
from pathlib import Path

import numpy as np

from mtmc.calibration import Camera
from mtmc.calibration.plausibility import check_camera
from mtmc.sequences.readers.images import find_images
from mtmc.sequences.readers.true_detections import THINNED, true_detections
from mtmc.sequences.readers.vatic import read_vatic
from mtmc.sequences.recording import Recording, View
from reid.common.errors import InputError
from reid.common.foreign_files import reading, survived

FRAME_RATE = 30.0
IMAGE_SIZE = (1920, 1080)
FIELDS = ("K", "R", "T", "center", "scale")


def is_campus(folder: Path) -> bool:
    """Whether `folder` holds `cam_param.mat` and annotations `view-NAME.txt`."""
    return (folder / "cam_param.mat").is_file() and any(folder.glob("view-*.txt"))


def read_campus(folder: Path, detections: str | None = None, seed: int = 0) -> Recording:
    """Read `cam_param.mat`, the annotations `view-NAME.txt` (VATIC) and the videos `view-NAME.mp4`, which are optional; metres.

    `detections` is "gt-thinned" (the default), drawn with `seed`, or "gt", since the data set has no detections. Raises
    `InputError` for missing or malformed files.
    """
    stems = sorted(path.stem for path in folder.glob("view-*.txt"))
    views = _read_views(folder / "cam_param.mat")
    cameras = [_camera(folder / "cam_param.mat", stem, views) for stem in stems]
    truths = [read_vatic(folder / f"{stem}.txt") for stem in stems]
    length = 1 + max(int(truth.frames.max(initial=-1)) for truth in truths)
    found = true_detections(truths, detections or THINNED, length, [IMAGE_SIZE] * len(truths), seed, folder)
    images = [find_images(folder, stem, length) for stem in stems]
    names = [stem.removeprefix("view-") for stem in stems]
    return Recording(
        name=folder.resolve().name,
        frame_rate=FRAME_RATE,
        length=length,
        views=tuple(map(View, names, cameras, found, images, truths)),
        detection_source=detections or THINNED,
    )


def _read_views(path: Path) -> dict:
    """All structures in the file that hold a calibration, by name (letters and digits only)."""
    from scipy.io import loadmat
    from scipy.io.matlab import mat_struct

    if path.is_file():
        survived(path, "a MATLAB file", "import sys; from scipy.io import loadmat; loadmat(sys.argv[1], struct_as_record=False)")
    with reading(path, "a MATLAB file of version 7.2 or earlier"):
        contents = loadmat(path, struct_as_record=False, squeeze_me=True)
    views, waiting = {}, [(name, value) for name, value in contents.items() if isinstance(value, mat_struct)]
    for name, value in waiting:
        if all(hasattr(value, field) for field in FIELDS):
            views[re.sub(r"\W|_", "", name).lower()] = value
        else:
            parts = ((part, getattr(value, part)) for part in value._fieldnames)
            waiting += [(part, inner) for part, inner in parts if isinstance(inner, mat_struct)]
    return views


def _camera(path: Path, stem: str, views: dict) -> Camera:
    """The camera of the view called `stem` ("view-HC1").

    The data set's description maps a pixel (x, y) to the ground by solving K R (p - T) ~ (scale x - cx, scale y - cy, 1): T is
    the camera's position, and K has its principal point, in the scaled image, in `center`.
    """
    name = re.sub(r"\W|_", "", stem).lower()
    view = views.get(name) or views.get(name.removeprefix("view"))
    if view is None:
        there = ", ".join(views) or "none"
        raise InputError(f"{path}: no calibration named {stem}, only {there}; move {stem}.txt away to leave that view out")
    try:
        inner, rotation, position, centre, scale = (np.array(getattr(view, field), dtype=np.float64) for field in FIELDS)
        matrix = inner.copy()
        motion = np.eye(4)
        with np.errstate(all="ignore"):  # what is not finite then is refused below
            matrix[:2, 2] += centre.ravel()
            matrix[:2] /= scale.item()
            motion[:3, :3], motion[:3, 3] = rotation, -rotation @ position.ravel()
        camera = Camera(matrix, np.zeros(4), motion, IMAGE_SIZE)
        check_camera(camera)
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(f"{path}: view {stem}: {error}") from None
    return camera
