"""Motion on the ground: a constant-velocity Kalman filter for all people at once, with several views per moment."""

import numpy as np


def symmetric_inverse(matrices: np.ndarray) -> np.ndarray:
    """Inverses of symmetric 2x2 matrices `(..., 2, 2)`, in closed form; a singular one gives infinities or NaN."""
    a, b, c = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / (a * c - b * b)
        return np.stack([c * scale, -b * scale, -b * scale, a * scale], axis=-1).reshape(matrices.shape)


def squared_lengths(vectors: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis lengths `(...)` of `vectors` `(..., 2)` under inverse covariances `information` `(..., 2, 2)`."""
    x, y = vectors[..., 0], vectors[..., 1]
    return information[..., 0, 0] * x * x + 2 * information[..., 0, 1] * x * y + information[..., 1, 1] * y * y


def sideways_scale(covariances: np.ndarray) -> np.ndarray:
    """Standard deviations `(...)` across the line of sight: the root of the smaller eigenvalue of `covariances` `(..., 2, 2)`."""
    a, b, c = covariances[..., 0, 0], covariances[..., 0, 1], covariances[..., 1, 1]
    return np.sqrt(np.maximum((a + c) / 2 - np.hypot((a - c) / 2, b), 0))


class GroundMotion:
    """Positions and velocities of T people: means `(T, 4)` (x, y, vx, vy) and covariances `(T, 4, 4)`.

    A velocity decays within `memory` seconds and is renewed at random, so that its standard deviation along each axis stays
    `speed`. Between two observations a person walks straight on; one not seen for long does not drift away. This applies Singer's
    decaying manoeuvre ("Estimating optimal tracking filter performance", 1970) to the velocity: the integrated Ornstein-Uhlenbeck
    process. With an infinite memory it is the constant-velocity model.
    """

    def __init__(self, speed: float, memory: float) -> None:
        self.speed = speed
        self.memory = memory

    def start(self, positions: np.ndarray, covariances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and covariances of people first seen at `positions` `(N, 2)` with `covariances` `(N, 2, 2)`, at rest."""
        means, out = np.zeros((len(positions), 4)), np.zeros((len(positions), 4, 4))
        means[:, :2] = positions
        out[:, :2, :2] = covariances
        out[:, 2, 2] = out[:, 3, 3] = self.speed**2
        return means, out

    def predict(self, means: np.ndarray, covariances: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
        """Means and covariances `seconds` later."""
        fade = np.exp(-seconds / self.memory)
        path = self.memory * (1 - fade)
        move = np.kron([[1, path], [0, fade]], np.eye(2))
        variance = self.speed**2
        place = variance * self.memory * (2 * seconds - self.memory * (3 - 4 * fade + fade**2))
        mixed = variance * self.memory * (1 - fade) ** 2
        noise = np.kron([[place, mixed], [mixed, variance * (1 - fade**2)]], np.eye(2))
        return means @ move.T, move @ covariances @ move.T + noise

    def update(
        self, means: np.ndarray, covariances: np.ndarray, positions: np.ndarray, errors: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Means and covariances after each person is observed at `positions` `(T, 2)` with covariances `errors` `(T, 2, 2)`."""
        gain = covariances[:, :, :2] @ symmetric_inverse(covariances[:, :2, :2] + errors)
        innovation = positions - means[:, :2]
        means = means + (gain @ innovation[:, :, None])[:, :, 0]
        covariances = covariances - gain @ covariances[:, :2]
        return means, (covariances + covariances.transpose(0, 2, 1)) / 2


def fuse(positions: np.ndarray, information: np.ndarray, person: np.ndarray, people: int) -> tuple[np.ndarray, np.ndarray]:
    """The best estimate from several independent views: means `(people, 2)` and covariances `(people, 2, 2)`.

    View i observed the person `person` `(N,)` at `positions` `(N, 2)` with an inverse covariance `information` `(N, 2, 2)`;
    inverse covariances add up. A person without a view gets NaN.
    """
    values = np.concatenate([information.reshape(-1, 4), (information @ positions[:, :, None])[:, :, 0]], axis=1)
    places = person[:, None] * 6 + np.arange(6)
    sums = np.bincount(places.ravel(), values.ravel(), 6 * people).reshape(people, 6)  # faster than np.add.at
    total, weighted = sums[:, :4].reshape(-1, 2, 2), sums[:, 4:]
    covariances = symmetric_inverse(total)
    with np.errstate(invalid="ignore"):
        return (covariances @ weighted[:, :, None])[:, :, 0], covariances
