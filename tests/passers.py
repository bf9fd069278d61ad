"""Two places that share no view, and three people who walk from one to the other and, later, back."""

from pathlib import Path

import cv2
import numpy as np
from visitors import COLOURS, plain_crop

from mtmc.calibration import Camera
from mtmc.sequences import Recording
from mtmc.simulation import CropPeople, Place, Scene, SimulatedDetector, Visit, World
from mtmc.simulation.filming import film

SIZE = (320, 240)
EXTENTS = {"west": (0, 0, 5, 4), "east": (7, 0, 12, 4)}
FURNISHING = {"height": 2.9, "floor": (118, 140, 160), "wall": (190, 200, 204), "sky": (214, 216, 218), "shade": 0.0}


def write_people(folder: Path, colours: list[tuple[int, int, int]], crops: int) -> None:
    """Identities of one colour each, so many `crops` of either camera, in Market-1501's layout."""
    (folder / "query").mkdir()
    for identity, colour in enumerate(colours, 1):
        for camera in (1, 2):
            for number in range(crops):
                name = f"{identity:04d}_c{camera}s1_{number:06d}_00.png"
                cv2.imwrite(str(folder / "query" / name), plain_crop(colour, camera, number))


def passers(folder: Path) -> Recording:
    """Three people, four seconds apart, cross both places from west to east and half a minute later come back in the same order;
    `folder` takes their crops."""
    write_people(folder, COLOURS, 2)
    way, visits = np.array([[0.3, 2.0], [11.7, 2.0]]), []
    for person in range(3):
        for number, path in enumerate((way, way[::-1])):
            start = 4.0 * person + 30 * number
            visits.append(Visit(person, number, np.array([start, start + 9.5]), np.array([0.0, 11.4]), path))
    people, scenes = CropPeople(folder, 3, 2), []
    for first, (name, extent) in enumerate(EXTENTS.items()):
        camera = Camera.look_at((extent[0] + 2.5, 0.1, 2.7), (extent[0] + 2.5, 2.5, 0.6), 130.0, SIZE)
        scenes.append(Scene(World(0, visits).within(extent), Place(extent, **FURNISHING), {name: camera}, people, first))
    return film("passers", scenes, people.boxes, 10.0, 500, SimulatedDetector(miss=0.03, jitter=0.01, clutter=0.1))
