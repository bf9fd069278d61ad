"""Cameras from OpenCV's own XML or YAML files: the intrinsics in one, the pose in another."""

import re
from pathlib import Path

import cv2
import numpy as np

from mtmc.calibration.pinhole import Camera
from mtmc.calibration.plausibility import check_camera
from reid.common.errors import InputError

DEEPEST = 20  # levels of nesting


def read_opencv_camera(intrinsics: Path, extrinsics: Path, size: tuple[int, int], unit: float = 1.0) -> Camera:
    """The camera with `camera_matrix` and `distortion_coefficients` of the file `intrinsics`, and with `rvec` and `tvec`, the
    motion from the world to the camera's axes, of the file `extrinsics`.

    `size` is (width, height) in pixels; `unit` is the length of one unit of `tvec` in metres, such as 0.01 for centimetres.
    Raises `InputError` for files that are missing or malformed, and for a camera that fails `check_camera`.
    """
    rotation, shift = _read_arrays(extrinsics, "rvec", "tvec")
    matrix, distortion = _read_arrays(intrinsics, "camera_matrix", "distortion_coefficients")
    if rotation.shape != (3,) or shift.shape != (3,):
        raise InputError(f"{extrinsics}: rvec and tvec must have three numbers each")
    motion = np.eye(4)
    motion[:3, :3] = cv2.Rodrigues(rotation)[0]
    motion[:3, 3] = shift * unit
    try:
        camera = Camera(matrix, distortion, motion, size)
        check_camera(camera)
    except ValueError as error:
        raise InputError(f"{extrinsics}: with {intrinsics.name}: {error}") from None
    return camera


def _read_arrays(path: Path, *keys: str) -> list[np.ndarray]:
    """The numbers under `keys` in an OpenCV file, each a matrix or, as for WILDTRACK's vectors, a plain sequence."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; add the calibration there")
    if _depth(path.read_bytes()) > DEEPEST:  # OpenCV goes down until its stack is full
        raise InputError(f"{path}: nested in more than {DEEPEST} levels; an OpenCV file with {' and '.join(keys)} has three")
    try:
        storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)  # must outlive its nodes
        nodes = [storage.getNode(key) for key in keys]
        values = [node.mat() if node.isMap() else [node.at(index).real() for index in range(node.size())] for node in nodes]
        return [np.array(value, dtype=np.float64).squeeze() for value in values]
    except (cv2.error, SystemError, TypeError, ValueError):  # SystemError: OpenCV cannot parse it
        raise InputError(f"{path}: not an OpenCV file with {' and '.join(keys)}") from None


def _depth(text: bytes) -> int:
    """How deeply the elements of an XML file, or the brackets of a YAML or JSON one, are nested at most."""
    steps = [0, *(-1 if token in (b"]", b"}", b"</") else 1 for token in re.findall(rb"</|<(?=\w)|[\[\]{}]", text))]
    return int(np.cumsum(steps).max())
