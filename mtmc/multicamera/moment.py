"""One moment of several cameras: who is present, and where."""

from dataclasses import dataclass

import numpy as np

from mtmc.ground.tracks import GroundTracks
from mtmc.single.pipeline import StageSeconds


@dataclass(frozen=True, eq=False)
class Moment:
    """The people in the 0-based `frame`, at `time` seconds: `tracks` and, for each, the person `people` `(M,)`, 0 while
    undecided.

    `waiting` is the number of undecided tracks when the frame was processed, `crops` the number of embedded crops, and `seconds`
    the time taken to read or draw the crops, embed them, and identify people.
    """

    frame: int
    time: float
    tracks: GroundTracks
    people: np.ndarray
    waiting: int
    crops: int
    seconds: StageSeconds
