"""A single-camera recording, independent of its format: images, detections per frame, and the ground truth if known."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from mtmc.sequences.tables import detections_by_frame
from reid.common.errors import InputError
from reid.footage.footage import Footage
from trackers import Detections


class Images(Protocol):
    """A camera's BGR frames `(H, W, 3)`, uint8, in order, all of one `size`, (width, height) in pixels."""

    @property
    def size(self) -> tuple[int, int]: ...
    def __iter__(self) -> Iterator[np.ndarray]: ...


@dataclass(frozen=True)
class Sequence:
    """A recording of `length` frames at `frame_rate` frames per second; `image_size` is (width, height) in pixels, or None if
    only the images determine it.

    `detections` has one entry per frame; a frame beyond the last entry has none. `score_scale` is the scale of the detector's
    scores (see `DetectionFile`). `length` is None for a stream of unknown length, and may be off for a video, whose header
    estimates it: the images tell where it ends. `images` is None if there are none.
    """

    name: str
    frame_rate: float
    length: int | None
    image_size: tuple[int, int] | None
    detections: list[Detections]
    score_scale: str = "probability"
    ground_truth: GroundTruth | None = None
    images: Images | None = None

    def frames(self) -> Generator[np.ndarray]:
        """The images in order, `(H, W, 3)` uint8 BGR. Raises `InputError` if there are none, or one does not decode."""
        yield from self.require_images()

    def require_images(self, needed_by: str = "") -> Images:
        """The images; raises `InputError` if the sequence has none, naming what they are `needed_by`, if told."""
        if self.images is None:
            way_out = f", or leave out what needs it: {needed_by}" if needed_by else ""
            raise InputError(f"{self.name}: neither img1/ nor a video; add one{way_out}")
        return self.images


def sequence_of(footage: Footage, length: int | None, entries: int, truth: GroundTruth | None = None) -> Sequence:
    """`footage` of `length` frames as a sequence with `entries` entries of detections, and the ground truth if known."""
    found = footage.detections
    return Sequence(
        name=footage.name,
        frame_rate=footage.frame_rate,
        length=length,
        image_size=footage.image_size,
        detections=detections_by_frame(found.frames, found.boxes, found.scores, None, entries),
        score_scale=found.score_scale,
        ground_truth=truth,
        images=footage.images,
    )
