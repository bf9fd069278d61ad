"""Trackers for one camera: detections go in, tracks come out.

`build` makes a tracker by name, and `available` lists the names. This package contains no network: embeddings come as arrays, or
from any callable `(frame, boxes) -> embeddings`.
"""

from trackers import (  # noqa: F401 - importing a tracker registers it
    botsort,
    bytetrack,
    deepocsort,
    deepsort,
    motdt,
    ocsort,
    sort,
    steady,
    strongsort,
)
from trackers.assignment import assign
from trackers.base import Tracker
from trackers.detections import Detections, Tracks
from trackers.registry import appearance_threshold, available, behaviour, build, register, rules, thresholds

__all__ = [
    "Detections",
    "Tracker",
    "Tracks",
    "appearance_threshold",
    "assign",
    "available",
    "behaviour",
    "build",
    "register",
    "rules",
    "thresholds",
]
