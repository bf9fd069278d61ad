"""Several cameras from start to end: detections to people on the ground, who have one number for good, also after an absence."""

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
from mtmc.identity.gallery import Gallery
from mtmc.identity.identities import Identities, Views
from mtmc.identity.view_selection import ViewSelection
from mtmc.multicamera.moment import Moment
from mtmc.multicamera.workers import LocalWorkers, Workers
from mtmc.sequences import Recording, open_recording
from mtmc.single.appearance import require_views
from mtmc.single.pipeline import Detect, StageSeconds
from reid.common.errors import InputError
from reid.common.interrupts import uninterrupted
from trackers import Detections

if TYPE_CHECKING:
    from reid import AppearanceModel

VIEWS = 6  # that decide a name; four cameras have them after half a second


def follow_people(
    recording: Recording | str | Path,
    appearance: "AppearanceModel | None" = None,
    gallery: Gallery | None = None,
    detector: Detect | None = None,
    thresholds: GroundThresholds | None = None,
) -> Iterator[Moment]:
    """Follow the people of several overlapping cameras, and give whoever comes back the number they had; a `Moment` a frame.

    `recording` is what `open_recording` gives, or takes. `appearance`, a model from `reid.load`, recognises who comes back;
    without it, whoever comes back is somebody new. `gallery` holds the people known before, and afterwards those of this
    recording too; without one everybody is new at first. `detector`, any callable from a BGR image to `Detections`, finds the
    people of each frame; the recording's own detections are not used then. `thresholds` are those of `GroundTracker`.

    A moment comes as soon as all its people have numbers, a few seconds after it passed at most. Raises `InputError` for images
    that are missing or do not decode, a model without a distance for several views, and a gallery of another model.
    """
    if not isinstance(recording, Recording):
        recording = open_recording(recording)
    identities = open_identities(appearance, gallery)
    workers = LocalWorkers(recording, detector, appearance) if detector or appearance else None
    detections = workers.detections() if workers and detector else None
    tracks = follow(recording, thresholds, detections)
    yield from settle(recognise(recording, tracks, identities, workers if appearance else None), identities)


def follow(
    recording: Recording, thresholds: GroundThresholds | None = None, detections: Iterable[list[Detections]] | None = None
) -> Iterator[GroundTracks]:
    """The people on the ground in each frame of `recording`, told apart by place alone, as soon as the frame is done.

    `detections`, an entry a camera for each frame, go before those that the recording has.
    """
    cameras = recording.cameras
    tracker = GroundTracker(cameras, recording.area, thresholds)
    for frame, found in enumerate(detections or map(recording.at, range(recording.length))):
        yield tracker.update(observe(cameras, found), frame / recording.frame_rate)


def open_identities(appearance: "AppearanceModel | None", gallery: Gallery | None = None) -> Identities:
    """Identities for the views that `appearance` embeds, with the people of `gallery` or none, or without appearance.

    Raises `InputError` for a model that knows no distance up to which several views are a known person, and for a gallery that
    another network described.
    """
    if appearance is None:
        if gallery is not None:
            raise InputError("a gallery holds what an appearance model knows people by: give the model too, or no gallery")
        return Identities(None)
    require_views(appearance)
    if appearance.thresholds.set is None:
        raise InputError(
            f"{appearance.name} does not say up to which distance several views are a known person: "
            "`python -m reid threshold` fits and stores it"
        )
    if gallery is None:
        gallery = Gallery(appearance.dimension, network=appearance.weights_hash)
    elif gallery.network != appearance.weights_hash:
        raise InputError(f"another network than {appearance.name} described the people of the gallery; begin a new one")
    return Identities(gallery, appearance.thresholds.set, views=VIEWS)


def recognise(
    recording: Recording,
    tracks: Iterable[GroundTracks],
    identities: Identities,
    workers: Workers | None = None,
    selection: ViewSelection | None = None,
) -> Iterator[Moment]:
    """Name the `tracks` of each frame of `recording` as soon as it is done; who is not yet recognised has the name 0.

    Without `workers`, whose cameras embed people, no image is looked at. With them, `selection` chooses the crops. Raises
    `InputError` for an image that does not decode.
    """
    names = recording.names
    selection = selection or ViewSelection([camera.image_size for camera in recording.cameras])
    named: dict[int, int] = identities.names
    for frame, found in enumerate(tracks):
        time, views, looks = frame / recording.frame_rate, None, []
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
                crops = [crop for look in looks for crop in look.crops]
                views = Views(
                    rows[seen], np.concatenate([look.embeddings for look in looks]), quality[seen], cameras[seen], crops
                )
        with uninterrupted():  # names and gallery stay such as can be kept
            people = identities.update(time, found.ids, views)
        reading, embedding = sum(look.reading for look in looks), sum(look.embedding for look in looks)
        seconds = StageSeconds(reading, embedding, perf_counter() - start - reading - embedding)
        yield Moment(frame, time, found, people, int((people == 0).sum()), sum(len(look.crops) for look in looks), seconds)


class HeldMoments:
    """Moments held back until all their people have names, which `identities` give."""

    def __init__(self, identities: Identities):
        self._identities = identities
        self._held: deque[Moment] = deque()

    def add(self, moment: Moment) -> Iterator[Moment]:
        """Hold `moment` back; gives those that need be held no longer, in order, with the names that they waited for."""
        self._held.append(moment)
        while self._held and ((settled := _settled(self._held[0], self._identities.names)).people > 0).all():
            self._held.popleft()
            yield settled

    def close(self) -> Iterator[Moment]:
        """Close the identities, by which all have names, and give the moments that were still held back."""
        self._identities.close()
        while self._held:
            yield _settled(self._held.popleft(), self._identities.names)


def settle(moments: Iterable[Moment], identities: Identities) -> Iterator[Moment]:
    """The same moments, each held back until all its people have names; at the end `identities` is closed, and all have.

    Where `moments` end with an exception, those held back come first, then the exception.
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
    """The moment with the names that its waiting tracks have got since, 0 where one has none yet."""
    if (moment.people > 0).all():
        return moment
    people = moment.people.copy()
    people[people == 0] = [names.get(track, 0) for track in moment.tracks.ids[people == 0].tolist()]
    return replace(moment, people=people)
