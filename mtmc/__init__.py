"""Track people across cameras: video and detections go in, identities come out.

One camera: `open_sequence` opens a video, a folder or a live camera, and `track` yields the tracks of each frame. Several
cameras: `open_recording` opens what they recorded; `follow_people` yields the people of each moment where the views overlap, and
`link_recordings` links people across views that do not. `open_detector` opens the detector that these three take in place of
detections.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtmc.detection.opening import open_detector
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
    "open_detector",
    "open_recording",
    "open_sequence",
    "track",
]

# Imported when asked for: a command must be able to handle Ctrl-C before what takes a second to import.
_HOMES = {
    "open_detector": "mtmc.detection.opening",
    "link_recordings": "mtmc.linking.cameras_apart",
    "follow_people": "mtmc.multicamera.run",
    "TrackedFrame": "mtmc.single.pipeline",
    "track": "mtmc.single.pipeline",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES.get(name, "mtmc.sequences")), name)
