"""Readers of recordings, one a format: of one camera, giving a `Sequence`, or of several, giving a `Recording`."""

from pathlib import Path

from mtmc.sequences.mot_text import GroundTruth
from mtmc.sequences.readers.campus import is_campus, read_campus
from mtmc.sequences.readers.cmc import is_cmc, read_cmc
from mtmc.sequences.readers.epfl import is_epfl, read_epfl
from mtmc.sequences.readers.folder import is_folder, read_folder, write_folder
from mtmc.sequences.readers.motchallenge import is_motchallenge, read_motchallenge
from mtmc.sequences.readers.video import read_video
from mtmc.sequences.readers.wildtrack import is_wildtrack, read_wildtrack
from mtmc.sequences.recording import Recording, View, WorldTruth
from mtmc.sequences.sequence import Sequence
from reid.common.errors import InputError
from reid.footage.footage import detections_for

__all__ = [
    "GroundTruth",
    "Recording",
    "Sequence",
    "View",
    "WorldTruth",
    "is_motchallenge",
    "open_recording",
    "open_sequence",
    "read_motchallenge",
    "read_video",
    "write_folder",
]

# Formats of several cameras: how a folder is recognised, tried in this order, and how it is read.
FORMATS = {
    "folder": (is_folder, read_folder),
    "wildtrack": (is_wildtrack, read_wildtrack),
    "cmc": (is_cmc, read_cmc),
    "campus": (is_campus, read_campus),
    "epfl": (is_epfl, read_epfl),
}


def open_sequence(
    source: str | Path | int, detections: str | Path | None = "det.txt", min_score: float | None = None
) -> Sequence:
    """Open a MOTChallenge folder, a video file, a camera (its index) or a stream (its address).

    `detections` is a MOT text file; for a folder also the name of a file in its `det/`. Rows scored below `min_score` are
    dropped. With None nothing is read, for a detector will find the people. Raises `InputError` for what cannot be read.
    """
    folder = Path(str(source))
    if folder.is_dir():
        return read_motchallenge(folder, detections_for(folder, detections), min_score)
    return read_video(source, detections, min_score)


def open_recording(folder: str | Path, format: str = "auto", detections: str | None = None, seed: int = 0) -> Recording:
    """Open the recording of several cameras in `folder`, which for the format "folder" may also be its file of cameras.

    `format` is one of `FORMATS`, or "auto" to recognise it by the files that are there. `detections` is a name of the format's
    own (each reader says which), None for its default; where they are drawn at random, `seed` draws them. Raises `InputError` for
    what cannot be read.
    """
    folder = Path(folder)
    if not folder.exists():
        raise InputError(f"{folder} is not there: check the path")
    if format == "auto" and folder.is_file():
        format = "folder"
    if format == "auto":
        format = next((name for name, (recognise, _) in FORMATS.items() if recognise(folder)), "auto")
    if format not in FORMATS:
        known = ", ".join(name for name in FORMATS if name != "folder")
        raise InputError(
            f"{folder} holds no cameras.yaml, which `python -m mtmc calibrate` writes, and is in none of the formats {known}"
        )
    return FORMATS[format][1](folder, detections, seed)
