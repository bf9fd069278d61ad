"""People's positions at any moment: they enter by a door, walk, stand, leave, and return on a later visit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

APART = 0.55  # metres between two people's centres, if such a path is found
TRIES = 24


@dataclass(frozen=True, eq=False)
class Visit:
    """One visit of a person: at second `times[k]` they are `arcs[k]` metres along `path` `(P, 2)`; `times` and `arcs` are
    `(K,)`."""

    person: int
    number: int
    times: np.ndarray
    arcs: np.ndarray
    path: np.ndarray

    @cached_property
    def marks(self) -> np.ndarray:
        """Metres from the path's start to each of its points, `(P,)`."""
        return _marks(self.path)

    def walked(self, seconds: np.ndarray) -> np.ndarray:
        """Metres walked since the visit began, `(T,)`."""
        return np.interp(seconds, self.times, self.arcs)

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """Positions `(T, 2)` on the ground at `seconds` `(T,)`."""
        arcs = self.walked(seconds)
        return np.stack([np.interp(arcs, self.marks, self.path[:, axis]) for axis in (0, 1)], axis=1)

    def within(self, extent: tuple[float, float, float, float]) -> "Visit | None":
        """The part of the visit from its first to its last moment (to 1/50 s) inside `extent` (x0, y0, x1, y1), or None."""
        seconds = np.arange(self.times[0], self.times[-1], 0.02)
        places = self.at(seconds)
        inside = np.flatnonzero(((places >= extent[:2]) & (places <= extent[2:])).all(axis=1))
        if len(inside) < 2:
            return None
        begin, end = seconds[inside[[0, -1]]]
        between = (self.times > begin) & (self.times < end)
        times = np.concatenate([[begin], self.times[between], [end]])
        return Visit(self.person, self.number, times, self.walked(times), self.path)


@dataclass(frozen=True, eq=False)
class State:
    """The people present at one moment: `persons` and `visits` `(N,)` int, `positions` `(N, 2)` metres, `headings` `(N,)` radians
    from the x axis, `speeds` `(N,)` m/s, `walked` `(N,)` metres since each entered."""

    persons: np.ndarray
    visits: np.ndarray
    positions: np.ndarray
    headings: np.ndarray
    speeds: np.ndarray
    walked: np.ndarray


@dataclass(frozen=True, eq=False)
class Trajectories:
    """People's positions at many moments, sorted by moment and person: `moments` `(K,)` int is the moment of each row, `persons`
    and `visits` `(K,)` int, `positions` `(K, 2)` metres."""

    moments: np.ndarray
    persons: np.ndarray
    visits: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True, eq=False)
class World:
    """The visits of all people, sorted by start. `seed` seeds all randomness of looks and images."""

    seed: int
    visits: list[Visit]

    @property
    def duration(self) -> float:
        """Seconds until the last visit ends."""
        return max((float(visit.times[-1]) for visit in self.visits), default=0.0)

    def trajectories(self, seconds: np.ndarray) -> Trajectories:
        """Everyone's position at each of `seconds` `(T,)`, ascending."""
        stays = [np.arange(*np.searchsorted(seconds, (visit.times[0], visit.times[-1]))) for visit in self.visits]
        counts = [len(stay) for stay in stays]
        moments = np.concatenate([np.zeros(0, dtype=int), *stays])
        persons = np.repeat([visit.person for visit in self.visits], counts).astype(int)
        visits = np.repeat([visit.number for visit in self.visits], counts).astype(int)
        places = [visit.at(seconds[stay]) for visit, stay in zip(self.visits, stays, strict=True)]
        order = np.lexsort((persons, moments))
        positions = np.concatenate([np.zeros((0, 2)), *places])
        return Trajectories(moments[order], persons[order], visits[order], positions[order])

    def within(self, extent: tuple[float, float, float, float]) -> "World":
        """The world inside `extent` (x0, y0, x1, y1); each visit is cut to the time from its first to its last moment there."""
        cut = (visit.within(extent) for visit in self.visits)
        return World(self.seed, sorted((visit for visit in cut if visit is not None), key=lambda visit: visit.times[0]))

    def state(self, seconds: float) -> State:
        """The people present at `seconds`, sorted by person."""
        present = sorted((v for v in self.visits if v.times[0] <= seconds < v.times[-1]), key=lambda visit: visit.person)
        # A quarter of a second on either side smooths turns at corners.
        around = np.array([seconds - 0.25, seconds, seconds + 0.25])
        places = np.array([visit.at(around) for visit in present]).reshape(-1, 3, 2)
        walked = np.array([visit.walked(around) for visit in present]).reshape(-1, 3)
        steps = places[:, 2] - places[:, 0]
        headings = np.arctan2(steps[:, 1], steps[:, 0])
        for row in np.flatnonzero(np.linalg.norm(steps, axis=1) < 1e-6):
            headings[row] = _facing(present[row], walked[row, 1])
        return State(
            np.array([visit.person for visit in present], dtype=int),
            np.array([visit.number for visit in present], dtype=int),
            places[:, 1],
            headings,
            (walked[:, 2] - walked[:, 0]) / 0.5,
            walked[:, 1],
        )


def populate(
    seed: int,
    people: int,
    visits: int,
    present: int,
    area: tuple[float, float, float, float],
    doors: list[tuple[float, float]],
    stops: tuple[int, int] = (2, 4),
    obstacles: tuple[tuple[float, float, float], ...] = (),
    pause: float = 0.3,
    stay: tuple[float, float] = (1.0, 3.0),
    absence: tuple[float, float] = (2.0, 6.0),
    passing: float = 0.0,
    via: Callable[[np.random.Generator, tuple[float, float], tuple[float, float]], np.ndarray] | None = None,
) -> World:
    """A world in which each of `people` makes `visits` visits, with at most `present` inside at once.

    A visit enters by one of `doors` (x, y), passes `stops` (fewest, most) points inside `area` (x0, y0, x1, y1), stands still at
    each with probability `pause` for `stay` (shortest, longest) seconds, and leaves by another door. The next visit starts at
    that door, at least `absence` (shortest, longest) seconds later, and not within `passing` seconds of another person's use of
    it. `via(rng, entry, exit)`, if given, chooses the points passed, `(S, 2)`, in place of random points in `area`. Paths avoid
    `obstacles` (x, y, radius) and, where space allows, each other. Units are metres and seconds; the world is as busy at second 0
    as later.
    """
    rng = np.random.default_rng([seed, 1])
    free = np.zeros(present)
    ready = np.zeros(people)
    made = np.zeros(people, dtype=int)
    door = rng.integers(len(doors), size=people)
    if via is None:

        def via(rng, entry, exit):
            return rng.uniform(area[:2], area[2:], (rng.integers(stops[0], stops[1] + 1), 2))

    planned: list[Visit] = []
    passed: list[tuple[int, float]] = []
    for order in range(people * visits):
        slot = order if order < present else int(free.argmin())
        # People with the fewest visits come first, then those available earliest, in random order.
        waiting = np.flatnonzero(made == made.min())
        person = int(waiting[np.lexsort([rng.random(len(waiting)), np.maximum(ready[waiting], free[slot])])[0]])
        # With fewer people than places, the last places are filled as first visits end.
        first = order < present and made[person] == 0
        start = rng.uniform(-6.0, 0.5) if first else max(free[slot], ready[person])
        start = _when_free(start, [time for where, time in passed if where == door[person]], passing)
        passed.append((door[person], start))
        entry = doors[door[person]]
        door[person] = (door[person] + rng.integers(1, max(len(doors), 2))) % len(doors)
        ends = (entry, doors[door[person]])
        visit = _visit(rng, person, int(made[person]), start, ends, via, obstacles, pause, stay, planned)
        planned.append(visit)
        passed.append((door[person], visit.times[-1]))
        made[person] += 1
        free[slot] = visit.times[-1]
        ready[person] = visit.times[-1] + rng.uniform(*absence)
    return World(seed, sorted(planned, key=lambda visit: visit.times[0]))


def _when_free(start: float, taken: list[float], apart: float) -> float:
    """The first moment from `start` that is at least `apart` seconds from all of `taken`."""
    for time in sorted(taken):
        if abs(time - start) < apart:
            start = time + apart
    return start


def _visit(rng, person, number, start, ends, via, obstacles, pause, stay, planned) -> Visit:
    """The first of several random visits that meets nobody, or the one that keeps the largest distance."""
    best_gap = -1.0
    for _ in range(TRIES):
        inner = via(rng, *ends)
        path = _detour(rounded(np.vstack([ends[0], inner, ends[1]])), obstacles)
        marks = _marks(path)
        times, arcs, now = [start], [0.0], start
        speed = rng.uniform(0.9, 1.5)
        for point in inner[rng.random(len(inner)) < pause]:
            arc = marks[np.linalg.norm(path - point, axis=1).argmin()]
            if arc > arcs[-1] + 0.5:
                now += (arc - arcs[-1]) / speed
                stand = rng.uniform(*stay)
                times += [now, now + stand]
                arcs += [arc, arc]
                now += stand
        times.append(now + (marks[-1] - arcs[-1]) / speed)
        arcs.append(marks[-1])
        visit = Visit(person, number, np.array(times), np.array(arcs), path)
        gap = _gap(visit, planned)
        if gap > best_gap:
            best, best_gap = visit, gap
        if gap >= APART:
            break
    return best


def _gap(visit: Visit, others: list[Visit]) -> float:
    """The smallest distance in metres, sampled five times per second, from `visit` to `others`; infinite if none overlap in
    time."""
    least = np.inf
    for other in others:
        begin, end = max(visit.times[0], other.times[0]), min(visit.times[-1], other.times[-1])
        if begin < end:
            seconds = np.arange(begin, end, 0.2)
            least = min(least, float(np.linalg.norm(visit.at(seconds) - other.at(seconds), axis=1).min()))
    return least


def _marks(path: np.ndarray) -> np.ndarray:
    """Metres along the polyline `path` `(P, 2)` at each of its points, `(P,)`."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])


def rounded(corners: np.ndarray) -> np.ndarray:
    """The polyline `corners` `(C, 2)` with its corners cut off three times (Chaikin's scheme) and points about every 0.2 m."""
    for _ in range(3):
        a, b = corners[:-1], corners[1:]
        inner = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        corners = np.vstack([corners[:1], inner, corners[-1:]])
    marks = _marks(corners)
    fine = np.linspace(0.0, marks[-1], max(int(marks[-1] / 0.2), 2))
    return np.column_stack([np.interp(fine, marks, corners[:, axis]) for axis in (0, 1)])


def _detour(path: np.ndarray, obstacles: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """Push points of `path` `(P, 2)` inside an obstacle's circle out to its rim."""
    for x, y, radius in obstacles:
        away = path - (x, y)
        distance = np.linalg.norm(away, axis=1, keepdims=True)
        path = np.where(distance < radius, (x, y) + away / np.maximum(distance, 1e-6) * radius, path)
    return path


def _facing(visit: Visit, arc: float) -> float:
    """The direction of the path at `arc` metres, for a person who stands still."""
    leg = int(np.clip(np.searchsorted(visit.marks, arc), 1, len(visit.marks) - 1))
    step = visit.path[leg] - visit.path[leg - 1]
    return float(np.arctan2(step[1], step[0]))
