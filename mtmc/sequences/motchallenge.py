"""A MOTChallenge folder: `seqinfo.ini`, `img1/` or a video beside it, `det/NAME.txt`, `gt/gt.txt`."""

import configparser
from pathlib import Path
from typing import NamedTuple

from mtmc.sequences.frames import VIDEOS, PictureFolder, Video
from mtmc.sequences.mot_text import NO_DETECTIONS, read_detections, read_ground_truth
from mtmc.sequences.sequence import Sequence
from reid.errors import InputError


def is_motchallenge(folder: Path) -> bool:
    """Whether `folder` looks like one sequence: it has detections, ground truth or a `seqinfo.ini`."""
    return (folder / "seqinfo.ini").is_file() or (folder / "det").is_dir() or (folder / "gt").is_dir()


def read_motchallenge(folder: Path, detections: str | None = "det.txt", min_score: float | None = None) -> Sequence:
    """Read one sequence folder; images are opened only when asked for, and may be absent.

    `detections` is a file name in `det/`, an absolute path, or None to have none; `min_score` is as in `read_detections`. The
    sequence is named after its folder, since copies of one recording share a `seqinfo.ini`. Its length is `seqLength`, else the
    number of images, else the last frame that a text file names. Ground truth is optional. Raises `InputError` for what is
    missing or malformed.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: check the path.")
    info = read_info(folder / "seqinfo.ini")
    images = _find_images(folder, info.length)
    length = info.length or (images.length if images else None)
    path = folder / "det" / (detections or "")
    if detections is not None and not path.is_file():
        there = ", ".join(sorted(other.name for other in (folder / "det").glob("*.txt"))) or "none"
        raise InputError(f"{path} is missing: choose one of the detection files in {folder / 'det'} ({there}) by --detections.")
    found = NO_DETECTIONS if detections is None else read_detections(path, length, min_score)
    truth_path = folder / "gt" / "gt.txt"
    truth = read_ground_truth(truth_path, length) if truth_path.is_file() else None
    if length is None:
        length = 1 + max(file.frames.max(initial=0) for file in (found, truth) if file is not None)
    return Sequence(
        name=folder.resolve().name,
        frame_rate=info.frame_rate or (images.frame_rate if images else None) or 30.0,
        length=length,
        image_size=info.image_size,
        detections=found.per_frame(length),
        score_scale=found.score_scale,
        ground_truth=truth,
        images=images,
    )


class Info(NamedTuple):
    length: int | None = None
    frame_rate: float | None = None
    image_size: tuple[int, int] | None = None


def read_info(path: Path) -> Info:
    if not path.is_file():
        return Info()
    parser = configparser.ConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"), source=str(path))
        section = parser["Sequence"]
        length, rate = section.getint("seqLength"), section.getfloat("frameRate")
        size = section.getint("imWidth"), section.getint("imHeight")
    except (configparser.Error, KeyError, ValueError) as error:
        what = " ".join(str(error).split())
        raise InputError(f"{path} is no [Sequence] with seqLength and frameRate ({what}): correct or delete it.") from None
    for name, value in ("seqLength", length), ("frameRate", rate), ("imWidth", size[0]), ("imHeight", size[1]):
        if value is not None and not 0 < value < float("inf"):
            raise InputError(f"{path}: {name}={value:g} must be above 0; correct or delete that line.")
    return Info(length, rate, size if all(size) else None)


def _find_images(folder: Path, length: int | None) -> PictureFolder | Video | None:
    pictures = PictureFolder(folder / "img1" if (folder / "img1").is_dir() else folder, length)
    if not pictures.empty:
        return pictures
    videos = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEOS)
    if len(videos) > 1:
        raise InputError(f"{folder} has no img1/ and more than one video ({', '.join(path.name for path in videos)}): leave one.")
    return Video(videos[0], length) if videos else None
