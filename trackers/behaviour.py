"""What every tracker can do besides associate: keep time, remember who left, and choose which boxes it shows."""

from dataclasses import dataclass
from typing import Annotated

from trackers.ranges import AppearanceDistance, Choice, Overlap, Seconds, Switch

RATE = 30.0  # frames per second of the video for which the constants of the papers were chosen


@dataclass(frozen=True)
class Behaviour:
    """Keys that a configuration of any tracker may hold. All are off by default, so that a tracker does what its paper says.

    `time`: with "frames", ages and motion count frames, as in the papers; with "seconds", they are those of a video at 30 frames
    per second, converted to the rate of this one. `memory`: for so many seconds after a track is deleted, a person who returns
    gets its id back if one of its embeddings is within `max_memory_distance` (cosine, 0..2) of theirs; 0 is off. `boxes`: the
    motion model's ("filtered") or, where there is one, the detector's ("detected"). `predictions`: show boxes without a
    detection. `max_shown_iou`: of two tracks whose boxes overlap more, only the one that has been shown longer is shown.
    """

    time: Annotated[str, Choice("frames", "seconds")] = "frames"
    memory: Seconds = 0.0
    max_memory_distance: AppearanceDistance = 0.2
    boxes: Annotated[str, Choice("filtered", "detected")] = "filtered"
    predictions: Annotated[bool, Switch()] = True
    max_shown_iou: Overlap = 1.0
