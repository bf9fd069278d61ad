"""Speed of multi-camera ground tracking, in a simulated room with given boxes and embeddings."""

import resource
import time
from collections.abc import Iterator

import numpy as np

from mtmc.calibration import Camera
from mtmc.ground.observations import observe
from mtmc.ground.tracker import GroundTracker
from mtmc.simulation.bodies import card_boxes
from trackers import Detections

SIZE = (1280, 720)
FRAME_RATE = 15.0
DIMENSIONS = 128
WARM_UP = 30
FRAMES = 120
STAY = 60.0  # mean seconds that a person is present


def measure(cameras: list[int], people: list[int]) -> list[dict]:
    """One row per number of cameras and people: frames per second, and the cost relative to the first row.

    `fps` and `ms` measure the process's CPU time from boxes to tracks, including `observe`, so a busy machine does not distort
    them.
    """
    rows: list[dict] = []
    for count in cameras:
        for present in people:
            views = ring(count, present)
            moments = list(_moments(views, present, WARM_UP + FRAMES, 1 / FRAME_RATE))
            tracker = GroundTracker(views)
            for number, detections in enumerate(moments):
                if number == WARM_UP:
                    start = time.process_time()
                tracks = tracker.update(observe(views, detections), number / FRAME_RATE)
            ms = 1000 * (time.process_time() - start) / FRAMES
            row = {"cameras": count, "people": present, "tracks": len(tracks), "fps": round(1000 / ms, 1), "ms": round(ms, 2)}
            rows.append(row | {"cost": round(ms / (rows[0]["ms"] if rows else ms), 2)})
    return rows


def measure_day(frames: int, thin: int = 1, cameras: int = 4, people: int = 7) -> list[dict]:
    """One row per tenth of `frames` moments at 15 Hz (a day has 1.3 million): ids assigned and memory used so far.

    Only one in `thin` moments is used, to save time. People come and go continually. `mb` is the process's peak resident memory
    so far.
    """
    views, seconds, seen = ring(cameras, people), thin / FRAME_RATE, frames // thin
    tracker = GroundTracker(views)
    rows, highest = [], 0
    for number, detections in enumerate(_moments(views, people, seen, seconds)):
        tracks = tracker.update(observe(views, detections), number * seconds)
        highest = max(highest, *tracks.ids.tolist(), 0)
        if (number + 1) % max(seen // 10, 1) == 0:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            hours = round((number + 1) * seconds / 3600, 2)
            rows.append({"frames": (number + 1) * thin, "hours": hours, "ids": highest, "mb": round(memory, 1)})
    return rows


def ring(cameras: int, people: int) -> list[Camera]:
    """Cameras 3 m high around an area of 4 square metres per person, each facing its centre."""
    reach = np.sqrt(people)
    angles = 2 * np.pi * (np.arange(cameras) + 0.5) / cameras
    places = (reach + 4) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return [Camera.look_at((x, y, 3.0), (0, 0, 0.8), 700, SIZE, (0, 0, 0, 0)) for x, y in places]


def _moments(cameras: list[Camera], people: int, frames: int, seconds: float) -> Iterator[list[Detections]]:
    """The detections of the cameras, frame by frame: one person in ten is missed, one box in twenty is clutter, boxes are 2% off.

    People walk at about 1 m/s, turn at the edge, and are replaced by others, elsewhere, after `STAY` seconds on average.
    """
    random = np.random.default_rng(0)
    reach = np.sqrt(people)
    place = random.uniform(-reach, reach, (people, 2))
    pace = random.normal(0, 0.7, (people, 2))
    looks = _unit(random.normal(size=(people, DIMENSIONS)))
    for _ in range(frames):
        place += pace * seconds
        pace = np.where(np.abs(place) > reach, -np.sign(place) * np.abs(pace), pace)
        others = random.random(people) < seconds / STAY
        place[others] = random.uniform(-reach, reach, (others.sum(), 2))
        looks[others] = _unit(random.normal(size=(others.sum(), DIMENSIONS)))
        yield [_detect(camera, place, looks, reach, random) for camera in cameras]


def _detect(camera: Camera, place: np.ndarray, looks: np.ndarray, reach: float, random: np.random.Generator) -> Detections:
    strays = random.uniform(-reach, reach, (random.poisson(0.05 * len(place)), 2))
    seen = np.flatnonzero(camera.sees(place) & (random.random(len(place)) > 0.1))
    ground = np.concatenate([place[seen], strays[camera.sees(strays)]])
    unknown = random.normal(size=(len(ground) - len(seen), DIMENSIONS))
    noisy = looks[seen] + random.normal(0, 0.25 / np.sqrt(DIMENSIONS), (len(seen), DIMENSIONS))
    boxes = card_boxes(camera, ground, np.full(len(ground), 1.7), np.full(len(ground), 0.4))
    height = boxes[:, 3] - boxes[:, 1]
    boxes += random.normal(0, 0.02, boxes.shape) * height[:, None]
    return Detections(boxes, np.ones(len(boxes)), _unit(np.concatenate([noisy, unknown])).astype(np.float32))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
