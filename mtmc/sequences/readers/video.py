"""A video of one's own, or a live camera, with its detections in a MOTChallenge text file or without."""

from pathlib import Path

from mtmc.sequences.sequence import Sequence, sequence_of
from reid.footage.footage import open_video


def read_video(source: str | Path | int, detections: str | Path | None, min_score: float | None = None) -> Sequence:
    """A video file, a camera's index or a stream's address as `open_video` opens it, with `detections` in MOT text, if any."""
    footage = open_video(source, detections, min_score)
    return sequence_of(footage, footage.length, 1 + int(footage.detections.frames.max(initial=-1)))
