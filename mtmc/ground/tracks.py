"""The people present on the ground at one moment."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GroundTracks:
    """The people present at one moment, sorted by id.

    `ids` `(M,)` int; `positions` `(M, 2)` and `velocities` `(M, 2)` on the ground, in the cameras' unit and per second; `members`
    `(M, C)` int, the row of each person's detection in each camera's list, -1 where there is none; `boxes` `(M, C, 4)` xyxy, the
    detected box, or a predicted one where a camera missed a person it had just detected; NaN elsewhere.
    """

    ids: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    members: np.ndarray
    boxes: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)
