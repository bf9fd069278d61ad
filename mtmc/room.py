"""Several cameras from start to end: detections to people on the ground, who have one number for good, also after an absence."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from mtmc.association import GroundTracker, GroundTracks
from mtmc.gallery import Gallery
from mtmc.ground_plane import observe
from mtmc.identities import Identities, Views
from mtmc.pipeline import Detect, StageSeconds
from mtmc.sequences import MultiViewSequence
from mtmc.views import ViewSelection
from reid.errors import InputError
from trackers import Detections

if TYPE_CHECKING:
    from reid import AppearanceModel

VIEWS = 6  # that decide a name; four cameras have them after half a second
_NOTHING = Detections(np.empty((0, 4)), np.empty(0))


@dataclass(frozen=True, eq=False)
class Moment:
    """Who is there in the 0-based `frame`, at `time` seconds: `tracks` and, for each of them, the person `people` `(M,)`, 0 while
    that is open.

    `waiting` is for how many it was open when the frame was done, `crops` how many were embedded, `seconds` what the frame took:
    reading or drawing those crops, embedding them, naming.
    """

    frame: int
    time: float
    tracks: GroundTracks
    people: np.ndarray
    waiting: int
    crops: int
    seconds: StageSeconds


def detect(sequence: MultiViewSequence, detector: Detect) -> Iterator[list[Detections]]:
    """What `detector` finds in the images of each frame, an entry a camera, as the frames come.

    Raises `InputError` for a camera without images and for an image that does not decode.
    """
    require_images(sequence)
    for images in zip(*sequence.images.values(), strict=False):
        yield [_NOTHING if image is None else detector(image) for image in images]


def follow(
    sequence: MultiViewSequence, tracker: GroundTracker | None = None, detections: Iterable[list[Detections]] | None = None
) -> Iterator[GroundTracks]:
    """The people on the ground in each frame of `sequence`, told apart by place alone, as soon as the frame is done.

    `detections`, an entry a camera for each frame, go before those that the sequence has.
    """
    cameras = list(sequence.cameras.values())
    tracker = tracker or GroundTracker(cameras, area=sequence.area)
    for frame, found in enumerate(detections or map(sequence.at, range(sequence.length))):
        yield tracker.update(observe(cameras, found), frame / sequence.frame_rate)


def open_identities(appearance: "AppearanceModel | None") -> Identities:
    """Identities with an empty gallery for the views that `appearance` embeds, or without appearance.

    Raises `InputError` for a model that knows no distance up to which several views are a known person.
    """
    if appearance is None:
        return Identities(None)
    if appearance.max_set_distance is None:
        raise InputError(
            f"{appearance.name} does not say up to which distance several views are a known person: "
            "`python -m reid threshold` fits and stores it."
        )
    gallery = Gallery(appearance.dimension, network=appearance.weights_hash)
    return Identities(gallery, appearance.max_set_distance, views=VIEWS)


def recognise(
    sequence: MultiViewSequence,
    tracks: Iterable[GroundTracks],
    identities: Identities,
    appearance: "AppearanceModel | None" = None,
    selection: ViewSelection | None = None,
) -> Iterator[Moment]:
    """Name the `tracks` of each frame of `sequence` as soon as it is done; who is not yet recognised has the name 0.

    Without `appearance` no image is looked at. With it, `selection` chooses the crops. Raises `InputError` for a camera without
    images and for an image that does not decode.
    """
    names, sizes = list(sequence.cameras), [camera.image_size for camera in sequence.cameras.values()]
    selection = selection or ViewSelection(sizes)
    if appearance is not None:
        require_images(sequence)
    pictures = _Pictures(sequence)
    named: dict[int, int] = identities.names
    for frame, found in enumerate(tracks):
        time, views, crops = frame / sequence.frame_rate, None, []
        start = read = embedded = perf_counter()
        if appearance is not None:
            known = np.array([track in named for track in found.ids.tolist()], dtype=bool)
            rows, cameras, quality = selection.choose(time, found, known)
            for camera in np.unique(cameras):
                crops += pictures.crops(names[camera], frame, found.boxes[rows[cameras == camera], camera])
            read = perf_counter()
            if crops:
                views = Views(rows, appearance.embed(crops), quality, cameras, crops)
            embedded = perf_counter()
        people = identities.update(time, found.ids, views)
        seconds = StageSeconds(read - start, embedded - read, perf_counter() - embedded)
        yield Moment(frame, time, found, people, int((people == 0).sum()), len(crops), seconds)


def settle(moments: Iterable[Moment], identities: Identities) -> Iterator[Moment]:
    """The same moments, each held back until all its people have names; at the end `identities` is closed, and all have."""
    held: deque[Moment] = deque()
    for moment in moments:
        held.append(moment)
        while held and (settled := _settled(held[0], identities.names)) is not None:
            held.popleft()
            yield settled
    identities.close()
    yield from (_settled(moment, identities.names) for moment in held)


def _settled(moment: Moment, names: dict[int, int]) -> Moment | None:
    """The moment with the names that its waiting tracks have got since, or None where one has none yet."""
    if (moment.people > 0).all():
        return moment
    people = moment.people.copy()
    people[people == 0] = [names.get(track, 0) for track in moment.tracks.ids[people == 0].tolist()]
    return replace(moment, people=people) if (people > 0).all() else None


def require_images(sequence: MultiViewSequence) -> None:
    """Raise `InputError` where a camera of `sequence` has no images."""
    missing = [name for name in sequence.cameras if sequence.images.get(name) is None]
    if missing:
        raise InputError(f"{sequence.name} has no images of {', '.join(missing)}: add them, or run with --reid none.")


class _Pictures:
    """The images of a recording's cameras by frame, asked for in the order of time."""

    def __init__(self, sequence: MultiViewSequence):
        self._images = sequence.images
        self._running: dict[str, Iterator[tuple[int, np.ndarray]]] = {}

    def crops(self, camera: str, frame: int, boxes: np.ndarray) -> list[np.ndarray]:
        """What `boxes` `(N, 4)` show in that camera's frame; a source that has `crops` is asked for no more than these."""
        from reid.appearance import crop

        source = self._images[camera]
        if hasattr(source, "crops"):
            return source.crops(frame, boxes)
        running = self._running.setdefault(camera, enumerate(source))
        for number, image in running:
            if number == frame and image is not None:
                return crop(image, boxes)
            if number == frame:
                raise InputError(f"{camera}: there are detections in frame {frame + 1}, before its images begin.")
        raise InputError(f"{camera}: the images end before frame {frame + 1}.")
