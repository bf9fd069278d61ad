"""Tracklets of cameras that share no view: each camera is followed alone, and a track that is over is handed on with views."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import tee
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

import trackers
from mtmc.calibration import GroundCamera
from mtmc.ground.observations import observe
from mtmc.ground.tracks import GroundTracks
from mtmc.identity.view_selection import ViewSelection
from mtmc.linking.linker import Tracklet
from mtmc.linking.zones import Zones
from mtmc.sequences import Recording
from mtmc.single.gaps import fill_gaps
from trackers import Detections

if TYPE_CHECKING:
    from mtmc.multicamera.workers import LocalWorkers

MISSES = 0.8  # seconds without a detection that a track survives
HITS = 3  # detections in a row before it is shown, at first and after a miss
GAP = 2.0  # seconds for which it may go on unshown, missed now and again, and still be shown as one
VIEWS = 8  # embedded of a tracklet
SPACING = 1.0  # seconds between two of them, so that a passage is seen from its beginning to its end
_NOBODY = trackers.Tracks(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class Ended:
    """The `tracklets` that were found to be over at `time`, in seconds, by the number of their track; no later one of the same
    recording has ended more than a moment before `time`."""

    time: float
    tracklets: dict[int, Tracklet]


def follow_apart(recording: Recording, detections: Iterable[list[Detections]] | None = None) -> Iterator[GroundTracks]:
    """The people in each frame of `recording`, sorted by id, whom each camera follows alone; nobody is in two cameras' tracks.

    SORT follows them in the image. It loses people whom somebody hides, where the ground tracker and DeepSORT, with one view
    and no appearance, come out of a crossing with the two exchanged: a tracklet that is broken can be linked, one that is two
    people cannot be right. Gaps are filled as `fill_gaps` does. Ids ascend over all cameras as people come. `members` and `boxes`
    are there in one camera only, velocities are 0, and a box whose feet are nowhere on the ground is left out. `detections`, an
    entry a camera for each frame, go before those that the recording has.
    """
    rate, cameras, parts_of_views = recording.frame_rate, recording.cameras, []
    frames = detections or map(recording.at, range(recording.length))
    for number, copy in enumerate(tee(frames, len(cameras))):
        tracker = trackers.build("sort", max_age=round(MISSES * rate), min_hits=HITS)
        shown = enumerate(map(tracker.update, map(itemgetter(number), copy)))
        # In its first frames SORT shows every detection, clutter too.
        found = (tracks if frame > HITS else _NOBODY for frame, tracks in shown)
        parts_of_views.append(fill_gaps(found, round(GAP * rate)))
    numbers: dict[tuple[int, int], int] = {}
    for parts in zip(*parts_of_views, strict=True):
        yield _together(cameras, parts, numbers)


def _together(
    cameras: list[GroundCamera], parts: tuple[trackers.Tracks, ...], numbers: dict[tuple[int, int], int]
) -> GroundTracks:
    """One camera's tracks after the other's as tracks on the ground; `numbers` are those given by camera and own id so far."""
    seen = observe(cameras, [Detections(part.boxes, part.scores) for part in parts])
    count, camera, rows = len(cameras), seen.camera, np.arange(len(seen))
    own, ids = np.zeros(len(seen), np.int64), np.zeros(len(seen), np.int64)
    members, boxes = np.full((len(seen), count), -1), np.full((len(seen), count, 4), np.nan)
    for view, part in enumerate(parts):
        here = np.flatnonzero(camera == view)
        own[here] = part.ids[seen.index[here]]
        members[here, view] = part.detection_index[seen.index[here]]
    boxes[rows, camera] = seen.boxes
    for row in np.lexsort((camera, own)).tolist():
        ids[row] = numbers.setdefault((int(camera[row]), int(own[row])), len(numbers) + 1)
    order = np.argsort(ids)
    return GroundTracks(ids[order], seen.ground[order], np.zeros((len(seen), 2)), members[order], boxes[order])


@dataclass
class _OpenTracklet:
    camera: int
    start: float
    end: float
    first: np.ndarray
    last: np.ndarray
    views: list[np.ndarray] = field(default_factory=list)


def gather(recording: Recording, tracks: Iterable[GroundTracks], workers: "LocalWorkers | None", zones: Zones) -> Iterator[Ended]:
    """The tracklets of `tracks`, an entry a frame as `follow_apart` gives them, as soon as they are over.

    `workers` embed at most `VIEWS` of a tracklet, `SPACING` seconds apart; a track that shows too little of the person for any
    makes no tracklet. Without `workers` all make one, and none has views. `zones` learns where tracklets begin and end. Raises
    `InputError` for an image that does not decode.
    """
    names, sizes = recording.names, [camera.image_size for camera in recording.cameras]
    selection = ViewSelection(sizes, budget=VIEWS, spacing=SPACING)
    going: dict[int, _OpenTracklet] = {}
    time = 0.0
    for frame, found in enumerate(tracks):
        time = frame / recording.frame_rate
        cameras = np.isfinite(found.boxes[:, :, 0]).argmax(axis=1).tolist()
        for number, camera, place in zip(found.ids.tolist(), cameras, found.positions, strict=True):
            track = going.setdefault(number, _OpenTracklet(camera, time, time, place, place))
            track.end, track.last = time, place
        if workers is not None:
            rows, views, _ = selection.choose(time, found, np.zeros(len(found), dtype=bool))
            for camera in np.unique(views):
                seen = rows[views == camera]
                look = workers.look(names[camera], frame, found.boxes[seen, camera])
                for number, view in zip(found.ids[seen].tolist(), look.embeddings, strict=True):
                    going[number].views.append(view)
        over = [number for number, track in going.items() if track.end < time - GAP]
        ended = {number: going.pop(number) for number in over}
        yield Ended(time - GAP, _tracklets(ended, zones, workers is not None))
    yield Ended(time, _tracklets(going, zones, workers is not None))


def _tracklets(tracks: dict[int, _OpenTracklet], zones: Zones, need_views: bool) -> dict[int, Tracklet]:
    found = {}
    for number, track in tracks.items():
        if track.views or not need_views:
            way_in, way_out = (zones.at(track.camera, place) for place in (track.first, track.last))
            found[number] = Tracklet(track.camera, track.start, track.end, way_in, way_out, np.array(track.views))
    return found
