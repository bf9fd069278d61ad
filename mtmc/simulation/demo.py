"""The demo sequences: two places, two cameras, and people who cross, occlude each other and return, as MOTChallenge folders on
disk."""

import hashlib
from pathlib import Path

import cv2
import numpy as np

from mtmc.calibration import Camera
from mtmc.simulation.backdrop import Place
from mtmc.simulation.bodies import figure_bodies
from mtmc.simulation.detections import SimulatedDetector
from mtmc.simulation.figures import Figure, draw_figure
from mtmc.simulation.rendering import Scene
from mtmc.simulation.world import World, populate
from mtmc.simulation.writing import STAMP, write_sequence

FRAME_RATE = 20
LENGTH = 300
SIZE = (960, 540)


def draw_figures(seed: int, people: int) -> list[Figure]:
    """Random people, of whom every third wears the same clothes as the previous one."""
    return [
        draw_figure(np.random.default_rng([seed, 3, i]), np.random.default_rng([seed, 4, i - (i % 3 == 2)]))
        for i in range(people)
    ]


def figure_scene(world: World, place: Place, cameras: dict[str, Camera]) -> Scene:
    """The scene with the world's people as drawn figures."""
    people = 1 + max(visit.person for visit in world.visits)
    return Scene(world, place, cameras, figure_bodies(draw_figures(world.seed, people)))


def plaza(seed: int) -> Scene:
    """A sunny square with an advertising column, a lamp post and a pillar, seen from an upper floor; people cross it in both
    directions."""
    column, post, pillar = (0.8, 8.0, 0.75), (-3.2, 5.2, 0.07), (4.2, 10.5, 0.16)
    place = Place(
        extent=(-14, -3, 14, 22),
        height=9,
        floor=(150, 158, 160),
        wall=(140, 160, 178),
        sky=(225, 205, 185),
        columns=((*column, 2.6, (70, 95, 60)), (*post, 3.5, (90, 90, 92)), (*pillar, 3.2, (100, 110, 120))),
    )
    world = populate(
        seed,
        people=13,
        visits=3,
        present=13,
        area=(-5, 4.5, 5, 12),
        doors=[(-5.7, 6), (5.9, 6.5), (-8.2, 10), (8.2, 10), (-4.3, 3.5), (4.3, 3.5)],
        stops=(1, 2),
        obstacles=((*column[:2], 1.15), (*post[:2], 0.45), (*pillar[:2], 0.55)),
        pause=0.3,
        absence=(0.0, 1.2),
    )
    camera = Camera.look_at((0, -2, 3.6), (0, 9, 0.6), 760, SIZE, (-0.08, 0.01, 0.0, 0.0))
    return figure_scene(world, place, {"plaza": camera})


def corridor(seed: int) -> Scene:
    """A hall with pillars, seen from near one end at a lower height: people walk towards and away from the camera and occlude
    each other."""
    pillars = ((-1.9, 6.0, 0.28), (1.9, 6.0, 0.28), (-1.9, 10.0, 0.28), (1.9, 10.0, 0.28))
    place = Place(
        extent=(-5.5, -2.5, 5.5, 16),
        height=3.4,
        floor=(126, 142, 152),
        wall=(186, 196, 200),
        sky=(206, 210, 212),
        tile=0.9,
        panel=(2.4, 3.4),
        columns=tuple((*pillar, 3.38, (172, 178, 182)) for pillar in pillars),
        shade=0.0,
    )
    world = populate(
        seed,
        people=11,
        visits=3,
        present=11,
        area=(-3.8, 4.2, 3.8, 11),
        doors=[(-5.3, 4.5), (5.3, 4.5), (-5.3, 6.5), (5.3, 6.5), (-1.5, 15.5), (0.5, -1.5)],
        stops=(1, 2),
        obstacles=tuple((x, y, 0.65) for x, y, _ in pillars),
        pause=0.3,
        absence=(0.0, 1.2),
    )
    camera = Camera.look_at((0.9, -1.8, 2.5), (-0.2, 8, 0.9), 800, SIZE, (-0.15, 0.02, 0.0005, -0.0005))
    return figure_scene(world, place, {"corridor": camera})


DEMOS = {"demo-plaza": (plaza, 16), "demo-corridor": (corridor, 5)}


def demo_sequences(folder: str | Path) -> list[Path]:
    """The demo sequences' folders below `folder`; rendered unless complete ones of this version exist.

    Each is a MOTChallenge folder with `cameras.yaml` and `gt/ground.txt` in addition.
    """
    version = _version()
    folders = []
    for name, (build, seed) in DEMOS.items():
        target = Path(folder) / name
        stamp = target / STAMP
        if not stamp.is_file() or stamp.read_bytes().strip() != version.encode():
            scene = build(seed)
            (camera,) = scene.cameras
            write_sequence(target, scene, camera, LENGTH, FRAME_RATE, SimulatedDetector(), version)
        folders.append(target)
    return folders


def _version() -> str:
    """A hash of everything that determines the rendering: the source of this package, and OpenCV's version."""
    here = Path(__file__).parent
    text = b"".join(path.read_bytes() for path in [*sorted(here.glob("*.py")), here.parent / "calibration" / "pinhole.py"])
    return hashlib.sha256(text + cv2.__version__.encode()).hexdigest()
