"""People who stay in one room: they stand close together, part, walk past one another, and stand elsewhere."""

import heapq

import numpy as np

from mtmc.simulation.world import TRIES, Visit, World, rounded

NEIGHBOURS = (0.4, 0.8)  # metres from a place in a group to the next one
GROUP = (2, 5)  # places in a group, fewest and most
ROOMY = 1.4  # places for each person
BETWEEN = 0.4  # metres at least between places of two groups
PASSING = 0.35  # metres between people who pass, if such a path is found
STANDING = (2.0, 10.0)  # seconds that somebody stands at a place
SPEED = (0.7, 1.4)  # metres per second


def mingle(seed: int, people: int, area: tuple[float, float, float, float], seconds: float) -> World:
    """A world of `people` who are inside `area` (x0, y0, x1, y1), in metres, for `seconds`.

    They stand at the places of groups, `NEIGHBOURS` metres from one another, for `STANDING` seconds. Then they walk to a free
    place, half of them straight and half by a point anywhere. Of `TRIES` ways, the first that stays `PASSING` metres from others
    is taken, or the one that keeps the largest distance.
    """
    rng = np.random.default_rng([seed, 12])
    places = _places(rng, area, int(np.ceil(ROOMY * people)))
    at = rng.permutation(len(places))[:people]
    stays = [_Stay(places[place]) for place in at]
    leaving = [(rng.uniform(0, STANDING[1]), person) for person in range(people)]
    heapq.heapify(leaving)
    while leaving[0][0] < seconds:
        now, person = heapq.heappop(leaving)
        others = [stay.visit(other) for other, stay in enumerate(stays) if other != person]
        widest = -1.0
        for _ in range(TRIES):
            target = rng.choice(np.setdiff1d(np.arange(len(places)), at))
            between = rng.uniform(area[:2], area[2:], (rng.integers(2), 2))
            path = rounded(np.vstack([places[at[person]], between, places[target]]))
            way = _walk(person, now, rng.uniform(*SPEED), path)
            gap = _gap(way, others)
            if gap > widest:
                widest, chosen, place = gap, way, target
            if gap >= PASSING:
                break
        stays[person].go(chosen)
        at[person] = place
        heapq.heappush(leaving, (chosen.times[-1] + rng.uniform(*STANDING), person))
    return World(seed, [stay.visit(person, max(now for now, _ in leaving)) for person, stay in enumerate(stays)])


class _Stay:
    """What somebody has done since second 0: the ways they went, and the places they stood at."""

    def __init__(self, place: np.ndarray) -> None:
        self.times, self.arcs, self.path = [0.0], [0.0], [place]

    def go(self, way: Visit) -> None:
        self.times += way.times.tolist()
        self.arcs += (self.arcs[-1] + way.arcs).tolist()
        self.path += list(way.path[1:])

    def visit(self, person: int, end: float | None = None) -> Visit:
        """The visit so far, and until `end`."""
        times, arcs = (self.times, self.arcs) if end is None else ([*self.times, end], [*self.arcs, self.arcs[-1]])
        return Visit(person, 0, np.array(times), np.array(arcs), np.array(self.path))


def _walk(person: int, start: float, speed: float, path: np.ndarray) -> Visit:
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    return Visit(person, 0, np.array([start, start + length / speed]), np.array([0.0, length]), path)


def _gap(way: Visit, others: list[Visit]) -> float:
    """The smallest distance in metres, sampled five times per second, between `way` and `others`, who stand where they last were
    once their visit has ended."""
    seconds = np.arange(way.times[0], way.times[-1], 0.2)
    places = way.at(seconds)
    return min((float(np.linalg.norm(places - other.at(seconds), axis=1).min()) for other in others), default=np.inf)


def _places(rng: np.random.Generator, area: tuple[float, float, float, float], count: int) -> np.ndarray:
    """At least `count` places `(P, 2)` in `area`, on the circles of groups."""
    places = np.zeros((0, 2))
    while len(places) < count:
        size = int(rng.integers(GROUP[0], GROUP[1] + 1))
        radius = rng.uniform(*NEIGHBOURS) / (2 * np.sin(np.pi / size))
        angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(size) / size
        group = rng.uniform(area[:2], area[2:]) + radius * np.column_stack([np.cos(angles), np.sin(angles)])
        inside = (group >= area[:2]).all() and (group <= area[2:]).all()
        if inside and (np.linalg.norm(group[:, None] - places, axis=2) >= BETWEEN).all():
            places = np.vstack([places, group])
    return places
