"""What several cameras recorded, whatever it was read from: a record a camera, and where people truly were."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mtmc.calibration import Camera, GroundCamera, HomographyCamera
from mtmc.sequences.mot_text import GroundTruth
from reid.common.errors import InputError
from trackers import Detections


@dataclass(frozen=True)
class WorldTruth:
    """Where people truly were, sorted by frame: `frames (K,)` 0-based, `ids (K,)` int, `positions (K, 2)` on the ground."""

    frames: np.ndarray
    ids: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class View:
    """What one camera of a recording saw.

    `detections` have one entry a frame. `images` is a source of BGR frames, or None; a camera that began late gives None for the
    frames before. `ground_truth` is None where unknown. All three are numbered by the recording's frames; the camera's own clock
    runs `time_offset` seconds ahead of it.
    """

    name: str
    camera: Camera | HomographyCamera
    detections: list[Detections]
    images: Iterable[np.ndarray | None] | None = None
    ground_truth: GroundTruth | None = None
    time_offset: float = 0.0


@dataclass(frozen=True)
class Recording:
    """A recording of `length` frames by several cameras, at `frame_rate` frames a second; `views` have one entry a camera.

    A frame is the same moment in all views. `detection_source` names what the detections are, "gt" being the truth itself (an
    oracle). `world_truth` is None where unknown; ids mean the same person in all views and on the ground. Ground positions are in
    `unit`, "m" or the unit that all cameras name. `area` (least x, least y, greatest x, greatest y) is where the recording's
    authors follow people, None for everywhere.
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
        """The true boxes of each view, None where one of them is unknown."""
        known = [view.ground_truth for view in self.views if view.ground_truth is not None]
        return known if len(known) == len(self.views) else None

    def at(self, frame: int) -> list[Detections]:
        """The detections of the 0-based `frame`, one entry a camera, as `observe` takes them."""
        return [view.detections[frame] for view in self.views]

    def require_detections(self) -> None:
        """Raise `InputError` where no view has a single detection."""
        if not any(len(found) for view in self.views for found in view.detections):
            raise InputError(f"{self.name}: no detections; add det/NAME.txt for each camera, or give --detector FILE")

    def require_world_truth(self) -> WorldTruth:
        """Where people truly were; raises `InputError` where that is unknown."""
        if self.world_truth is None:
            raise InputError(f"{self.name} does not say where people truly are on the ground")
        return self.world_truth

    def require_images(self) -> list[Iterable[np.ndarray | None]]:
        """The images of each view; raises `InputError` where one has none."""
        missing = [view.name for view in self.views if view.images is None]
        if missing:
            need = "only given detections with --reid none do without"
            raise InputError(f"{self.name} has no images of {', '.join(missing)}: add them; {need}")
        return [view.images for view in self.views if view.images is not None]
