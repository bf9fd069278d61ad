"""One camera's recording, whatever it was read from: images, detections a frame, and the truth where it is known."""

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
    """A recording of `length` frames at `frame_rate` a second; `image_size` is (width, height) in pixels, or None
    where only the images can tell.

    `detections` has one entry a frame; a frame beyond the last entry has none. `score_scale` says what the detector's scores were
    (see `DetectionFile`). `length` is None for a stream of unknown length. `images` is None where there are none.
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
        """The images in order, `(H, W, 3)` uint8 BGR. Raises `InputError` where there are none, or one does not decode."""
        yield from self.require_images()

    def require_images(self) -> Images:
        """The images; raises `InputError` where the sequence has none."""
        if self.images is None:
            raise InputError(f"{self.name} has neither img1/ nor a video: add them, or run with --reid none and without --video")
        return self.images


def sequence_of(footage: Footage, length: int | None, entries: int, truth: GroundTruth | None = None) -> Sequence:
    """`footage` of `length` frames as a sequence whose detections have so many `entries`, with the truth if it is known."""
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
