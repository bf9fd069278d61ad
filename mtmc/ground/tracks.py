"""The people who are present on the ground at one moment."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GroundTracks:
    """The people who are present at one moment, sorted by id.

    `ids` `(M,)` int; `positions` `(M, 2)` and `velocities` `(M, 2)` on the ground, in the cameras' unit and per second;
    `members` `(M, C)` int, the row of each person's detection in each camera's list, -1 where there is none; `boxes`
    `(M, C, 4)` xyxy, the box detected or, where a camera missed somebody it detected just before, predicted; NaN elsewhere.
    """

    ids: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    members: np.ndarray
    boxes: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)
