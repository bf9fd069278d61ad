"""Multi-camera people tracking: from video and detections to identities.

One camera: `open_sequence` opens its recording, and `track` tracks the people in it, frame by frame. Several cameras on one
ground plane: `open_recording` and `follow_people`.
"""

from mtmc.multicamera.run import follow_people
from mtmc.sequences import Recording, Sequence, View, open_recording, open_sequence
from mtmc.single.pipeline import TrackedFrame, track

__all__ = ["Recording", "Sequence", "TrackedFrame", "View", "follow_people", "open_recording", "open_sequence", "track"]
