"""What is known of one moment of several cameras: who is there, and where."""

from dataclasses import dataclass

import numpy as np

from mtmc.ground.tracks import GroundTracks
from mtmc.single.pipeline import StageSeconds


@dataclass(frozen=True, eq=False)
class Moment:
    """Who is there in the 0-based `frame`, at `time` seconds: `tracks` and, for each of them, the person `people` `(M,)`, 0 while
    that is open.

    `waiting` is for how many it was open when the frame was done, `crops` how many were embedded, `seconds` what the frame took:
    reading or drawing those crops, embedding them, naming.
    """

    frame: int
    time: float
    tracks: GroundTracks
    people: np.ndarray
    waiting: int
    crops: int
    seconds: StageSeconds
