"""One recording of several cameras, whatever it was read from: cameras, detections a frame, images, and the truth."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtmc.calibration import GroundCamera
from mtmc.sequences.mot_text import GroundTruth
from reid.footage.frames import VIDEOS, PictureFolder, Video
from trackers import Detections


@dataclass(frozen=True)
class WorldTruth:
    """Where people truly were, sorted by frame: `frames (K,)` 0-based, `ids (K,)` int, `positions (K, 2)` on the ground."""

    frames: np.ndarray
    ids: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class MultiViewSequence:
    """A recording of `length` frames by several cameras, at `frame_rate` frames a second, all dictionaries by camera name.

    A frame is the same moment in all cameras. `detections` hold one entry a frame; `detection_source` names what they are, "gt"
    being the truth itself (an oracle). `images` are sources of BGR frames, or None for a camera without; a camera that began late
    gives None for the frames before. `image_truth` and `world_truth` are None where unknown; ids mean the same person in all
    cameras and on the ground. Ground positions are in `unit`, "m" or the unit that all cameras name.
    `area` (least x, least y, greatest x, greatest y) is where the recording's authors follow people, None for everywhere.
    """

    name: str
    frame_rate: float
    length: int
    cameras: dict[str, GroundCamera]
    detections: dict[str, list[Detections]]
    images: dict[str, Iterable[np.ndarray | None] | None]
    detection_source: str
    image_truth: dict[str, GroundTruth] | None = None
    world_truth: WorldTruth | None = None
    unit: str = "m"
    area: tuple[float, float, float, float] | None = None

    def at(self, frame: int) -> list[Detections]:
        """The detections of the 0-based `frame`, one entry a camera in the order of `cameras`, as `observe` takes them."""
        return [self.detections[name][frame] for name in self.cameras]


def find_images(folder: Path, stem: str, length: int | None = None) -> PictureFolder | Video | None:
    """The pictures in `folder/stem/` or the video `folder/stem.mp4` (or another suffix), or None where there is neither.

    `length` is the number of frames that there must be, None for as many as there are.
    """
    if (folder / stem).is_dir() and not (pictures := PictureFolder(folder / stem, length)).empty:
        return pictures
    videos = (path for path in sorted(folder.glob(f"{stem}.*")) if path.suffix.lower() in VIDEOS)
    return next((Video(path, length) for path in videos), None)
