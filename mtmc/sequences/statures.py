"""Whether the people of a recording are as tall as people: what its calibration and its detections say of each other."""

import logging

import numpy as np

from mtmc.calibration.plausibility import measure_people
from mtmc.sequences.recording import Recording
from reid.common.errors import InputError

DIFFERENT = 3.0  # ratio of the statures in two cameras, which measure the same people in the same unit

_log = logging.getLogger(__name__)


def check_statures(recording: Recording) -> None:
    """Measure the standing people in each view by its camera, see `measure_people`; log a warning for what is suspicious.

    Raises `InputError` naming the camera where they cannot be people.
    """
    statures: dict[str, float] = {}
    for view in recording.views:
        boxes = np.concatenate([np.empty((0, 4)), *(found.boxes for found in view.detections if found is not None)])
        try:
            statures[view.name], told = measure_people(view.camera, boxes)
        except ValueError as error:
            told = f"{recording.name}: the calibration of camera {view.name} does not fit its detections"
            raise InputError(f"{told}: {error}") from None
        if told:
            _log.warning("%s, camera %s: %s", recording.name, view.name, told)
    known = {name: stature for name, stature in statures.items() if np.isfinite(stature)}
    short, tall = (choose(known, key=known.__getitem__, default="") for choose in (min, max))
    if known and known[tall] > DIFFERENT * known[short]:
        told = f"{known[short]:.3g} {recording.unit} tall in camera {short} and {known[tall]:.3g} in camera {tall}"
        _log.warning("%s: standing people would be %s: have both cameras one unit?", recording.name, told)
