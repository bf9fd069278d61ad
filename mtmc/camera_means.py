"""What the views of one camera have in common, its light and its angle, is taken out of them before they are compared."""

import numpy as np

_PRIOR = 5.0  # tracklets of a camera that the belief in its having nothing of its own is worth


class CameraMeans:
    """The mean view of each camera, learned from the people whom it sees.

    Two views of one camera are alike in what is the camera's, and two people there may seem nearer than one person in two
    cameras. Where all cameras see the same people, the difference of their means is the cameras'. Zhuang et al. normalise each
    camera's features by its own statistics within the network (Rethinking the distribution gap of person re-identification
    with camera-based batch normalization, ECCV 2020); here the means of its embeddings are made equal, so that distances keep
    their scale.
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
        own = self._means[camera] - np.mean(list(self._means.values()), axis=0)
        moved = views - own * self._counts[camera] / (self._counts[camera] + _PRIOR)
        return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), np.finfo(np.float32).tiny)
