"""Systematic ground errors: one smooth offset field per camera, learned from how its observations differ from the others'."""

import numpy as np

from mtmc.ground.motion import squared_lengths, symmetric_inverse


class CameraOffsets:
    """An affine offset field for each of C cameras: a person whom camera c observes at g is at g - offset_c(g).

    Homographies fitted by hand disagree by a person's width or more, and boxes end below the feet; both errors vary slowly over
    the ground. Camera c's offset is B_c (1, (g - origin) / reach), and the six entries of B_c have a Gaussian prior of mean zero
    and standard deviation `error`, updated by recursive least squares. Gates include the uncertainty of this estimate: they are
    wide at first, and narrow once the cameras have been compared.

    Old evidence fades towards the prior within about `memory` observations per camera, so a camera that was moved is learned
    anew. Only differences between cameras are observable, so the fields are kept at a mean of zero over all cameras.
    """

    def __init__(self, cameras: int, origin: np.ndarray, error: float, reach: float, memory: float = 2000.0) -> None:
        self.origin = origin
        self.reach = reach
        self.memory = memory
        self._prior = np.eye(6) / error**2
        self._evidence = np.zeros((cameras, 6, 6))
        self._weighted = np.zeros((cameras, 6))
        self._raw = np.zeros((cameras, 6))
        self._means = np.zeros((cameras, 6))
        self._covariances = np.tile(np.linalg.inv(self._prior), (cameras, 1, 1))

    def offsets(self, camera: np.ndarray, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Offsets `(N, 2)` of the cameras `camera` `(N,)` at `ground` `(N, 2)`, and their covariances `(N, 2, 2)`."""
        basis = self._basis(ground)
        offsets = (basis[:, None] @ self._means.reshape(-1, 3, 2)[camera])[:, 0]
        squares = (basis[:, :, None] * basis[:, None]).reshape(-1, 1, 9)
        spread = self._covariances.reshape(-1, 3, 2, 3, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 9, 4)
        return offsets, (squares @ spread[camera]).reshape(-1, 2, 2)

    def learn(self, camera: np.ndarray, ground: np.ndarray, offsets: np.ndarray, errors: np.ndarray, weights: np.ndarray) -> None:
        """Update with offsets `(N, 2)` observed by `camera` `(N,)` at `ground` `(N, 2)` with covariances `errors` `(N, 2, 2)`.

        `weights` `(N,)` in 0..1 discount observations, since neighbouring frames are correlated. An observation far from the
        estimate weighs less, as under a Cauchy distribution, since it may be of another person.
        """
        if len(camera) == 0:
            return
        basis = self._basis(ground)
        believed, spread = self.offsets(camera, ground)
        distance = squared_lengths(offsets - believed, symmetric_inverse(errors + spread))
        weights = weights / (1 + distance / 2)
        information = weights[:, None, None] * symmetric_inverse(errors)
        squares = basis[:, :, None] * basis[:, None]
        pairs = (squares[:, :, None, :, None] * information[:, None, :, None]).reshape(-1, 6, 6)
        weighted = (basis[:, :, None] * (information @ offsets[:, :, None])[:, None, :, 0]).reshape(-1, 6)
        seen = np.bincount(camera, weights, minlength=len(self._evidence))
        fade = (1 - 1 / self.memory) ** seen
        self._evidence *= fade[:, None, None]
        self._weighted *= fade[:, None]
        np.add.at(self._evidence, camera, pairs)
        np.add.at(self._weighted, camera, weighted)
        self._conclude(np.flatnonzero(seen))

    def _conclude(self, cameras: np.ndarray) -> None:
        """Update the estimates of `cameras`, and shift all offsets to a mean of zero: what all cameras share is not an error."""
        covariances = np.linalg.inv(self._prior + self._evidence[cameras])
        self._covariances[cameras] = covariances
        self._raw[cameras] = (covariances @ self._weighted[cameras][:, :, None])[:, :, 0]
        self._means = self._raw - self._raw.mean(axis=0)

    def _basis(self, ground: np.ndarray) -> np.ndarray:
        return np.concatenate([np.ones((len(ground), 1)), (ground - self.origin) / self.reach], axis=1)
