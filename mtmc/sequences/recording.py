"""A multi-camera recording, independent of its format: one view per camera, and the true positions of people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mtmc.calibration import Camera, GroundCamera, HomographyCamera
from mtmc.sequences.mot_text import GroundTruth
from reid.common.errors import InputError
from trackers import Detections


@dataclass(frozen=True)
class WorldTruth:
    """The true positions of people, sorted by frame: `frames (K,)` 0-based, `ids (K,)` int, `positions (K, 2)` on the ground."""

    frames: np.ndarray
    ids: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class View:
    """One camera of a recording.

    `detections` has one entry per frame of the recording: None where the camera did not look, which is not the same as having
    seen nobody. `images` is a source with a BGR frame, or None, per frame of the recording, or None. `ground_truth` is None if
    unknown. The camera's own frames come at `frame_rate` per second (None: at the recording's), by a clock that is `time_offset`
    seconds ahead.
    """

    name: str
    camera: Camera | HomographyCamera
    detections: Sequence[Detections | None]
    images: Iterable[np.ndarray | None] | None = None
    ground_truth: GroundTruth | None = None
    time_offset: float = 0.0
    frame_rate: float | None = None


@dataclass(frozen=True)
class Recording:
    """A recording of `length` frames by several cameras, at `frame_rate` frames per second; `views` has one entry per camera.

    A frame is the same moment in all views; a slower camera looks at some of them only. `detection_source` names the detections;
    "gt" is the ground truth itself (an oracle). `world_truth` is None if unknown; an id is the same person in all views and on
    the ground. Ground positions are in `unit`, the common unit of all cameras. `area` (least x, least y, greatest x, greatest y)
    is where the recording's authors track people; None means everywhere.
    """

    name: str
    frame_rate: float
    length: int
    views: tuple[View, ...]
    detection_source: str
    world_truth: WorldTruth | None = None
    unit: str = "m"
    area: tuple[float, float, float, float] | None = None

    @property
    def names(self) -> list[str]:
        """The names of the cameras, in the order of `views`."""
        return [view.name for view in self.views]

    @property
    def cameras(self) -> list[GroundCamera]:
        """The cameras, in the order of `views`."""
        return [view.camera for view in self.views]

    @property
    def ground_truths(self) -> list[GroundTruth] | None:
        """The true boxes of each view, or None if those of any view are unknown."""
        known = [view.ground_truth for view in self.views if view.ground_truth is not None]
        return known if len(known) == len(self.views) else None

    def at(self, frame: int) -> list[Detections | None]:
        """The detections of the 0-based `frame`, one entry per camera, None for one that did not look."""
        return [view.detections[frame] for view in self.views]

    def require_detections(self) -> None:
        """Raise `InputError` if no view looked at any frame; that nobody was detected is a result."""
        if all(found is None for view in self.views for found in view.detections):
            raise InputError(
                f"{self.name}: no detections; add det/NAME.txt for each camera, or give a detector (--detector FILE)"
            )

    def require_embeddings(self) -> None:
        """Raise `InputError` if not all detections carry embeddings."""
        for view in self.views:
            for frame, found in enumerate(view.detections):
                if found is not None and len(found) and found.embeddings is None:
                    raise InputError(
                        f"{self.name}: the {self.detection_source} detections of {view.name} carry no embeddings "
                        f"(frame {frame + 1}); choose other detections, or another --reid"
                    )

    def without_embeddings(self) -> "Recording":
        """The same recording, whose detections carry no embeddings."""
        views = []
        for view in self.views:
            bare = [None if found is None else replace(found, embeddings=None) for found in view.detections]
            views.append(replace(view, detections=bare))
        return replace(self, views=tuple(views))

    def require_world_truth(self) -> WorldTruth:
        """The true positions of people; raises `InputError` if they are unknown."""
        if self.world_truth is None:
            raise InputError(f"{self.name}: no ground truth on the ground plane")
        return self.world_truth

    def require_images(self, needed_by: str = "") -> list[Iterable[np.ndarray | None]]:
        """The images of each view; raises `InputError` if a view has none, naming what they are `needed_by`, if told."""
        missing = [view.name for view in self.views if view.images is None]
        if missing:
            way_out = f", or leave out what needs them: {needed_by}" if needed_by else ""
            raise InputError(f"{self.name}: no images of {', '.join(missing)}; add them{way_out}")
        return [view.images for view in self.views if view.images is not None]
