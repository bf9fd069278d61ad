"""People drawn from real images: crops from a folder in Market-1501's layout, pasted where its identities walk."""

import re
from pathlib import Path

import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.bodies import Body, card_body, card_boxes
from mtmc.simulation.world import State, Trajectories
from reid.common.errors import InputError
from reid.common.picture_file import read_image
from reid.common.pictures import is_picture
from reid.data.duplicates import distinct

NAME = re.compile(r"(\d+)_c(\d+)s?\d*_")
FOLDERS = ("query", "bounding_box_test")
OVERLAP = 1.06  # a crop shows a little more than the person


class CropPeople:
    """Persons `0 .. people - 1`, each an identity of `folder` with enough crops for `visits` visits, chosen by `seed`.

    The scene's cameras are assigned in turn to an identity's two source cameras, and each crop belongs to one visit only. So two
    visits, or cameras with different sources, share the person but never an image; files with the same content, such as queries
    that are also in the gallery, count once. Calling the object gives the bodies of a state, for `Scene`. Raises `InputError` for
    too few identities, or a crop that does not decode.
    """

    def __init__(self, folder: str | Path, people: int, visits: int, seed: int = 0) -> None:
        folder = Path(folder)
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder")
        crops: dict[str, dict[str, list[Path]]] = {}
        paths = sorted(path for name in FOLDERS for path in (folder / name).glob("*") if is_picture(path))
        # The identities 0 and -1 are distractors.
        matches = {path: match for path in paths if (match := NAME.match(path.name)) and int(match[1]) > 0}
        paths = list(matches)
        for path in (paths[place] for place in distinct(paths)):
            crops.setdefault(matches[path][1], {}).setdefault(matches[path][2], []).append(path)
        rich = {}
        for identity, cameras in crops.items():
            enough = {camera: paths for camera, paths in cameras.items() if len(paths) >= visits}
            if len(enough) >= 2:
                rich[identity] = [enough[camera] for camera in sorted(enough)[:2]]
        if len(rich) < people:
            raise InputError(
                f"{folder}: {len(rich)} identities with {visits} different crops from each of two cameras in query/ and "
                f"bounding_box_test/, but {people} are needed; give a larger folder, or fewer people or visits"
            )
        rng = np.random.default_rng([seed, 8])
        self.identities = [str(name) for name in rng.permutation(sorted(rich))[:people]]
        self.heights = np.clip(rng.normal(1.71, 0.08, people), 1.52, 1.92)
        self.visits = visits
        self._crops = []
        for identity in self.identities:
            self._crops.append([[paths[k] for k in rng.permutation(len(paths))] for paths in rich[identity]])
        self._pictures: dict[Path, np.ndarray] = {}

    def path(self, person: int, visit: int, camera_index: int) -> Path:
        """The file that shows `person` on a visit in a scene's camera, by number.

        Raises `ValueError` for a visit without crops.
        """
        if visit >= self.visits:
            raise ValueError(f"there are crops for {self.visits} visits; visit number {visit} has none")
        own = self._crops[person][camera_index % 2][visit :: self.visits]
        return own[(camera_index // 2) % len(own)]

    def picture(self, person: int, visit: int, camera_index: int) -> np.ndarray:
        """The crop `(h, w, 3)` BGR uint8 itself."""
        path = self.path(person, visit, camera_index)
        if path not in self._pictures:
            self._pictures[path] = read_image(path)
        return self._pictures[path]

    def __call__(self, state: State, camera: Camera, camera_index: int) -> list[Body | None]:
        return [
            card_body(self.picture(person, visit, camera_index), self.heights[person] * OVERLAP, position, camera)
            for person, visit, position in zip(state.persons, state.visits, state.positions, strict=True)
        ]

    def boxes(self, trajectories: Trajectories, camera: Camera, camera_index: int) -> np.ndarray:
        """The boxes `(K, 4)` xyxy of the people's crops in a scene's camera, by number; NaN behind the camera."""
        visits = np.unique(np.stack([trajectories.persons, trajectories.visits], axis=1), axis=0)
        aspects = np.zeros((len(self.identities), self.visits))
        for person, visit in visits:
            height, width, _ = self.picture(person, visit, camera_index).shape
            aspects[person, visit] = width / height
        tall = self.heights[trajectories.persons] * OVERLAP
        return card_boxes(camera, trajectories.positions, tall, aspects[trajectories.persons, trajectories.visits])
