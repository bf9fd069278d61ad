"""A video file or a live camera, with optional detections in a MOTChallenge text file."""

from pathlib import Path

from mtmc.sequences.sequence import Sequence, sequence_of
from reid.footage.footage import open_video


def read_video(
    source: str | Path | int,
    detections: str | Path | None,
    min_score: float | None = None,
    score_scale: str | None = None,
) -> Sequence:
    """Open a video file, a camera index or a stream address with `open_video`, with optional `detections` in MOT text."""
    footage = open_video(source, detections, min_score, score_scale)
    return sequence_of(footage, footage.length, 1 + int(footage.detections.frames.max(initial=-1)))
