"""Open the detector given by `--detector`: a file, or the user's own."""

from pathlib import Path
from typing import Any

import numpy as np

from mtmc.detection.yolox import Detector
from reid.common.errors import InputError
from reid.common.plugin import is_plugin, open_plugin
from trackers import Detections


class _Thinned:
    """A user's `detector`, without the detections scored below `min_score`."""

    def __init__(self, detector: Any, min_score: float):
        self._detector, self._min_score = detector, min_score

    def __call__(self, frame: np.ndarray) -> Detections:
        found = self._detector(frame)
        if not isinstance(found, Detections):
            return found  # for whoever asked to refuse
        return found.select(found.scores >= self._min_score)


def open_detector(name: str | Path, min_score: float | None = None) -> Any:
    """A callable from a BGR image `(H, W, 3)` to `trackers.Detections`: an ONNX file in YOLOX's format, or `module:attribute`.

    Detections scored below `min_score` are dropped; None leaves that to the detector. Raises `InputError` for a file that is not
    such a network, and for an attribute that is missing or not callable.
    """
    if not is_plugin(str(name)):
        return Detector(name, min_score)
    detector: Any = open_plugin(str(name))
    if not callable(detector):
        raise InputError(f"{name}: not callable; a detector must map an image to trackers.Detections")
    return detector if min_score is None else _Thinned(detector, min_score)
