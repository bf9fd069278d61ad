"""A MOTChallenge folder: `seqinfo.ini`, `img1/` or a video beside it, `det/NAME.txt`, `gt/gt.txt`."""

from pathlib import Path

from mtmc.sequences.mot_text import read_ground_truth
from mtmc.sequences.sequence import Sequence, sequence_of
from reid.footage.footage import open_folder, read_within


def is_motchallenge(folder: Path) -> bool:
    """Whether `folder` looks like a sequence: it has detections, ground truth or a `seqinfo.ini`."""
    return (folder / "seqinfo.ini").is_file() or (folder / "det").is_dir() or (folder / "gt").is_dir()


def read_motchallenge(
    folder: Path, detections: str | None = "det.txt", min_score: float | None = None, score_scale: str | None = None
) -> Sequence:
    """Read a sequence folder as `open_folder` does, with its ground truth, if any.

    The length is `seqLength`, else the number of images, else the last frame in a text file. Raises `InputError` for missing or
    malformed files.
    """
    footage = open_folder(folder, detections, min_score, score_scale)
    path = folder / "gt" / "gt.txt"
    truth, length = None, footage.length
    if path.is_file():
        truth, length = read_within(lambda limit: read_ground_truth(path, limit), length, footage.images)
    if length is None:
        length = 1 + max(int(file.frames.max(initial=-1)) for file in (footage.detections, truth) if file is not None)
    return sequence_of(footage, length, length, truth)
