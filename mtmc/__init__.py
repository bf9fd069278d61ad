"""Multi-camera people tracking: recordings, the pipeline from frames to tracks, and the rendered scene.

`open_sequence` opens a recording and `track` follows the people in it, frame by frame. `open_multi_view` opens one of several
cameras.
"""

from mtmc.sequences import MultiViewSequence, Sequence, open_multi_view, open_sequence
from mtmc.single.pipeline import TrackedFrame, track

__all__ = ["MultiViewSequence", "Sequence", "TrackedFrame", "open_multi_view", "open_sequence", "track"]
