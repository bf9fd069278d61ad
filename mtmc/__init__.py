"""Track people across cameras: video and detections go in, identities come out.

One camera: `open_sequence` opens a video, a folder or a live camera, and `track` yields the tracks of each frame. Several
overlapping cameras: `open_recording` opens what they recorded, and `follow_people` yields the people of each moment.
"""

from mtmc.multicamera.run import follow_people
from mtmc.sequences import Recording, Sequence, View, open_recording, open_sequence
from mtmc.single.pipeline import TrackedFrame, track

__all__ = ["Recording", "Sequence", "TrackedFrame", "View", "follow_people", "open_recording", "open_sequence", "track"]
