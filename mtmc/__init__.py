"""Multi-camera people tracking: recordings, the pipeline from frames to tracks, and the rendered scene.

`open_sequence` opens a recording and `track` follows the people in it, frame by frame.
"""

from mtmc.pipeline import TrackedFrame, track
from mtmc.sequences import Sequence, open_sequence

__all__ = ["Sequence", "TrackedFrame", "open_sequence", "track"]
