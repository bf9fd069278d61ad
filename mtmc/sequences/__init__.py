"""Readers of recordings, one per format: a single camera gives a `Sequence`, several give a `Recording`."""

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
from mtmc.sequences.statures import check_statures
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

# Multi-camera formats: how to recognise a folder, tried in this order, and how to read it.
FORMATS = {
    "folder": (is_folder, read_folder),
    "wildtrack": (is_wildtrack, read_wildtrack),
    "cmc": (is_cmc, read_cmc),
    "campus": (is_campus, read_campus),
    "epfl": (is_epfl, read_epfl),
}


def open_sequence(
    source: str | Path | int,
    detections: str | Path | None = "det.txt",
    min_score: float | None = None,
    score_scale: str | None = None,
) -> Sequence:
    """Open a MOTChallenge folder, a video file, a camera (by index) or a stream (by address).

    `detections` is a MOT text file; for a folder also the name of a file in its `det/`. None reads no detections, for use
    with a detector. `min_score` and `score_scale` are as in `read_detections`. Raises `InputError` for a source that cannot be
    read.
    """
    folder = Path(str(source))
    if folder.is_dir():
        return read_motchallenge(folder, detections_for(folder, detections), min_score, score_scale)
    return read_video(source, detections, min_score, score_scale)


def open_recording(folder: str | Path, format: str = "auto", detections: str | None = None, seed: int = 0) -> Recording:
    """Open the multi-camera recording in `folder`; for the format "folder" this may also be the camera file.

    `format` is one of `FORMATS`, or "auto" to recognise it by its files. `detections` is a name that the format defines (see each
    reader), or None for its default; `seed` seeds random detections. People of a stature that the calibration makes hardly
    possible are told, see `check_statures`. Raises `InputError` for a recording that cannot be read or be true.
    """
    folder = Path(folder)
    if not folder.exists():
        raise InputError(f"{folder}: no such file or folder")
    if format == "auto" and folder.is_file():
        format = "folder"
    if format == "auto":
        format = next((name for name, (recognise, _) in FORMATS.items() if recognise(folder)), "auto")
    if format not in FORMATS:
        known = ", ".join(name for name in FORMATS if name != "folder")
        raise InputError(
            f"{folder}: unknown format; add cameras.yaml (`python -m mtmc calibrate` writes it), give the camera file itself if "
            f"it has another name, or use one of {known}"
        )
    recording = FORMATS[format][1](folder, detections, seed)
    check_statures(recording)
    return recording
