"""Multi-camera people tracking: video and detections go in, identities come out.

One camera: `open_sequence` opens what it recorded, and `track` follows the people in it, frame by frame. Several cameras on one
ground: `open_recording` and `follow_people`; cameras that share no view: `link_recordings`.
"""

from mtmc.linking.cameras_apart import link_recordings
from mtmc.multicamera.run import follow_people
from mtmc.sequences import Recording, Sequence, View, open_recording, open_sequence
from mtmc.single.pipeline import TrackedFrame, track

__all__ = [
    "Recording",
    "Sequence",
    "TrackedFrame",
    "View",
    "follow_people",
    "link_recordings",
    "open_recording",
    "open_sequence",
    "track",
]
