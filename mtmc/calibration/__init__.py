"""Calibrated cameras: camera models, calibration files, and fitting to measured points."""

from mtmc.calibration.camera_file import CameraEntry, load_cameras, read_camera_file, save_cameras
from mtmc.calibration.fitting import Fit, Points, fit_camera
from mtmc.calibration.ground_camera import GroundCamera
from mtmc.calibration.homography import HomographyCamera
from mtmc.calibration.pinhole import Camera

__all__ = [
    "Camera",
    "CameraEntry",
    "Fit",
    "GroundCamera",
    "HomographyCamera",
    "Points",
    "fit_camera",
    "load_cameras",
    "read_camera_file",
    "save_cameras",
]
