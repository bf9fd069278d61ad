"""Tracklets of non-overlapping cameras: each camera is tracked alone, and a finished track is passed on with embeddings of it."""

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
from mtmc.identity.crop_selection import CropSelection
from mtmc.linking.linker import Tracklet
from mtmc.linking.zones import Zones
from mtmc.sequences import Recording
from mtmc.single.gaps import fill_gaps
from trackers import Detections

if TYPE_CHECKING:
    from mtmc.multicamera.workers import LocalWorkers

MISSES = 0.8  # seconds a track survives without a detection
HITS = 3  # consecutive detections before it is shown, at first and after a miss
GAP = 2.0  # seconds it may continue unshown, with occasional misses, and still count as one track
CROPS = 8  # embedded per tracklet
SPACING = 1.0  # seconds between two of them, to cover a passage from beginning to end
_NOBODY = trackers.Tracks(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class Ended:
    """The `tracklets`, by track number, found to be finished at `time`, in seconds; any later one of the same recording ends at
    most shortly before `time`."""

    time: float
    tracklets: dict[int, Tracklet]


def follow_apart(recording: Recording, detections: Iterable[list[Detections | None]] | None = None) -> Iterator[GroundTracks]:
    """Track the people in each camera of `recording` alone, frame by frame, sorted by id; no track spans two cameras.

    SORT tracks them in the image. It loses occluded people, whereas the ground tracker and DeepSORT, with one view and no
    appearance, swap two people who cross: a broken tracklet can still be linked, but one that mixes two people cannot be
    repaired. `fill_gaps` fills gaps. Ids ascend over all cameras in order of appearance. `members` and `boxes` are set in one
    camera only, velocities are 0, and boxes whose feet do not meet the ground are left out. `detections`, one entry per camera
    for each frame, take precedence over those of the recording.
    """
    rate, cameras, parts_of_views = recording.frame_rate, recording.cameras, []
    frames = detections or map(recording.at, range(recording.length))
    for number, copy in enumerate(tee(frames, len(cameras))):
        own_rate = recording.views[number].frame_rate or rate
        tracker = trackers.build("sort", max_age=round(MISSES * own_rate), min_hits=HITS)
        parts_of_views.append(fill_gaps(_shown(tracker, map(itemgetter(number), copy)), round(GAP * rate)))
    numbers: dict[tuple[int, int], int] = {}
    for parts in zip(*parts_of_views, strict=True):
        yield _together(cameras, parts, numbers)


def _shown(tracker: trackers.Tracker, detections: Iterable[Detections | None]) -> Iterator[trackers.Tracks]:
    """The tracks of each frame; none in a frame that the camera did not look at, which is no miss."""
    looks = 0
    for found in detections:
        if found is None:
            yield _NOBODY
            continue
        tracks = tracker.update(found)
        looks += 1
        # In its first frames SORT shows every detection, including clutter.
        yield tracks if looks > HITS + 1 else _NOBODY


def _together(
    cameras: list[GroundCamera], parts: tuple[trackers.Tracks, ...], numbers: dict[tuple[int, int], int]
) -> GroundTracks:
    """Concatenate the cameras' tracks as ground tracks; `numbers` maps a camera and its own track id to the ids given so far."""
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
    embeddings: list[np.ndarray] = field(default_factory=list)


def gather(recording: Recording, tracks: Iterable[GroundTracks], workers: "LocalWorkers | None", zones: Zones) -> Iterator[Ended]:
    """The tracklets of `tracks`, one entry per frame as from `follow_apart`, as soon as they finish.

    `workers` embed at most `CROPS` crops per tracklet, `SPACING` seconds apart; a track without a usable crop makes no tracklet.
    Without `workers` every track makes a tracklet without embeddings. `zones` learns where tracklets begin and end. Raises
    `InputError` for an image that does not decode.
    """
    names, sizes = recording.names, [camera.image_size for camera in recording.cameras]
    selection = CropSelection(sizes, budget=CROPS, spacing=SPACING)
    going: dict[int, _OpenTracklet] = {}
    time = 0.0
    for frame, found in enumerate(tracks):
        time = frame / recording.frame_rate
        cameras = np.isfinite(found.boxes[:, :, 0]).argmax(axis=1).tolist()
        for number, camera, place in zip(found.ids.tolist(), cameras, found.positions, strict=True):
            track = going.setdefault(number, _OpenTracklet(camera, time, time, place, place))
            track.end, track.last = time, place
        if workers is not None:
            rows, cameras_of_rows, _ = selection.choose(time, found, np.zeros(len(found), dtype=bool))
            for camera in np.unique(cameras_of_rows):
                seen = rows[cameras_of_rows == camera]
                if (look := workers.look(names[camera], frame, found.boxes[seen, camera])) is not None:
                    for number, embedding in zip(found.ids[seen].tolist(), look.embeddings, strict=True):
                        going[number].embeddings.append(embedding)
        over = [number for number, track in going.items() if track.end < time - GAP]
        ended = {number: going.pop(number) for number in over}
        yield Ended(time - GAP, _tracklets(ended, zones, workers is not None))
    yield Ended(time, _tracklets(going, zones, workers is not None))


def _tracklets(tracks: dict[int, _OpenTracklet], zones: Zones, need_embeddings: bool) -> dict[int, Tracklet]:
    found = {}
    for number, track in tracks.items():
        if track.embeddings or not need_embeddings:
            way_in, way_out = (zones.at(track.camera, place) for place in (track.first, track.last))
            found[number] = Tracklet(track.camera, track.start, track.end, way_in, way_out, np.array(track.embeddings))
    return found
