"""A room that three people visit twice, under three cameras, and an appearance model that knows them by their colours."""

from pathlib import Path

import cv2
import numpy as np

from mtmc.calibration import Camera
from mtmc.sequences import Recording
from mtmc.simulation import CropPeople, Place, Scene, SimulatedDetector, Visit, World
from mtmc.simulation.filming import film
from reid.weights.thresholds import Thresholds

SIZE = (320, 240)
CORNERS = {"a": (0.1, 0.1), "b": (4.9, 0.1), "c": (4.9, 5.9)}
CAMERAS = {name: Camera.look_at((*corner, 2.7), (2.5, 3.0, 0.8), 165.0, SIZE) for name, corner in CORNERS.items()}
PLACE = Place((0, 0, 5, 6), 2.9, (118, 140, 160), (190, 200, 204), (214, 216, 218), shade=0.0)
COLOURS = [(230, 40, 40), (40, 230, 40), (40, 40, 230)]
PLACES = [(1.5, 2.0), (2.5, 3.4), (3.5, 4.4)]


class MeanColour:
    """An appearance model that sees no more than colours."""

    name, engine, dimension, weights_hash = "colour", "eye", 3, "none"

    def __init__(self, thresholds: Thresholds = Thresholds(set=0.05, link=0.05)):  # noqa: B008 (it is frozen)
        self.thresholds = thresholds
        self.asked = 0

    def embed(self, images):
        self.asked += len(images)
        middles = [image[len(image) // 3 : -len(image) // 3, image.shape[1] // 3 : -image.shape[1] // 3] for image in images]
        rows = np.array([middle.reshape(-1, 3).mean(axis=0) - 40 for middle in middles], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def plain_crop(colour: tuple[int, int, int], camera: int, number: int) -> np.ndarray:
    """A crop `(64, 32, 3)` of one colour; camera and number, in a corner, make it another image than the others."""
    picture = np.full((64, 32, 3), colour, np.uint8)
    picture[0, 0, :2] = camera, number
    return picture


def visitors(folder: Path) -> Recording:
    """Three people who stand in the room for three seconds, leave, and come back elsewhere; `folder` takes their crops."""
    (folder / "query").mkdir()
    for identity, colour in enumerate(COLOURS, 1):
        for camera in (1, 2):
            for number in range(2):
                name = f"{identity:04d}_c{camera}s1_{number:06d}_00.png"
                cv2.imwrite(str(folder / "query" / name), plain_crop(colour, camera, number))
    visits = []
    for person in range(3):
        for number, start in enumerate((0.0, 6.0)):
            x, y = PLACES[(person + number) % 3]
            path = np.array([[x, y], [x + 0.3, y]])
            visits.append(Visit(person, number, np.array([start, start + 3.0]), np.array([0.0, 0.3]), path))
    people = CropPeople(folder, 3, 2)
    scene = Scene(World(0, visits), PLACE, CAMERAS, people)
    return film("visitors", [scene], people.boxes, 10.0, 100, SimulatedDetector(miss=0.02, jitter=0.01, clutter=0.1))
