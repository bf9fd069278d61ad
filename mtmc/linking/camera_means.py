"""The mean embedding of each camera, learned online and subtracted from that camera's embeddings (see `reid.centring`)."""

import numpy as np

from reid.centring import centre


class CameraMeans:
    """The mean embedding of each camera, learned from the people it sees.

    The means of all cameras become equal, not 0, so distances keep the scale on which the linking thresholds were fitted.
    """

    def __init__(self) -> None:
        self._means: dict[int, np.ndarray] = {}
        self._counts: dict[int, int] = {}

    def learn(self, camera: int, embeddings: np.ndarray) -> None:
        """Update the mean of `camera` with the `embeddings` `(V, D)`, V at least 1, of one more person."""
        known = self._means.get(camera, np.zeros(embeddings.shape[1]))
        self._counts[camera] = self._counts.get(camera, 0) + 1
        self._means[camera] = known + (embeddings.mean(axis=0) - known) / self._counts[camera]

    def align(self, camera: int, embeddings: np.ndarray) -> np.ndarray:
        """The `embeddings` `(V, D)` of `camera`, unit rows, shifted so its mean equals the mean of all cameras; unit rows again.

        The fewer people the camera has seen, the smaller the shift.
        """
        if camera not in self._means:
            return embeddings
        return centre(embeddings, self._means[camera] - np.mean(list(self._means.values()), axis=0), self._counts[camera])
