"""Non-overlapping cameras: link tracklets into people by appearance, travel time and mutual exclusion."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from mtmc.identity.gallery import spread
from mtmc.linking.clustering import cluster
from mtmc.linking.travel_times import TravelTimes
from reid.sets import mean_person, relative_distances, set_distances
from trackers import assign

WINDOW = 120.0  # seconds a person may be out of view and still be linked by travel time
CERTAINTY = 6.0  # log odds of a link at distance 0; the odds are even at an appearance model's `thresholds.link`
_EXEMPLARS = 16  # per person
_ROUNDS = 5  # of alternating between links and travel times
_POSSIBLE = 0.01  # a less likely link is not learned from


@dataclass(frozen=True, eq=False)
class Tracklet:
    """A person in camera number `camera` from `start` to `end`, in seconds, with entry and exit zones (numbered uniquely over all
    cameras) and embeddings `(V, D)` of its crops, unit rows, V at least 1."""

    camera: int
    start: float
    end: float
    entry_zone: int
    exit_zone: int
    embeddings: np.ndarray


class Linker:
    """Links tracklets online into people, each a chain in time: a tracklet has at most one predecessor and one successor.

    The odds of a link are those of its appearance, times those of its zones and travel time. The log odds of appearance are
    `certainty` at distance 0, and 0 at `max_distance` (an appearance model's `thresholds.link`). The Hungarian method chooses the
    links with the largest product of odds in a sliding window: all tracklets of the last `delay` seconds compete for people who
    left at most `window` seconds before they began, and are then settled. Travel times are learned from all possible links,
    weighted by probability: links by appearance alone are too few, and treating the best links as certain would learn their
    mistakes. (Huang and Russell, Object identification in a Bayesian context, IJCAI 1997.)
    """

    def __init__(
        self,
        max_distance: float,
        travel: TravelTimes | None = None,
        window: float = WINDOW,
        delay: float = 10.0,
        certainty: float = CERTAINTY,
    ):
        self.max_distance, self.travel = max_distance, travel
        self.window, self.delay, self.certainty = window, delay, certainty
        self._open: list[tuple[int, Tracklet, np.ndarray]] = []  # people not continued yet: number, last tracklet, exemplars
        self._waiting: list[tuple[int, Tracklet]] = []
        self._arrived = 0
        self._people = 0

    def update(self, time: float, ended: Sequence[Tracklet]) -> dict[int, int]:
        """Add the tracklets that `ended` since the last call, and settle those that ended `delay` seconds before `time`.

        Tracklets are numbered from 0 in order of arrival. Returns the people, from 1, of the numbers settled now.
        """
        self._waiting += enumerate(ended, self._arrived)
        self._arrived += len(ended)
        return self._settle(time - self.delay)

    def close(self) -> dict[int, int]:
        """Settle all waiting tracklets."""
        return self._settle(np.inf)

    def _settle(self, before: float) -> dict[int, int]:
        """Link the waiting tracklets, and settle those that ended before that time, in order of time: predecessors first."""
        if not any(tracklet.end < before for _, tracklet in self._waiting):
            return {}
        self._waiting.sort(key=lambda item: item[1].start)
        oldest = self._waiting[0][1].start - self.window
        self._open = [item for item in self._open if item[1].end >= oldest]
        tracklets = [tracklet for _, tracklet in self._waiting]
        lefts = [last for _, last, _ in self._open] + tracklets
        exemplars = [rows for _, _, rows in self._open] + [tracklet.embeddings for tracklet in tracklets]
        distances = set_to_set([tracklet.embeddings for tracklet in tracklets], exemplars)
        seconds, cost = _costs(tracklets, lefts, distances / self.max_distance, self.travel, self.window, self.certainty)
        predecessor, chances = dict(assign(cost, 0.0)[0].tolist()), _chances(cost)
        settled, still = {}, []
        chains = dict(enumerate(self._open))  # by the number, among `lefts`, of the tracklet that a chain ends with
        for row, (number, tracklet) in enumerate(self._waiting):
            if tracklet.end >= before:
                still.append((number, tracklet))
                continue
            person, rows, left = self._people + 1, tracklet.embeddings, predecessor.get(row)
            if left is not None:
                person, _, known = chains.pop(left)
                rows = np.concatenate([known, rows])
            if self.travel is not None:
                _learn(self.travel, tracklet, lefts, seconds[row], chances[row])
            self._people = max(self._people, person)
            settled[number] = person
            chains[len(self._open) + row] = person, tracklet, rows[spread(rows, _EXEMPLARS)]
        self._open = list(chains.values())
        self._waiting = still
        return settled


def link_offline(
    tracklets: Sequence[Tracklet],
    max_distance: float,
    travel: TravelTimes | None = None,
    window: float = WINDOW,
    certainty: float = CERTAINTY,
) -> np.ndarray:
    """The people `(N,)`, from 1, of all `tracklets` of a recording.

    One assignment over the whole recording forms chains as `Linker` does. A copy of `travel` is first fitted to the recording by
    expectation maximisation, alternating between link probabilities and travel times (Dempster, Laird and Rubin 1977). Chains
    separated by more than `window` are then merged by appearance alone, by average-linkage clustering; chains that overlap in
    time stay apart. With a window of 0 only the clustering runs.
    """
    if not len(tracklets):
        return np.zeros(0, np.int64)
    embeddings = [tracklet.embeddings for tracklet in tracklets]
    distances, learned = set_to_set(embeddings, embeddings) / max_distance, travel
    if travel is not None:
        for _ in range(_ROUNDS):
            seconds, cost = _costs(tracklets, tracklets, distances, learned, window, certainty)
            chances, learned = _chances(cost), deepcopy(travel)
            for row, tracklet in enumerate(tracklets):
                _learn(learned, tracklet, tracklets, seconds[row], chances[row])
    predecessor = assign(_costs(tracklets, tracklets, distances, learned, window, certainty)[1], 0.0)[0]
    members = _chains(len(tracklets), predecessor)
    embeddings = [np.concatenate([embeddings[index] for index in rows]) for rows in members]
    embeddings = [rows[spread(rows, _EXEMPLARS)] for rows in embeddings]
    distances = set_to_set(embeddings, embeddings)
    starts, ends = (np.array([getattr(tracklet, name) for tracklet in tracklets]) for name in ("start", "end"))
    together = (starts[:, None] < ends[None, :]) & (starts[None, :] < ends[:, None])
    of_chain = np.zeros((len(members), len(tracklets)))
    for chain, rows in enumerate(members):
        of_chain[chain, rows] = 1
    apart = of_chain @ together @ of_chain.T > 0
    return 1 + cluster((distances + distances.T) / 2, apart, max_distance)[of_chain.argmax(axis=0)]


def _chains(count: int, predecessor: np.ndarray) -> list[list[int]]:
    """The chains of `count` tracklets, given pairs `predecessor` `(K, 2)` of a tracklet and the one before it."""
    following = {before: row for row, before in predecessor.tolist()}
    chains = []
    for first in sorted(set(range(count)) - set(predecessor[:, 0].tolist())):
        chain = [first]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append(chain)
    return chains


def _costs(
    tracklets: Sequence[Tracklet],
    lefts: Sequence[Tracklet],
    distances: np.ndarray,
    travel: TravelTimes | None,
    window: float,
    certainty: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds `(R, C)` from the end of each of `lefts` to the start of each of `tracklets`, and the negative log odds that one
    continues as the other, infinite where impossible. `distances` `(R, C)` are in units of the largest distance of a known
    person."""
    seconds = np.array([tracklet.start for tracklet in tracklets])[:, None] - np.array([left.end for left in lefts])
    cost = certainty * (distances - 1)
    if travel is not None:
        exits = np.array([left.exit_zone for left in lefts])
        entries = np.array([tracklet.entry_zone for tracklet in tracklets])
        cost = cost - travel.evidence(exits, entries, seconds, window)
    return seconds, np.where((seconds <= 0) | (seconds > window), np.inf, cost)


def _chances(cost: np.ndarray) -> np.ndarray:
    """The probability `(R, C)` of each link, from the `cost` `(R, C)` of all. A link competes with those in its row and its
    column, and with no link at all, whose odds are 1; the smaller of the two probabilities counts."""
    odds = np.exp(-cost)
    return odds / (1 + np.maximum(odds.sum(axis=1, keepdims=True), odds.sum(axis=0, keepdims=True)))


def _learn(travel: TravelTimes, tracklet: Tracklet, lefts: Sequence[Tracklet], seconds: np.ndarray, chances: np.ndarray) -> None:
    """Update travel times from all possible links of a tracklet to earlier ones, `(C,)` each."""
    for left in np.flatnonzero(chances > _POSSIBLE).tolist():
        travel.learn(lefts[left].exit_zone, tracklet.entry_zone, seconds[left], chances[left])


def set_to_set(sets: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> np.ndarray:
    """Set distances `(S, O)` (see `reid.sets`) from `sets` of embeddings to `others`, each `(V, D)` unit rows, relative to the
    mean of `others`."""
    images = np.concatenate(others)
    starts = np.cumsum([0, *map(len, others)])[:-1]
    mean = mean_person(images, starts)
    return np.array([set_distances(relative_distances(rows, images, mean, len(others)), starts) for rows in sets])
