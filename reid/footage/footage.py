"""The footage of one camera: a folder in MOTChallenge's layout, a video file or a live source, with or without detections."""

import configparser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from reid.common.errors import InputError
from reid.common.text_file import read_text
from reid.footage.bounds import FARTHEST, FASTEST, MOST_FRAMES, SLOWEST
from reid.footage.detection_text import NO_DETECTIONS, DetectionFile, read_detections
from reid.footage.frames import PictureFolder, Video, choose_images, videos_in

TEXTS = {".txt", ".csv", ".json", ".yaml", ".yml"}  # some of which a video reader takes for subtitles or raw images


@dataclass(frozen=True)
class Footage:
    """The recording of one camera: `length` frames (None: unknown) at `frame_rate` frames per second; `image_size` is (width,
    height) in pixels, or None if only the images determine it. `images` yields BGR frames, or is None. The `length` of a video is
    an estimate, as headers are; its frames determine where it ends.
    """

    name: str
    frame_rate: float
    length: int | None
    image_size: tuple[int, int] | None
    detections: DetectionFile
    images: PictureFolder | Video | None


def open_footage(
    source: str | Path | int,
    detections: str | Path | None,
    min_score: float | None = None,
    score_scale: str | None = None,
) -> Footage:
    """Open a folder in MOTChallenge's layout, a video file, a camera (by index) or a stream (by address).

    `detections` is a MOT text file; for a folder, also the name of a file in its `det/`; None reads none. `min_score` and
    `score_scale` are as in `read_detections`. Raises `InputError` for a source that cannot be read.
    """
    folder = Path(str(source))
    if folder.is_dir():
        return open_folder(folder, detections_for(folder, detections), min_score, score_scale)
    return open_video(source, detections, min_score, score_scale)


def detections_for(folder: Path, detections: str | Path | None) -> str | None:
    """The argument for `open_folder`: the name of a file in `det/`, or the absolute path of another file."""
    if detections is None:
        return None
    elsewhere = Path(detections).is_file() and not (folder / "det" / detections).is_file()
    return str(Path(detections).resolve() if elsewhere else detections)


def open_folder(
    folder: Path, detections: str | None = "det.txt", min_score: float | None = None, score_scale: str | None = None
) -> Footage:
    """Open a folder in MOTChallenge's layout; images are optional and opened on demand.

    `detections` is a file name in `det/`, an absolute path, or None; `min_score` and `score_scale` are as in `read_detections`.
    The footage is named after its folder, since copies share a `seqinfo.ini`. Its length is `seqLength`, else the number of
    images. Raises `InputError` for missing or malformed files.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: not a folder")
    info = read_info(folder / "seqinfo.ini")
    images = _find_images(folder, info.length)
    length = info.length or (images.length if images else None)
    path = folder / "det" / (detections or "")
    if detections is not None and not path.is_file():
        there = ", ".join(sorted(other.name for other in (folder / "det").glob("*.txt"))) or "none"
        raise InputError(f"{path}: no such file; choose one of the files in {folder / 'det'} ({there}) with --detections")
    found = NO_DETECTIONS
    if detections is not None:
        # A header is looked at, but no picture: with boxes given, tracking without appearance reads no image.
        size = info.image_size or (images.size if isinstance(images, Video) else None)
        found, length = read_within(lambda limit: read_detections(path, limit, min_score, score_scale, size), length, images)
    rate = info.frame_rate or (images.frame_rate if images else None) or 30.0
    return Footage(folder.resolve().name, rate, length, info.image_size, found, images)


def open_video(
    source: str | Path | int,
    detections: str | Path | None,
    min_score: float | None = None,
    score_scale: str | None = None,
) -> Footage:
    """Open a video file, a camera index (0, 1, ...) or a stream address, with optional `detections` in MOT text.

    Frame 1 is the first decoded frame. A live source ends at the last frame with detections. Raises `InputError` for a source
    that does not open, and as `read_detections` does.
    """
    text = str(source)
    live = text.isdigit() or "://" in text
    if not live and not Path(text).is_file():
        raise InputError(f"{source}: neither a video file, a folder, a camera index nor a stream address")
    if not live and Path(text).suffix.lower() in TEXTS:
        raise InputError(f"{source}: a text file, not a video; give detections with --detections")
    images = Video((int(text) if text.isdigit() else text) if live else Path(text))
    size, rate, length = images.size if all(images.size) else None, images.frame_rate or 30.0, None if live else images.length
    found = NO_DETECTIONS
    if detections is not None:
        file = Path(detections)
        found, length = read_within(lambda limit: read_detections(file, limit, min_score, score_scale, size), length, images)
        if live:
            length = 1 + int(found.frames.max(initial=-1))
            images = Video(images.source, length)
    return Footage(
        name=f"camera{text}" if text.isdigit() else Path(text).stem or "stream",
        frame_rate=rate,
        length=length,
        image_size=size,
        detections=found,
        images=images,
    )


class _ByFrame(Protocol):
    @property
    def frames(self) -> np.ndarray: ...


Rows = TypeVar("Rows", bound=_ByFrame)


def read_within(
    read: Callable[[int | None], Rows], length: int | None, images: PictureFolder | Video | None
) -> tuple[Rows, int | None]:
    """What `read(limit)` gives for a recording of `length` frames, whose later rows it refuses, and the length.

    A video's header only estimates the length: where rows lie beyond it, the frames are counted.
    """
    if length is not None and isinstance(images, Video) and images.estimated:
        rows = read(None)
        last = int(rows.frames.max(initial=-1))
        length = length if last < length else images.count()
        if last < length:
            return rows, length
    return read(length), length


class Info(NamedTuple):
    """The contents of `seqinfo.ini`: length in frames, frames per second, (width, height) in pixels; None for missing entries."""

    length: int | None = None
    frame_rate: float | None = None
    image_size: tuple[int, int] | None = None


def read_info(path: Path) -> Info:
    """Read a `seqinfo.ini`, which is optional. Raises `InputError` if it is malformed."""
    if not path.is_file():
        return Info()
    parser = configparser.ConfigParser()
    try:
        parser.read_string(read_text(path), source=str(path))
        section = parser["Sequence"]
        length, rate = section.getint("seqLength"), section.getfloat("frameRate")
        width, height = section.getint("imWidth"), section.getint("imHeight")
    except (configparser.Error, KeyError, ValueError) as error:
        what = " ".join(str(error).split())
        raise InputError(f"{path}: no [Sequence] with seqLength and frameRate ({what}); correct or delete it") from None
    for name, value, least, most in (
        ("seqLength", length, 1, MOST_FRAMES),
        ("frameRate", rate, SLOWEST, FASTEST),
        ("imWidth", width, 1, FARTHEST),
        ("imHeight", height, 1, FARTHEST),
    ):
        if value is not None and not least <= value <= most:
            raise InputError(f"{path}: {name}={value} must be from {least:g} to {most:g}; correct or delete that line")
    return Info(length, rate, (width, height) if width and height else None)


def _find_images(folder: Path, length: int | None) -> PictureFolder | Video | None:
    """What `img1/` holds, else the folder's video, else the pictures in the folder itself."""
    videos = videos_in(folder)
    if (folder / "img1").is_dir() and (found := choose_images(folder / "img1", videos, length)) is not None:
        return found
    return choose_images(None if videos else folder, videos, length)
