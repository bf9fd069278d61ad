"""The multi-camera pipeline: from detections to people on the ground, who keep their number when they leave and return."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from mtmc.ground.observations import observe
from mtmc.ground.thresholds import GroundThresholds
from mtmc.ground.tracker import GroundTracker
from mtmc.ground.tracks import GroundTracks
from mtmc.identity.crop_selection import CropSelection
from mtmc.identity.gallery import Gallery
from mtmc.identity.identities import Crops, Identities
from mtmc.multicamera.moment import Moment
from mtmc.multicamera.workers import LocalWorkers, Workers
from mtmc.sequences import Recording, open_recording
from mtmc.single.appearance import require_embedder
from mtmc.single.failures import OnError
from mtmc.single.pipeline import Detect, StageSeconds, require_detector
from reid.common.errors import InputError
from reid.common.interrupts import uninterrupted
from trackers import Detections

if TYPE_CHECKING:
    from reid import AppearanceModel

_log = logging.getLogger(__name__)

CROPS = 6  # crops that decide a name; four cameras collect them in half a second


def follow_people(
    recording: Recording | str | Path,
    appearance: "AppearanceModel | None" = None,
    gallery: Gallery | None = None,
    detector: Detect | None = None,
    thresholds: GroundThresholds | None = None,
    on_error: OnError = "stop",
) -> Iterator[Moment]:
    """Track the people in several overlapping cameras, and re-identify those who return; one `Moment` per frame.

    `recording` is a `Recording`, or an argument for `open_recording`. `appearance`, a model from `reid.load`, recognises people
    who return; without it, a person who returns gets a new number. `gallery` holds people known beforehand, and is extended by
    those of this recording; without one, everyone is new at first. `detector`, any callable from a BGR image to `Detections`,
    detects the people in each frame; it replaces the recording's own detections. `thresholds` are those of `GroundTracker`.

    A moment is yielded once all its people have numbers, at most a few seconds later. Raises `InputError` for images that are
    missing or do not decode, a recording without detections if no `detector` is given, a model without a threshold for several
    crops, a gallery of another model, and, naming camera and frame, where `detector` or `appearance` fails or gives what cannot
    be. With `on_error="skip"`, a camera did not look at a frame that does not decode or in which its detector fails, and where
    its embeddings fail, nobody is recognised by that look; at the end, a warning tells how many frames of which camera.
    """
    require_detector(detector)
    if not isinstance(recording, Recording):
        recording = open_recording(recording)
    if detector is None:
        recording.require_detections()
    identities = open_identities(appearance, gallery)
    workers = LocalWorkers(recording, detector, appearance, on_error) if detector or appearance else None
    detections = workers.detections() if workers and detector else None
    tracks = follow(recording, thresholds, detections)
    yield from settle(recognise(recording, tracks, identities, workers if appearance else None), identities)
    for line in workers.skipped.lines() if workers else []:
        _log.warning("%s", line)


def follow(
    recording: Recording, thresholds: GroundThresholds | None = None, detections: Iterable[list[Detections | None]] | None = None
) -> Iterator[GroundTracks]:
    """Track the people on the ground in each frame of `recording`, by position alone.

    `detections`, one entry per camera for each frame, take precedence over those of the recording.
    """
    cameras = recording.cameras
    tracker = GroundTracker(cameras, recording.area, thresholds)
    for frame, found in enumerate(detections or map(recording.at, range(recording.length))):
        yield tracker.update(observe(cameras, found), frame / recording.frame_rate)


def open_identities(appearance: "AppearanceModel | None", gallery: Gallery | None = None) -> Identities:
    """Identities for crops embedded by `appearance`, with the people of `gallery`, if any; or without appearance.

    Raises `InputError` for a model without a threshold for several crops, and for a gallery of another network.
    """
    if appearance is None:
        if gallery is not None:
            raise InputError("a gallery needs its appearance model: give the model too, or no gallery")
        return Identities(None)
    require_embedder(appearance)
    if appearance.thresholds.set is None:
        raise InputError(
            f"{appearance.name}: no threshold for several crops of a person; `python -m reid threshold` fits and stores it"
        )
    if gallery is None:
        gallery = Gallery(appearance.dimension, network=appearance.weights_hash)
    elif gallery.network != appearance.weights_hash:
        raise InputError(f"the gallery holds embeddings of another network than {appearance.name}; start a new one")
    return Identities(gallery, appearance.thresholds.set, crops=CROPS)


def recognise(
    recording: Recording,
    tracks: Iterable[GroundTracks],
    identities: Identities,
    workers: Workers | None = None,
    selection: CropSelection | None = None,
) -> Iterator[Moment]:
    """Identify the `tracks` of each frame of `recording` as it is processed; a person not yet identified has the number 0.

    `workers` embed the crops that `selection` chooses; without them, no image is read. Raises `InputError` for an image that does
    not decode.
    """
    names = recording.names
    selection = selection or CropSelection([camera.image_size for camera in recording.cameras])
    named: dict[int, int] = identities.names
    for frame, found in enumerate(tracks):
        time, crops, looks = frame / recording.frame_rate, None, []
        start = perf_counter()
        if workers is not None:
            known = np.array([track in named for track in found.ids.tolist()], dtype=bool)
            rows, cameras, quality = selection.choose(time, found, known)
            seen = np.zeros(len(rows), dtype=bool)
            for camera in np.unique(cameras):
                of_camera = cameras == camera
                look = workers.look(names[camera], frame, found.boxes[rows[of_camera], camera])
                if look is not None:
                    looks.append(look)
                    seen |= of_camera
            if looks:
                images = [image for look in looks for image in look.crops]
                crops = Crops(
                    rows[seen], np.concatenate([look.embeddings for look in looks]), quality[seen], cameras[seen], images
                )
        with uninterrupted():  # names and gallery stay consistent
            people = identities.update(time, found.ids, crops)
        reading, embedding = sum(look.reading for look in looks), sum(look.embedding for look in looks)
        seconds = StageSeconds(reading, embedding, perf_counter() - start - reading - embedding)
        yield Moment(frame, time, found, people, int((people == 0).sum()), sum(len(look.crops) for look in looks), seconds)


class HeldMoments:
    """Moments held back until `identities` has named all their people."""

    def __init__(self, identities: Identities):
        self._identities = identities
        self._held: deque[Moment] = deque()

    def add(self, moment: Moment) -> Iterator[Moment]:
        """Hold `moment` back; yield the moments that are complete, in order, with their names."""
        self._held.append(moment)
        while self._held and ((settled := _settled(self._held[0], self._identities.names)).people > 0).all():
            self._held.popleft()
            yield settled

    def close(self) -> Iterator[Moment]:
        """Close the identities, which names everyone, and yield the remaining moments."""
        self._identities.close()
        while self._held:
            yield _settled(self._held.popleft(), self._identities.names)


def settle(moments: Iterable[Moment], identities: Identities) -> Iterator[Moment]:
    """The same moments, each held back until all its people have names; closes `identities` at the end, which names the rest.

    If `moments` end with an exception, the moments held back come first, then the exception.
    """
    held = HeldMoments(identities)
    try:
        for moment in moments:
            yield from held.add(moment)
    except (Exception, KeyboardInterrupt):
        yield from held.close()
        raise
    yield from held.close()


def _settled(moment: Moment, names: dict[int, int]) -> Moment:
    """The moment with the names of its waiting tracks, 0 while one is unnamed."""
    if (moment.people > 0).all():
        return moment
    people = moment.people.copy()
    people[people == 0] = [names.get(track, 0) for track in moment.tracks.ids[people == 0].tolist()]
    return replace(moment, people=people)
