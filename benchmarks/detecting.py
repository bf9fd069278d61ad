"""Detections that a detector makes once for all runs of a benchmark; they are kept in `det/SEQUENCE.txt`, too."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from functools import partial

import numpy as np

from mtmc.sequences import Sequence
from mtmc.sequences.mot_text import detections_text
from mtmc.single.answer_check import checked_detections
from mtmc.single.failures import Attempts, readable
from reid.common.files import replacing
from reid.common.progress import Follow
from reid.common.read_ahead import read_ahead
from reid.common.result_folder import ResultFolder
from reid.footage.frames import UnreadableImageError
from trackers import Detections

Detect = Callable[[np.ndarray], Detections]
AHEAD = 8  # decoded images kept ready


def detected(sequence: Sequence, detector: Detect, output: ResultFolder, progress: Follow) -> Sequence:
    """The `sequence` with what `detector` finds in its images, which is written to `det/SEQUENCE.txt` of `output`.

    Raises `InputError` for an image that does not decode and, naming the frame, where the detector fails.
    """
    found = list(progress(_detections(sequence, detector), sequence.length, f"{sequence.name}, detection"))
    name = f"det/{sequence.name}.txt"
    with replacing(output.add(name)) as path:
        path.write_text("".join(detections_text(frame, each.boxes, each.scores) for frame, each in enumerate(found)))
    print(f"{sequence.name}: {sum(map(len, found))} detections in {len(found)} frames: {output.path / name}", flush=True)
    return replace(sequence, detections=found, length=max(sequence.length or 0, len(found)), score_scale="probability")


def _detections(sequence: Sequence, detector: Detect) -> Generator[Detections]:
    attempts = Attempts(sequence.name)
    with closing(read_ahead(attempts.images(sequence.require_images("--detector")), AHEAD)) as images:
        for index, image in enumerate(images):
            yield attempts.require("the detector", index, partial(_checked, detector, image))


def _checked(detector: Detect, image: np.ndarray | UnreadableImageError) -> Detections:
    return checked_detections(detector(readable(image)))
