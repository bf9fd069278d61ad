"""Recordings of people: a room that they enter, leave and return to, a meeting of people who stay, and two separate rooms."""

from pathlib import Path
from typing import Any

import numpy as np

from mtmc.calibration import Camera
from mtmc.sequences import Recording
from mtmc.simulation.backdrop import Place
from mtmc.simulation.bodies import figure_bodies, figure_boxes
from mtmc.simulation.crops import CropPeople
from mtmc.simulation.demo import draw_figures
from mtmc.simulation.detections import SimulatedDetector
from mtmc.simulation.embeddings import CarriedEmbeddings
from mtmc.simulation.filming import film
from mtmc.simulation.mingling import mingle
from mtmc.simulation.rendering import Scene
from mtmc.simulation.survey import Outline
from mtmc.simulation.world import World, populate

FRAME_RATE = 15.0
SIZE = (640, 480)
VISITS = 3
SLOW, MEETING = 4.0, 75.0  # frames per second, and seconds, of a meeting
PASSING = 2.0  # seconds between two people at a door
LENS = (-0.12, 0.02, 0.0, 0.0)
FURNISHING: dict[str, Any] = {
    "height": 2.9,
    "floor": (118, 140, 160),
    "wall": (190, 200, 204),
    "sky": (214, 216, 218),
    "panel": (2.0, 2.9),
    "shade": 0.0,
}


def room(seed: int = 0, people: str | Path | None = None, persons: int = 30) -> Recording:
    """A room of 5 x 6 m with four corner cameras of 640x480 pixels at 15 Hz, as in Lawen et al.'s LAB; about four minutes.

    `persons` visit it three times each, at most seven at once. They are drawn figures or, with `people`, a folder of crops in
    Market-1501's layout, identities of its `query/` and `bounding_box_test/`, for which `CropPeople` raises `InputError`.
    """
    doors = [(0.15, 1.2), (4.85, 4.2), (2.0, 5.85)]
    world = populate(seed, persons, VISITS, 7, (0.7, 0.7, 4.3, 5.3), doors, (2, 4), pause=0.6, stay=(2.0, 9.0), passing=PASSING)
    corners = {"c1": (0.1, 0.1), "c2": (4.9, 0.1), "c3": (4.9, 5.9), "c4": (0.1, 5.9)}
    cameras = {name: Camera.look_at((*corner, 2.7), (2.5, 3.0, 0.8), 330.0, SIZE, LENS) for name, corner in corners.items()}
    place = Place(extent=(0, 0, 5, 6), doors=tuple(doors), **FURNISHING)
    return _record("room", world, [(place, cameras)], people, persons)


def meeting(seed: int = 0, people: str | Path | None = None, persons: int = 10) -> Recording:
    """A room of 7 x 4 m with four corner cameras of 1920x1024 pixels at 4 Hz, as in CMC; 75 seconds.

    `persons` are there from the first frame to the last, see `mingle`. All stand or walk: nobody sits. They look like those of
    `room`. Detections carry embeddings, see `CarriedEmbeddings`. Their errors are those of FairMOT's about the true positions in
    CMC1: in a camera, somebody's box is off by 4% of its height across and 3% down, in the same way for about a second, and by
    half of that from frame to frame; nearly everybody of whom a fifth is visible is found.
    """
    world = mingle(seed, persons, (0.5, 0.5, 6.5, 3.5), MEETING)
    corners = {"cam1": (0.15, 3.85), "cam2": (6.85, 3.85), "cam3": (6.85, 0.15), "cam4": (0.15, 0.15)}
    cameras = {name: Camera.look_at((*corner, 2.15), (3.5, 2.0, 0.9), 1075.0, (1920, 1024)) for name, corner in corners.items()}
    place = Place(extent=(0, 0, 7, 4), **FURNISHING)
    detector = SimulatedDetector(miss=0.02, half_seen=0.2, jitter=0.015, drift=(0.04, 0.03))
    length = int(MEETING * SLOW)
    carried = CarriedEmbeddings(seed, persons, len(cameras), length, SLOW)
    return film("meeting", *_shown(world, [(place, cameras)], people, persons, 1), SLOW, length, detector, carried)


def rooms(seed: int = 0, people: str | Path | None = None, persons: int = 20) -> Recording:
    """Two rooms joined by a corridor, with one camera each and no overlap; otherwise as `room`.

    A visit enters one room from outside, goes through the corridor to the other room and leaves from there. About two metres on
    either side of the corridor are out of view.
    """
    doors = [(0.15, 2.5), (19.85, 2.5)]
    world = populate(seed, persons, VISITS, 6, (0, 0, 20, 5), doors, pause=0.5, stay=(2.0, 6.0), passing=PASSING, via=_through)
    west = Place(extent=(0, 0, 5.5, 5), doors=((0, 2.5), (5.5, 2.5)), **FURNISHING)
    corridor = Place(extent=(7, 1.5, 13, 3.5), **FURNISHING)
    east = Place(extent=(14.5, 0, 20, 5), doors=((14.5, 2.5), (20, 2.5)), **FURNISHING)
    parts = [
        (west, {"west": Camera.look_at((0.3, 0.2, 2.7), (3.0, 2.7, 0.8), 330.0, SIZE, LENS)}),
        (corridor, {"corridor": Camera.look_at((7.1, 2.5, 2.6), (10.5, 2.5, 0.9), 400.0, SIZE, LENS)}),
        (east, {"east": Camera.look_at((19.7, 0.2, 2.7), (17.0, 2.7, 0.8), 330.0, SIZE, LENS)}),
    ]
    return _record("rooms", world, parts, people, persons)


def _through(rng: np.random.Generator, entry: tuple[float, float], exit: tuple[float, float]) -> np.ndarray:
    """Points in the entry room, in the middle of the corridor, and in the other room."""
    west = rng.uniform((0.8, 0.8), (4.6, 4.2), (rng.integers(1, 3), 2))
    corridor = np.column_stack([(5.5, 7.5, 10.0, 12.5, 14.5), 2.5 + np.array([0, *rng.uniform(-0.6, 0.6, 3), 0])])
    east = rng.uniform((15.4, 0.8), (19.2, 4.2), (rng.integers(1, 3), 2))
    way = np.vstack([west, corridor, east])
    return way if entry[0] < exit[0] else way[::-1]


def _record(
    name: str, world: World, parts: list[tuple[Place, dict[str, Camera]]], people: str | Path | None, persons: int
) -> Recording:
    length = int(world.duration * FRAME_RATE)
    return film(name, *_shown(world, parts, people, persons, VISITS), FRAME_RATE, length, SimulatedDetector())


def _shown(
    world: World, parts: list[tuple[Place, dict[str, Camera]]], people: str | Path | None, persons: int, visits: int
) -> tuple[list[Scene], Outline]:
    """The scenes of `parts`, and the boxes of their people."""
    if people is None:
        figures = draw_figures(world.seed, persons)
        bodies, outline = figure_bodies(figures), figure_boxes(figures)
    else:
        bodies = CropPeople(people, persons, visits, world.seed)
        outline = bodies.boxes
    scenes, first = [], 0
    for place, cameras in parts:
        scenes.append(Scene(world.within(place.extent), place, cameras, bodies, first))
        first += len(cameras)
    return scenes, outline
