"""The camera file: a commented YAML with each camera's calibration and the location of its images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from mtmc.calibration.homography import HomographyCamera
from mtmc.calibration.pinhole import Camera
from mtmc.calibration.plausibility import check_camera
from reid.common.errors import InputError
from reid.common.files import replacing, require_name
from reid.common.yaml_file import read_yaml
from reid.footage.bounds import FARTHEST, FASTEST, SLOWEST

PINHOLE_KEYS = ("width", "height", "K", "distortion", "world_to_camera")
GROUND_KEYS = ("homography", "unit")
OTHER_KEYS = ("video", "frame_rate", "time_offset", "reach")
LONGEST = 1e6  # seconds between two clocks: eleven days
EITHER = f"{', '.join(PINHOLE_KEYS)}, or {' and '.join(GROUND_KEYS)}"  # what a camera needs

COMMENTS = """\
# Cameras by name. The world is right-handed with z up and the ground at z = 0.
#   width, height     image size in pixels
#   K                 3x3: focal lengths and principal point in pixels
#   distortion        k1 k2 p1 p2 [k3] of OpenCV's lens model; zeros for images without distortion
#   world_to_camera   4x4 rigid motion from world metres to the camera's axes (x right, y down, z forward)
# or, if only the ground plane is calibrated, in place of the last three:
#   homography        3x3 from the image to the ground: [X Y W] = H [u v 1], divided by W
#   unit              unit of X / W and Y / W: m, or any other name
# optional, for any camera:
#   video             a video file or an image folder, relative to this file; or a stream's address
#   frame_rate        frames per second of the video (default: that of seqinfo.ini, else what the video says)
#   time_offset       seconds by which its clock is ahead: what others show at 5 s, it shows at 5 s + time_offset (default 0)
#   reach             metres beyond which its view of the ground is ignored (pinhole only; default: no limit)
"""


@dataclass(frozen=True)
class CameraEntry:
    """One camera of a file: `video` is the path or address of its images, or None; `time_offset` is the number of seconds by
    which its clock is ahead of the others; `frame_rate` is in frames per second, None if the file does not say."""

    camera: Camera | HomographyCamera
    video: str | None = None
    time_offset: float = 0.0
    frame_rate: float | None = None


def load_cameras(path: str | Path) -> dict[str, Camera | HomographyCamera]:
    """The cameras of a YAML file by name, in the file's order. Raises `InputError` as `read_camera_file` does."""
    return {name: entry.camera for name, entry in read_camera_file(path).items()}


def read_camera_file(path: str | Path) -> dict[str, CameraEntry]:
    """The entries of a YAML file by name, in the file's order; a relative `video` is resolved against the file's folder.

    Raises `InputError` for a missing or malformed file, and for a camera that fails `check_camera`.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; `python -m mtmc calibrate` writes one")
    wanted = f"cameras by name, each with {EITHER}"
    entries = read_yaml(path, wanted)
    if not entries:
        raise InputError(f"{path}: must hold {wanted}")
    return {str(name): _read_entry(path, str(name), entry) for name, entry in entries.items()}


def _read_entry(path: Path, name: str, entry: object) -> CameraEntry:
    try:
        require_name(name)
    except ValueError as error:
        raise InputError(f"{path}: camera {error}") from None
    if not isinstance(entry, dict):
        raise InputError(f"{path}: camera {name}: must be a mapping with {EITHER}")
    wanted = GROUND_KEYS if "homography" in entry else PINHOLE_KEYS
    if missing := [key for key in wanted if key not in entry]:
        raise InputError(f"{path}: camera {name}: missing {', '.join(missing)}; a camera needs {EITHER}")
    if strange := [str(key) for key in entry if key not in PINHOLE_KEYS + GROUND_KEYS + OTHER_KEYS]:
        known = ", ".join(PINHOLE_KEYS + GROUND_KEYS + OTHER_KEYS)
        raise InputError(f"{path}: camera {name}: unknown key {', '.join(strange)}; choose from {known}")
    try:
        camera: Camera | HomographyCamera
        if "homography" in entry:
            size = _size(entry) if "width" in entry and "height" in entry else None
            camera = HomographyCamera(entry["homography"], size, str(entry["unit"]))
        else:
            reach = float(entry.get("reach", np.inf))
            if not reach > 0:
                raise ValueError(f"reach must be above 0, not {reach:g}")
            camera = Camera(entry["K"], entry["distortion"], entry["world_to_camera"], _size(entry), reach)
        check_camera(camera)
        video = entry.get("video")
        if video is not None and "://" not in str(video):
            video = path.parent / str(video)
        offset, rate = float(entry.get("time_offset", 0.0)), float(entry.get("frame_rate", 30.0))
        if not abs(offset) <= LONGEST or not SLOWEST <= rate <= FASTEST:
            told = f"time_offset must be within {LONGEST:g} seconds and frame_rate from {SLOWEST:g} to {FASTEST:g}"
            raise ValueError(f"{told}, not {offset:g} and {rate:g}")
        return CameraEntry(camera, None if video is None else str(video), offset, rate if "frame_rate" in entry else None)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: camera {name}: {error}") from error


def _size(given: dict) -> tuple[int, int]:
    width, height = int(given["width"]), int(given["height"])
    if not 0 < min(width, height) <= max(width, height) <= FARTHEST:
        raise ValueError(f"width and height must be from 1 to {FARTHEST:g}, not {width} and {height}")
    return width, height


def save_cameras(path: str | Path, cameras: Mapping[str, Camera | HomographyCamera | CameraEntry]) -> None:
    """Write `cameras` as YAML for `load_cameras` and `read_camera_file`; a comment at the top explains the keys.

    A `video` path below the file's folder is written relative to that folder.
    """
    folder = Path(path).absolute().parent
    entries = {name: _written(camera, folder) for name, camera in cameras.items()}
    with replacing(path) as temporary:
        text = yaml.safe_dump(entries, sort_keys=False, default_flow_style=None, width=130)
        temporary.write_text(COMMENTS + text, encoding="utf-8")


def _written(camera: Camera | HomographyCamera | CameraEntry, folder: Path) -> dict:
    if isinstance(camera, CameraEntry):
        written = _written(camera.camera, folder)
        if camera.video is not None:
            below = "://" not in camera.video and Path(camera.video).absolute().is_relative_to(folder)
            written["video"] = str(Path(camera.video).absolute().relative_to(folder)) if below else camera.video
        if camera.frame_rate is not None:
            written["frame_rate"] = camera.frame_rate
        if camera.time_offset:
            written["time_offset"] = camera.time_offset
        return written
    written = dict(zip(("width", "height"), camera.image_size, strict=True)) if camera.image_size else {}
    if isinstance(camera, HomographyCamera):
        return written | {"homography": camera.image_to_ground.tolist(), "unit": camera.unit}
    fields = {"K": camera.matrix, "distortion": camera.distortion, "world_to_camera": camera.world_to_camera}
    written |= {key: array.tolist() for key, array in fields.items()}
    return written | ({"reach": camera.reach} if np.isfinite(camera.reach) else {})
