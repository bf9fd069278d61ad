"""The pipeline for cameras that share no view: track people in each camera alone, and link their tracklets across cameras."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mtmc.ground.tracks import GroundTracks
from mtmc.linking.linker import Linker
from mtmc.linking.naming import name_offline, name_online, rename
from mtmc.linking.tracklets import Ended, follow_apart, gather
from mtmc.linking.travel_times import TravelTimes
from mtmc.linking.zones import Zones
from mtmc.multicamera.moment import Moment
from mtmc.multicamera.workers import LocalWorkers
from mtmc.sequences import Recording, open_recording
from mtmc.single.appearance import require_embedder
from mtmc.single.failures import OnError, SkippedFrames
from mtmc.single.pipeline import Detect, StageSeconds, require_detector
from reid.common.errors import InputError

if TYPE_CHECKING:
    from reid import AppearanceModel


_log = logging.getLogger(__name__)


def link_recordings(
    recording: Recording | str | Path,
    appearance: "AppearanceModel",
    detector: Detect | None = None,
    travel: TravelTimes | Literal["learned"] | None = "learned",
    online: bool = False,
    on_error: OnError = "stop",
) -> list[Moment]:
    """Track people in cameras that share no view, and give each person one number in all of them; one `Moment` per frame.

    `recording` is a `Recording`, or an argument for `open_recording`. `appearance` is a model from `reid.load`. `detector`, any
    callable from a BGR image to `Detections`, detects the people in each frame; it replaces the recording's own detections.
    `travel` are the times that people take between views: "learned" from this recording, known from another one, or None, which
    ignores them. `online` links each tracklet with what is known ten seconds after its end, as a live system must; otherwise the
    whole recording counts.

    Raises `InputError` for images that are missing or do not decode, for a recording without detections if no `detector` is
    given, for a model without a link threshold, and, naming camera and frame, where `detector` or `appearance` fails or gives
    what cannot be. With `on_error="skip"`, a camera did not look at a frame that does not decode or in which its detector fails,
    and where its embeddings fail, tracklets go without them; a warning tells how many frames of which camera.
    """
    require_detector(detector)
    if not isinstance(recording, Recording):
        recording = open_recording(recording)
    if detector is None:
        recording.require_detections()
    linking = Linking(recording, appearance, detector, on_error)
    for _ in linking.follow():
        pass
    for line in linking.skipped.lines():
        _log.warning("%s", line)
    return linking.moments(travel, online)


class Linking:
    """Links the people of one `recording`: first `follow` it; then `moments` gives the part followed so far, with names.

    `on_error` is that of `link_recordings`; `skipped` counts the frames that it skipped.
    """

    def __init__(
        self,
        recording: Recording,
        appearance: "AppearanceModel",
        detector: Detect | None = None,
        on_error: OnError = "stop",
    ) -> None:
        self._max_distance = require_links(appearance)
        self._recording = recording
        self._workers = LocalWorkers(recording, detector, appearance, on_error)
        self.skipped: SkippedFrames = self._workers.skipped
        self._detections = self._workers.detections() if detector else None
        self._tracks: list[GroundTracks] = []
        self._ended: list[Ended] = []

    def follow(self) -> Iterator[int]:
        """Track each camera alone and embed crops of each tracklet; yield the 0-based number of each frame that is done."""
        tracks = self._kept(follow_apart(self._recording, self._detections))
        for frame, ended in enumerate(gather(self._recording, tracks, self._workers, Zones())):
            self._ended.append(ended)
            if frame < len(self._tracks):  # the last tracklets end with the recording, after its last frame
                yield frame

    def moments(self, travel: TravelTimes | Literal["learned"] | None = "learned", online: bool = False) -> list[Moment]:
        """The frames followed so far, with one number per person; `travel` and `online` are those of `link_recordings`.

        A track without a usable crop, or one that had not ended when following was interrupted, is a person of its own.
        """
        times = TravelTimes() if travel == "learned" else travel
        if online:
            names = name_online(self._ended, Linker(self._max_distance, times))
        else:
            names = name_offline(self._ended, self._max_distance, times)
        return moments_of(rename(self._tracks, names), self._recording.frame_rate)

    def unlinked(self) -> list[Moment]:
        """The frames followed so far, with each track a person of its own."""
        return moments_of(self._tracks, self._recording.frame_rate)

    def _kept(self, tracks: Iterable[GroundTracks]) -> Iterator[GroundTracks]:
        for found in tracks:
            self._tracks.append(found)
            yield found


def require_links(appearance: "AppearanceModel") -> float:
    """The link threshold of `appearance` (0..2); raises `InputError` if it has none."""
    require_embedder(appearance)
    if appearance.thresholds.link is None:
        raise InputError(f"{appearance.name}: no threshold for linking across cameras; `python -m reid threshold` fits it")
    return appearance.thresholds.link


def moments_of(named: list[GroundTracks], frame_rate: float) -> list[Moment]:
    """The frames of `named`, whose ids are people already, as moments at `frame_rate` frames per second."""
    unmeasured = StageSeconds(0.0, 0.0, 0.0)
    return [Moment(frame, frame / frame_rate, tracks, tracks.ids, 0, 0, unmeasured) for frame, tracks in enumerate(named)]
