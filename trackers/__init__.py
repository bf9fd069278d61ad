"""Turn one camera's detections into tracks. Embeddings are arrays, or come from any callable; this package holds no network."""

from trackers import deepsort, motdt, sort  # noqa: F401 - importing a tracker registers it
from trackers.assignment import assign
from trackers.base import Tracker
from trackers.detections import Detections, Tracks
from trackers.registry import appearance_threshold, available, build, register, thresholds

__all__ = ["Detections", "Tracker", "Tracks", "appearance_threshold", "assign", "available", "build", "register", "thresholds"]
