"""Online open-set identification: assign the tracks of a scene to people in a gallery, and add new people to it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile

import numpy as np

from mtmc.identity.gallery import Gallery
from trackers import assign

FULL_HEIGHT = 128  # pixels; a taller image adds no detail that a network uses
PEOPLE = 5000  # kept in a gallery: up to 130 KB each, with 32 exemplars of 512 numbers and their crops
KEPT = 60.0  # seconds, beyond the longest wait for a name, that the name of a track is kept after its end

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Crops:
    """N crops of people at one moment: `tracks` `(N,)`, rows into the accompanying track numbers, `embeddings` `(N, D)`, unit
    rows, `quality` `(N,)` in 0..1 (see `crop_quality`) and `cameras` `(N,)`, integers.

    The gallery also keeps `images`, the N images `(H, W, 3)` uint8 BGR, if given.
    """

    tracks: np.ndarray
    embeddings: np.ndarray
    quality: np.ndarray
    cameras: np.ndarray
    images: Sequence[np.ndarray] = ()


def crop_quality(heights: np.ndarray, visibility: np.ndarray) -> np.ndarray:
    """Quality of crops, 0..1: the box height, `heights` `(N,)` in pixels, as a share of `FULL_HEIGHT` (at most 1), times the
    visible share of the person, `visibility` `(N,)` in 0..1."""
    return np.minimum(np.asarray(heights) / FULL_HEIGHT, 1) * np.clip(visibility, 0, 1)


@dataclass(eq=False)
class _Crop:
    time: float
    camera: int
    quality: float
    embedding: np.ndarray
    image: np.ndarray | None


@dataclass
class _Track:
    start: float
    last: float
    person: int = 0
    offered: float = -np.inf  # when the gallery was last offered a crop
    crops: list[_Crop] = field(default_factory=list)


class Identities:
    """Open-set identification of the tracks of one scene: a track becomes a person of `gallery`, or a new person who is added to
    it.

    A track waits, with the name 0, until it has `crops` good crops (at least `spacing` seconds apart within one camera), or until
    `patience` seconds have passed and there is one; without any it is a new person after `limit` seconds, so that nothing waits
    for it longer. Its best crops are then compared with everyone who is not in the scene (`Gallery.distances`).
    The Hungarian method assigns all waiting tracks together, so no person is two tracks at once, and no match exceeds
    `max_distance` (an appearance model's `thresholds.set`). Unmatched tracks are new people. A crop is good if its quality is at
    least `min_quality`. The crops of a named track continue to update the gallery.

    The ends of tracks are uncertain by `slack` seconds: a track keeps its person while it is missing for up to that long, it may
    begin that long before its person's previous track ends, and no name is given earlier. With `gallery=None` there is no
    appearance: each track is a new person at once.

    Memory is bounded however long the scene lasts. Beyond `people` people, or as many as the gallery held before, those without
    a name of their own (`Gallery.rename`) are removed from it, first whoever was not seen for longest, and nobody in the scene.
    The names of tracks are forgotten `limit + KEPT` seconds after the track's end.
    """

    def __init__(
        self,
        gallery: Gallery | None,
        max_distance: float | None = None,
        crops: int = 4,
        spacing: float = 0.5,
        patience: float = 5.0,
        limit: float = 30.0,
        min_quality: float = 0.25,
        slack: float = 0.4,
        people: int = PEOPLE,
    ):
        if gallery is not None and max_distance is None:
            raise ValueError("identities with a gallery need max_distance, the largest distance of a known person")
        self.gallery, self.max_distance = gallery, np.inf if max_distance is None else max_distance
        self.crops, self.spacing, self.patience, self.limit = crops, spacing, patience, limit
        self.min_quality, self.slack = min_quality, slack
        self.people = people if gallery is None else max(people, len(gallery))
        self.names: dict[int, int] = {}  # the last name of every track that has one, of those that ended a while ago too
        self._tracks: dict[int, _Track] = {}  # present, or missing for at most the slack
        self._ended: dict[int, float] = {}  # when each other track in `names` was found to have ended, in order
        self._present: dict[int, float] = {}  # when each person of the gallery was last in the scene, in order
        if gallery is not None:
            before = sorted((gallery[person].last_seen, person) for person in gallery.people.tolist())
            self._present |= {person: -np.inf for _, person in before}
        self._told = False  # whether a warning has told that people are removed
        self._next = 1  # next person, if no gallery numbers them
        self._time = -np.inf

    def update(self, time: float, track_ids: np.ndarray, crops: Crops | None = None) -> np.ndarray:
        """The people `(M,)` of the tracks `track_ids` `(M,)` present at `time`, in seconds; 0 while a track waits.

        `crops` are new crops of these tracks; few are needed, and a named track needs none. A name, once returned, stays while
        the track is present. Raises `ValueError` if time runs backwards, or a track occurs twice.
        """
        ids = np.asarray(track_ids).tolist()
        if time < self._time:
            raise ValueError(f"time runs backwards, from {self._time} to {time} seconds")
        if len(set(ids)) < len(ids):
            raise ValueError("a track number occurs twice")
        self._time = time
        self._end(time - self.slack, set(ids))
        for track_id in ids:
            self._meet(track_id, time)
        if crops is not None and self.gallery is not None:
            self._look(self.gallery, time, ids, crops)
        waiting = [track_id for track_id in ids if not self._tracks[track_id].person]
        self._decide(waiting, [track_id for track_id in waiting if self._is_ready(self._tracks[track_id], time)])
        people = np.array([self._tracks[track_id].person for track_id in ids], dtype=np.int64)
        if self.gallery is not None:
            for person in people[people > 0].tolist():
                if person in self.gallery:
                    self._note(person, time)
                    self.gallery.seen(person, time)
            self._expire(self.gallery)
        self._forget(time - self.limit - KEPT)
        return people

    def close(self) -> dict[int, int]:
        """Name the waiting tracks from their crops so far, and end all tracks; return the names of all tracks not forgotten.

        Results of `update` do not change; `named` fills in their zeros.
        """
        self._end(np.inf, set())
        return self.names

    def named(self, track_ids: np.ndarray, people: np.ndarray) -> np.ndarray:
        """Fill in a recording after `close`: in rows `(N,)` of `track_ids` and `people` from `update`, in order of time, each 0
        becomes the next name of its track."""
        people = np.array(people, dtype=np.int64)
        order = np.argsort(track_ids, kind="stable")
        track_ids, sorted_people = np.asarray(track_ids)[order], people[order]
        numbers, rows = np.unique(track_ids, return_inverse=True)
        last = np.array([self.names.get(track_id, 0) for track_id in numbers.tolist()], dtype=np.int64)[rows]
        known = np.flatnonzero(sorted_people)
        following = np.append(known, -1)[np.searchsorted(known, np.arange(len(order)))]
        same = (following >= 0) & (track_ids[following] == track_ids)
        people[order] = np.where(same, sorted_people[following], last)
        return people

    def _meet(self, track_id: int, time: float) -> None:
        """Note that a track is present. A track that returns keeps its name, unless another track has it by now."""
        track = self._tracks.get(track_id)
        if track is None:
            self._ended.pop(track_id, None)
            person = self.names.get(track_id, 0)
            if any(other.person == person for other in self._tracks.values()):
                person = 0
            self._tracks[track_id] = _Track(time, time, person)
        else:
            track.last = time

    def _look(self, gallery: Gallery, time: float, ids: list[int], crops: Crops) -> None:
        """Keep the best crops of waiting tracks; offer crops of named tracks to the gallery from time to time."""
        for row, track_id in enumerate(np.asarray(ids)[crops.tracks].tolist()):
            track = self._tracks[track_id]
            image = crops.images[row] if len(crops.images) else None
            crop = _Crop(time, int(crops.cameras[row]), float(crops.quality[row]), crops.embeddings[row], image)
            if not track.person:
                self._keep(track, crop)
            elif crop.quality >= self.min_quality and (track.offered == time or track.offered + self.spacing <= time):
                track.offered = time
                if track.person in gallery:
                    _remember(gallery, track.person, [crop], time)

    def _keep(self, track: _Track, crop: _Crop) -> None:
        """Add a crop; keep the best one per camera within `spacing`, and the best `crops` overall."""
        near = [old for old in track.crops if old.camera == crop.camera and crop.time - old.time < self.spacing]
        if any(old.quality >= crop.quality for old in near):
            return
        kept = [old for old in track.crops if old not in near]
        track.crops = sorted([*kept, crop], key=lambda old: -old.quality)[: self.crops]

    def _is_ready(self, track: _Track, time: float) -> bool:
        if self.gallery is None:
            return True
        age = time - track.start
        good = sum(crop.quality >= self.min_quality for crop in track.crops)
        enough = good >= self.crops or age >= (self.patience if track.crops else self.limit)
        return age >= self.slack and enough

    def _end(self, before: float, present: set[int]) -> None:
        """Remove the tracks that are not `present` and were last seen before that time, and name those that still wait."""
        gone = [track_id for track_id, track in self._tracks.items() if track_id not in present and track.last < before]
        waiting = [track_id for track_id in gone if not self._tracks[track_id].person]
        others = [track_id for track_id, track in self._tracks.items() if not track.person and track_id not in gone]
        self._decide([*waiting, *others], waiting)
        for track_id in gone:
            del self._tracks[track_id]
            self._ended[track_id] = self._time

    def _note(self, person: int, time: float) -> None:
        """Note that a person was in the scene at `time`, which puts them last among those to be removed."""
        self._present[person] = max(time, self._present.pop(person, -np.inf))

    def _expire(self, gallery: Gallery) -> None:
        """Remove the people who were not seen for longest until there are no more than `people`."""
        if len(gallery) <= self.people:
            return
        if not self._told:
            _log.warning("the gallery keeps the %d people seen last; others who return will be new people", self.people)
            self._told = True
        carried = {track.person for track in self._tracks.values()}
        removable = (each for each in self._present if each in gallery and each not in carried and not gallery[each].name)
        for person in list(islice(removable, len(gallery) - self.people)):
            gallery.remove(person)
            del self._present[person]

    def _forget(self, before: float) -> None:
        """Forget the names of tracks that ended before that time."""
        for track_id in list(takewhile(lambda each: self._ended[each] < before, self._ended)):
            del self._ended[track_id]
            self.names.pop(track_id, None)

    def _decide(self, waiting: Iterable[int], ready: list[int]) -> None:
        """Name the tracks of `ready`, considering all that are `waiting`: one of those may be the better match for a person."""
        if not ready:
            return
        found: dict[int, int] = {}
        seen = [track_id for track_id in waiting if self._tracks[track_id].crops]
        if seen and self.gallery is not None:
            carried = {track.person for track in self._tracks.values() if track.person}
            people, cost = self.gallery.distances([_embeddings(self._tracks[track_id].crops) for track_id in seen], carried)
            left = np.array([self._present.get(person, -np.inf) for person in people.tolist()])
            starts = np.array([self._tracks[track_id].start for track_id in seen])
            cost[left[None, :] >= starts[:, None] + self.slack] = np.inf
            matches = assign(cost, self.max_distance)[0]
            found = {seen[row]: int(people[column]) for row, column in matches.tolist()}
        for track_id in ready:
            track = self._tracks[track_id]
            track.person, track.offered = found.get(track_id) or self._open(track), track.last
            if self.gallery is not None:
                good = [crop for crop in track.crops if crop.quality >= self.min_quality]
                _remember(self.gallery, track.person, good or track.crops, track.last)
                self._note(track.person, track.last)
            self.names[track_id] = track.person
            track.crops.clear()

    def _open(self, track: _Track) -> int:
        if self.gallery is not None:
            return self.gallery.open(np.empty((0, self.gallery.dimension)), track.start)
        self._next += 1
        return self._next - 1


def _remember(gallery: Gallery, person: int, crops: list[_Crop], time: float) -> None:
    if crops:
        images = [crop.image for crop in crops]
        gallery.add(person, _embeddings(crops), time, images)


def _embeddings(crops: list[_Crop]) -> np.ndarray:
    return np.array([crop.embedding for crop in crops])
