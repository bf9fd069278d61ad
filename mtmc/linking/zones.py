"""Where people come into a camera's view and leave it: places on its ground, gathered to zones as they are seen."""

import numpy as np


class Zones:
    """The zones of entry and exit of all cameras, numbered from 0 on as they are found.

    A place belongs to the nearest zone of its camera, if that zone's mean is at most `radius` metres away, and otherwise begins a
    zone: Hartigan's leader algorithm (Clustering Algorithms, 1975, chapter 3) with running means. It needs one pass and no number
    of zones, where the mixtures of Makris, Ellis and Black (Bridging the gaps between cameras, CVPR 2004) need the whole
    recording. A zone is a door and not its threshold: people are first noticed a step or two behind it, so `radius` is a
    few steps, and two doors less than that apart are one. Entries and exits share zones, for most doors are used both ways.
    """

    def __init__(self, radius: float = 1.5):
        self.radius = radius
        self.cameras = np.zeros(0, dtype=np.int64)  # of each zone
        self.places = np.zeros((0, 2))
        self._counts = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.cameras)

    def at(self, camera: int, place: np.ndarray) -> int:
        """The zone of `place` `(2,)` on the ground of the camera with that number, which is begun where there is none."""
        distances = np.where(self.cameras == camera, np.linalg.norm(self.places - place, axis=1), np.inf)
        if not len(self) or distances.min() > self.radius:
            self.cameras = np.append(self.cameras, camera)
            self.places = np.vstack([self.places, place])
            self._counts = np.append(self._counts, 1)
            return len(self) - 1
        zone = int(distances.argmin())
        self._counts[zone] += 1
        self.places[zone] += (place - self.places[zone]) / self._counts[zone]
        return zone
