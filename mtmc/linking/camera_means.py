"""The mean view of each camera, learned as people come, and taken out of what that camera sees (`reid.centring` says why)."""

import numpy as np

from reid.centring import centre


class CameraMeans:
    """The mean view of each camera, learned from the people whom it sees.

    The means of all cameras are made equal instead of 0, so that distances keep the scale on which thresholds of linking were
    fitted.
    """

    def __init__(self) -> None:
        self._means: dict[int, np.ndarray] = {}
        self._counts: dict[int, int] = {}

    def learn(self, camera: int, views: np.ndarray) -> None:
        """Take the `views` `(V, D)`, V at least 1, of one more person in `camera` into account."""
        known = self._means.get(camera, np.zeros(views.shape[1]))
        self._counts[camera] = self._counts.get(camera, 0) + 1
        self._means[camera] = known + (views.mean(axis=0) - known) / self._counts[camera]

    def align(self, camera: int, views: np.ndarray) -> np.ndarray:
        """The `views` `(V, D)` of `camera`, unit rows, with its mean moved to the mean of all cameras; unit rows again.

        The fewer people were learned of the camera, the less they are moved.
        """
        if camera not in self._means:
            return views
        return centre(views, self._means[camera] - np.mean(list(self._means.values()), axis=0), self._counts[camera])
