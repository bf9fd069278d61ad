"""Entry and exit zones of a camera's view: ground positions, clustered online."""

import numpy as np


class Zones:
    """The entry and exit zones of all cameras, numbered from 0 as they are found.

    A position belongs to the nearest zone of its camera if that zone's mean is at most `radius` metres away; otherwise it starts
    a zone. This is Hartigan's leader algorithm (Clustering Algorithms, 1975, chapter 3) with running means. It needs one pass and
    no number of zones, whereas the mixtures of Makris, Ellis and Black (Bridging the gaps between cameras, CVPR 2004) need the
    whole recording. People are first detected a step or two past a door, so `radius` is a few steps, and doors closer than that
    share a zone. Entries and exits share zones, since most doors are used both ways.
    """

    def __init__(self, radius: float = 1.5):
        self.radius = radius
        self.cameras = np.zeros(0, dtype=np.int64)  # camera of each zone
        self.places = np.zeros((0, 2))
        self._counts = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.cameras)

    def at(self, camera: int, place: np.ndarray) -> int:
        """The zone of `place` `(2,)` on the ground of camera number `camera`; starts one if there is none."""
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
