"""Readers of recordings, one a format, all giving a `Sequence`."""

from pathlib import Path

from mtmc.sequences.mot_text import GroundTruth
from mtmc.sequences.motchallenge import is_motchallenge, read_motchallenge
from mtmc.sequences.sequence import Sequence
from mtmc.sequences.video import read_video

__all__ = ["GroundTruth", "Sequence", "is_motchallenge", "open_sequence", "read_motchallenge", "read_video"]


def open_sequence(source: str | Path | int, detections: str | Path = "det.txt", min_score: float | None = None) -> Sequence:
    """Open a MOTChallenge folder, a video file, a camera (its index) or a stream (its address).

    `detections` is a MOT text file; for a folder also the name of a file in its `det/`. Rows scored below `min_score` are
    dropped. Raises `InputError` for what cannot be read.
    """
    folder = Path(str(source))
    if folder.is_dir():
        elsewhere = Path(detections).is_file() and not (folder / "det" / detections).is_file()
        return read_motchallenge(folder, str(Path(detections).resolve() if elsewhere else detections), min_score)
    return read_video(source, Path(detections), min_score)
