"""A constant-velocity Kalman filter for all tracks at once, stored as the independent blocks of its covariance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trackers import boxes as coordinates

POSITION, VELOCITY, POSITION_VARIANCE, COVARIANCE, VELOCITY_VARIANCE = range(5)

# 0.95 quantile of the chi-square distribution with 4 degrees of freedom (Wojke et al. 2017, section 2.2).
GATE = 9.4877


@dataclass(frozen=True, eq=False)
class ConstantVelocity:
    """A motion model for boxes: four coordinates, each with a velocity, observed with noise.

    No noise term couples two coordinates, so the 8x8 covariance of the textbook filter always consists of four independent 2x2
    blocks (position, velocity), which are stored. The state of T tracks is `(T, 5, 4)`: for each coordinate its position,
    velocity, variance of the position, covariance of both, and variance of the velocity.

    `to_measurement` and `to_boxes` convert boxes `(N, 4)` xyxy to the four coordinates and back; coordinates 2 and 3 are sizes.
    `initial` `(2, 4)` and `process` `(2, 4)` are the variances of position and velocity, for a new track and for one time step;
    `measurement` `(4,)` is the variance of a detection. Where `relative` `(4,)` is true they are in units of a squared length:
    that of the coordinate which `length` indexes, one for all or one for each. A coordinate whose velocity has neither initial
    nor process variance does not move. `powers` `(2,)` tell how the sizes grow with a scene twice as large: 1 as a length, 2 as
    an area, 0 not at all.
    `step` is the time from one frame to the next, in units of the time step: velocities and process variances are per time step.
    """

    to_measurement: Callable[[np.ndarray], np.ndarray]
    to_boxes: Callable[[np.ndarray], np.ndarray]
    initial: np.ndarray
    process: np.ndarray
    measurement: np.ndarray
    relative: np.ndarray
    powers: np.ndarray
    length: slice | list[int]
    step: float = 1.0

    def initiate(self, boxes: np.ndarray) -> np.ndarray:
        """States `(N, 5, 4)` of new tracks at `boxes` `(N, 4)`, at rest."""
        state = np.zeros((len(boxes), 5, 4))
        state[:, POSITION] = self.to_measurement(boxes)
        unit = self._unit(state)
        state[:, POSITION_VARIANCE] = self.initial[0] * unit
        state[:, VELOCITY_VARIANCE] = self.initial[1] * unit
        return state

    def predict(self, state: np.ndarray) -> np.ndarray:
        """States `(T, 5, 4)` one frame later. A size that would shrink below zero stops shrinking, as in SORT's code."""
        unit = self._unit(state)
        out = state.copy()
        step = self.step
        sizes = out[:, :2, 2:]
        sizes[:, VELOCITY][sizes[:, POSITION] + step * sizes[:, VELOCITY] <= 0] = 0
        out[:, POSITION] += step * out[:, VELOCITY]
        moved = step * state[:, VELOCITY_VARIANCE]
        out[:, POSITION_VARIANCE] += step * (2 * state[:, COVARIANCE] + moved + self.process[0] * unit)
        out[:, COVARIANCE] += moved
        out[:, VELOCITY_VARIANCE] += step * self.process[1] * unit
        return out

    def update(self, state: np.ndarray, boxes: np.ndarray, noise: np.ndarray | float = 1.0) -> np.ndarray:
        """States `(T, 5, 4)` after each track is observed at its box in `boxes` `(T, 4)`.

        `noise` multiplies the variance of the detections: one number, or `(T, 1)` one a track, where 0 is no doubt at all.
        """
        out = state.copy()
        variance = state[:, POSITION_VARIANCE]
        gain = variance / (variance + noise * self.measurement * self._unit(state))
        velocity_gain = state[:, COVARIANCE] * (gain / variance)
        innovation = self.to_measurement(boxes) - state[:, POSITION]
        out[:, POSITION] += gain * innovation
        out[:, VELOCITY] += velocity_gain * innovation
        out[:, VELOCITY_VARIANCE] -= velocity_gain * state[:, COVARIANCE]
        out[:, POSITION_VARIANCE : COVARIANCE + 1] *= (1 - gain)[:, None]
        return out

    def warp(self, state: np.ndarray, affine: np.ndarray) -> np.ndarray:
        """States `(T, 5, 4)` seen by a camera that moved: `affine` `(2, 3)` takes its former pixels to the present ones.

        The centre and its velocity follow the affine map, and their variances as far as independent blocks can say: what a turn
        of the camera couples is left out (Aharon et al. 2022, eq. 5 to 9). Sizes grow with the map, by the root of its
        determinant, and do not turn: the paper multiplies width and height by the matrix, by which a camera that rolls makes
        people wider.
        """
        matrix, scale = affine[:, :2], np.sqrt(abs(np.linalg.det(affine[:, :2])))
        out = np.empty_like(state)
        out[:, :POSITION_VARIANCE, :2] = state[:, :POSITION_VARIANCE, :2] @ matrix.T
        out[:, POSITION, :2] += affine[:, 2]
        out[:, POSITION_VARIANCE:, :2] = state[:, POSITION_VARIANCE:, :2] @ np.square(matrix).T
        growth = scale**self.powers
        out[:, :POSITION_VARIANCE, 2:] = state[:, :POSITION_VARIANCE, 2:] * growth
        out[:, POSITION_VARIANCE:, 2:] = state[:, POSITION_VARIANCE:, 2:] * np.square(growth)
        return out

    def gating_distance(self, state: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distance `(T, N)` from every track to every box of `boxes` `(N, 4)` (Wojke et al. 2017, eq. 1).

        With independent coordinates this is a weighted sum of squares, which expands into three matrix products.
        """
        weight = 1 / (state[:, POSITION_VARIANCE] + self.measurement * self._unit(state))
        measured = self.to_measurement(boxes)
        # The expansion subtracts large numbers; a common origin among the tracks keeps them small.
        origin = state[:, POSITION].mean(axis=0) if len(state) else 0.0
        measured = measured - origin
        expected = state[:, POSITION] - origin
        weighted = weight * expected
        distance = weight @ np.square(measured).T
        distance -= 2 * weighted @ measured.T
        distance += (weighted * expected).sum(axis=1)[:, None]
        return np.maximum(distance, 0, out=distance)

    def boxes(self, state: np.ndarray) -> np.ndarray:
        """The boxes `(T, 4)` xyxy at which the states `(T, 5, 4)` place their tracks."""
        return self.to_boxes(state[:, POSITION])

    def _unit(self, state: np.ndarray) -> np.ndarray:
        """The unit of variance of each coordinate, `(T, 4)`."""
        return np.where(self.relative, np.square(state[:, POSITION, self.length]), 1.0)


# Centre, aspect, height: the constants of Wojke's public code, 1/20 and 1/160 of the height for position and velocity.
ASPECT_HEIGHT = ConstantVelocity(
    to_measurement=coordinates.to_aspect_height,
    to_boxes=coordinates.from_aspect_height,
    initial=np.square([[2 / 20, 2 / 20, 1e-2, 2 / 20], [10 / 160, 10 / 160, 1e-5, 10 / 160]]),
    process=np.square([[1 / 20, 1 / 20, 1e-2, 1 / 20], [1 / 160, 1 / 160, 1e-5, 1 / 160]]),
    measurement=np.square([1 / 20, 1 / 20, 1e-1, 1 / 20]),
    relative=np.array([True, True, False, True]),
    powers=np.array([0.0, 1.0]),
    length=slice(3, 4),
)

# Centre, width, height: those constants by Aharon et al. (2022, eq. 3 and 4), across relative to the width, along to the height.
WIDTH_HEIGHT = ConstantVelocity(
    to_measurement=coordinates.to_width_height,
    to_boxes=coordinates.from_width_height,
    initial=np.square([[2 / 20] * 4, [10 / 160] * 4]),
    process=np.square([[1 / 20] * 4, [1 / 160] * 4]),
    measurement=np.square([1 / 20] * 4),
    relative=np.array([True, True, True, True]),
    powers=np.array([1.0, 1.0]),
    length=[2, 3, 2, 3],
)

# Centre, area, aspect: the constants of Bewley's public code, where the aspect has no velocity.
AREA_ASPECT = ConstantVelocity(
    to_measurement=coordinates.to_area_aspect,
    to_boxes=coordinates.from_area_aspect,
    initial=np.array([[10.0, 10.0, 10.0, 10.0], [1e4, 1e4, 1e4, 0.0]]),
    process=np.array([[1.0, 1.0, 1.0, 1.0], [1e-2, 1e-2, 1e-4, 0.0]]),
    measurement=np.array([1.0, 1.0, 10.0, 10.0]),
    relative=np.array([False, False, False, False]),
    powers=np.array([2.0, 0.0]),
    length=slice(3, 4),
)
