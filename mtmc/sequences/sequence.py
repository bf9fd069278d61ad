"""One camera's recording, whatever it was read from: images, detections a frame, and the truth where it is known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from reid.errors import InputError
from trackers import Detections


@dataclass(frozen=True)
class Sequence:
    """A recording of `length` frames at `frame_rate` a second; `image_size` is (width, height) in pixels, or None
    where only the images can tell.

    `detections` has one entry a frame; a frame beyond the last entry has none. `score_scale` says what the detector's scores were
    (see `DetectionFile`). `length` is None for a stream of unknown length. `images` is a source of BGR frames, or None.
    """

    name: str
    frame_rate: float
    length: int | None
    image_size: tuple[int, int] | None
    detections: list[Detections]
    score_scale: str = "probability"
    ground_truth: GroundTruth | None = None
    images: Iterable[np.ndarray] | None = None

    def frames(self) -> Iterator[np.ndarray]:
        """The images in order, `(H, W, 3)` uint8 BGR. Raises `InputError` where there are none, or one does not decode."""
        self.require_images()
        yield from self.images

    def require_images(self) -> None:
        """Raise `InputError` where the sequence has no images."""
        if self.images is None:
            raise InputError(f"{self.name} has neither img1/ nor a video: add them, or run with --reid none and without --video.")
