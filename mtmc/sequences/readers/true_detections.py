"""Detections made from the true boxes, for recordings without detections: thinned and jittered, or unchanged."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mtmc.sequences.mot_text import GroundTruth
from mtmc.sequences.tables import detections_by_frame
from reid.common.errors import InputError
from trackers import Detections

THINNED, PERFECT = "gt-thinned", "gt"
MISSED, JITTER, CLUTTER = 0.1, 2.0, 0.05  # a share of the people, pixels, a share of the people


def true_detections(
    truths: Sequence[GroundTruth],
    source: str,
    length: int,
    image_sizes: Sequence[tuple[int, int] | None],
    seed: int,
    folder: Path,
) -> list[list[Detections]]:
    """The detections of a perfect detector ("gt") or a mediocre one ("gt-thinned") in each view, one entry per frame; `truths`
    and `image_sizes` (width, height) have one entry per view.

    "gt-thinned" drops 10% of the boxes, jitters every edge by a normal error of 2 px standard deviation, and adds 5% clutter:
    boxes of the size of true ones, anywhere in the image, in frames with people. All scores are 1, so they carry no information.
    `seed` seeds the draw. Raises `InputError`, naming `folder`, for any other `source`, and if thinning lacks an image's size.
    """
    if source not in (THINNED, PERFECT):
        raise InputError(f"{folder}: unknown detections {source}; choose {THINNED} or {PERFECT}")
    found = []
    for number, (truth, size) in enumerate(zip(truths, image_sizes, strict=True)):
        if source == PERFECT:
            frames, boxes = truth.frames, truth.boxes
        elif size is not None:
            frames, boxes = _thinned(truth, size, np.random.default_rng([seed, number]))
        else:
            raise InputError(f"{folder}: {THINNED} needs the width and height of every camera in the camera file")
        found.append(detections_by_frame(frames, boxes, None, None, length))
    return found


def oracle_line(name: str, source: str) -> str:
    """What a command prints of the recording `name` whose detections are made from its truth; "" for other detections."""
    told = {THINNED: "thinned, jittered ground truth with clutter", PERFECT: "the ground truth itself"}
    return f"{name}: the detections are {told[source]} ({source}), not a detector's" if source in told else ""


def _thinned(truth: GroundTruth, image_size: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    kept = rng.random(len(truth.boxes)) >= MISSED
    boxes = truth.boxes[kept] + rng.normal(0.0, JITTER, (int(kept.sum()), 4))
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1.0)
    haunted = np.flatnonzero(rng.random(len(truth.boxes)) < CLUTTER)
    like = truth.boxes[rng.permutation(len(truth.boxes))[: len(haunted)]]
    sizes = like[:, 2:] - like[:, :2]
    corners = rng.random((len(haunted), 2)) * np.maximum(np.subtract(image_size, sizes), 0.0)
    frames = np.concatenate([truth.frames[kept], truth.frames[haunted]])
    return frames, np.concatenate([boxes, np.hstack([corners, corners + sizes])])
