"""Cameras that share no view: what each of them tracked, linked to people by appearance, travel time and exclusivity."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from mtmc.clustering import cluster
from mtmc.gallery import spread
from mtmc.travel import TravelTimes
from reid.sets import set_distances
from trackers import assign

_EXEMPLARS = 16  # a person


@dataclass(frozen=True, eq=False)
class Tracklet:
    """A person in one camera from `start` to `end`, in seconds: the zones of entry and exit (numbers that are unique over all
    cameras) and several views, `(V, D)` unit rows, V at least 1."""

    start: float
    end: float
    entry_zone: int
    exit_zone: int
    views: np.ndarray


class Linker:
    """Links tracklets online into people, each a chain in time: a tracklet has one predecessor and one successor at most.

    A link is as good as its odds: those of appearance, `certainty` (a logarithm) at no distance and even at `max_distance`
    (an appearance model's `max_set_distance`), times those of the travel time. The Hungarian method chooses the links whose odds
    have the largest product, in a sliding window: all tracklets of the last `delay` seconds compete for whoever left at most
    `window` seconds before they began, and are then settled. Travel times are learned from links that appearance alone
    would have made. The default `certainty` did best of 1, 2, 3, 6 and 10 with OSNet's embeddings of people of CUHK03; weaker
    networks deserve less.
    """

    def __init__(
        self,
        max_distance: float,
        travel: TravelTimes | None = None,
        window: float = 120.0,
        delay: float = 10.0,
        certainty: float = 3.0,
    ):
        self.max_distance, self.travel = max_distance, travel
        self.window, self.delay, self.certainty = window, delay, certainty
        self._open: list[tuple[int, Tracklet, np.ndarray]] = []  # people without a successor: number, last tracklet, exemplars
        self._waiting: list[tuple[int, Tracklet]] = []
        self._arrived = 0
        self._people = 0

    def update(self, time: float, ended: Sequence[Tracklet]) -> dict[int, int]:
        """Take the tracklets that `ended` since the last call, and settle those that ended `delay` seconds before `time`.

        Tracklets are numbered from 0 on as they come. Returns the people, from 1 on, of the numbers that are settled now.
        """
        self._waiting += enumerate(ended, self._arrived)
        self._arrived += len(ended)
        return self._settle(time - self.delay)

    def close(self) -> dict[int, int]:
        """Settle all that wait."""
        return self._settle(np.inf)

    def _settle(self, before: float) -> dict[int, int]:
        """Link what waits, and settle what ended before that time; in time's order, so that a predecessor is settled first."""
        if not any(tracklet.end < before for _, tracklet in self._waiting):
            return {}
        self._waiting.sort(key=lambda item: item[1].start)
        oldest = self._waiting[0][1].start - self.window
        self._open = [item for item in self._open if item[1].end >= oldest]
        tracklets = [tracklet for _, tracklet in self._waiting]
        lefts = [last for _, last, _ in self._open] + tracklets
        exemplars = [rows for _, _, rows in self._open] + [tracklet.views for tracklet in tracklets]
        distances = set_to_set([tracklet.views for tracklet in tracklets], exemplars)
        matches = assign(self._cost(tracklets, lefts, distances), 0.0)[0]
        predecessor = dict(matches.tolist())
        settled, chain = {}, list(self._open) + [None] * len(tracklets)
        still = []
        for row, (number, tracklet) in enumerate(self._waiting):
            if tracklet.end >= before:
                still.append((number, tracklet))
                continue
            person, rows, left = self._people + 1, tracklet.views, predecessor.get(row)
            if left is not None:
                person, last, known = chain[left]
                rows, chain[left] = np.concatenate([known, rows]), None
                if self.travel is not None and distances[row, left] <= self.max_distance:
                    self.travel.learn(last.exit_zone, tracklet.entry_zone, tracklet.start - last.end)
            self._people = max(self._people, person)
            settled[number] = person
            chain[len(self._open) + row] = person, tracklet, rows[spread(rows, _EXEMPLARS)]
        self._open = [item for item in chain if item is not None]
        self._waiting = still
        return settled

    def _cost(self, tracklets: list[Tracklet], lefts: list[Tracklet], distances: np.ndarray) -> np.ndarray:
        """Minus the log odds `(R, C)` that each tracklet goes on where each of `lefts` ended; infinite where it cannot."""
        seconds = np.array([tracklet.start for tracklet in tracklets])[:, None] - np.array([left.end for left in lefts])
        cost = self.certainty * (distances / self.max_distance - 1)
        if self.travel is not None:
            exits = np.array([left.exit_zone for left in lefts])
            entries = np.array([tracklet.entry_zone for tracklet in tracklets])
            cost -= self.travel.evidence(exits, entries, seconds, self.window)
        cost[(seconds <= 0) | (seconds > self.window)] = np.inf
        return cost


def link_offline(
    tracklets: Sequence[Tracklet], max_distance: float, travel: TravelTimes | None = None, window: float = 120.0
) -> np.ndarray:
    """The people `(N,)`, from 1 on, of all `tracklets` of a recording.

    All compete for all: one assignment over the recording makes chains as `Linker` does, with the travel times that a first,
    online pass learned where none are given. Chains of people who stayed away for longer than `window` are then joined by
    appearance alone, by clustering with average linkage; two that were seen at the same time are two people. A window of 0 leaves
    only the clustering.
    """
    if not len(tracklets):
        return np.zeros(0, np.int64)
    travel = deepcopy(travel)
    order = sorted(range(len(tracklets)), key=lambda index: tracklets[index].end)
    for delay in (0.0, np.inf) if travel is not None else (np.inf,):
        linker, settled = Linker(max_distance, travel, window, delay), {}
        for index in order:
            settled.update(linker.update(tracklets[index].end, [tracklets[index]]))
        settled.update(linker.close())
    chains = np.zeros(len(tracklets), np.int64)
    chains[order] = [settled[number] - 1 for number in range(len(order))]
    members = [np.flatnonzero(chains == chain) for chain in range(chains.max() + 1)]
    views = [np.concatenate([tracklets[index].views for index in rows]) for rows in members]
    views = [rows[spread(rows, _EXEMPLARS)] for rows in views]
    distances = set_to_set(views, views)
    starts, ends = (np.array([getattr(tracklet, name) for tracklet in tracklets]) for name in ("start", "end"))
    together = (starts[:, None] < ends[None, :]) & (starts[None, :] < ends[:, None])
    of_chain = np.zeros((len(members), len(tracklets)))
    of_chain[chains, np.arange(len(tracklets))] = 1
    apart = of_chain @ together @ of_chain.T > 0
    return 1 + cluster((distances + distances.T) / 2, apart, max_distance)[chains]


def set_to_set(sets: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> np.ndarray:
    """Set distances `(S, O)` (see `reid.sets`) of `sets` of views to `others`, each `(V, D)` unit rows."""
    images = np.concatenate(others)
    starts = np.cumsum([0, *map(len, others)])[:-1]
    return np.array([set_distances(1 - views @ images.T, starts) for views in sets])
