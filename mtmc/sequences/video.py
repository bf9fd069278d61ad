"""A video of one's own, or a live camera, with its detections in a MOTChallenge text file or without."""

from pathlib import Path

from mtmc.sequences.frames import Video
from mtmc.sequences.mot_text import NO_DETECTIONS, read_detections
from mtmc.sequences.sequence import Sequence
from reid.errors import InputError

TEXTS = {".txt", ".csv", ".json", ".yaml", ".yml"}  # some of which a video reader takes for subtitles or raw pictures


def read_video(source: str | Path | int, detections: str | Path | None, min_score: float | None = None) -> Sequence:
    """A video file, a camera's index (0, 1, ...) or a stream's address, with `detections` in MOT text, if any.

    The file's frame 1 is the first frame decoded. A live source ends with the last frame that the detections name. Raises
    `InputError` for a source that does not open, and as `read_detections` does.
    """
    text = str(source)
    live = text.isdigit() or "://" in text
    if not live and not Path(source).is_file():
        raise InputError(f"{source} is neither a video file, a folder, a camera's index nor a stream's address.")
    if not live and Path(source).suffix.lower() in TEXTS:
        raise InputError(f"{source} is text by its name, not a video: detections are given with --detections.")
    images = Video((int(text) if text.isdigit() else text) if live else Path(source))
    length, found = None if live else images.length, NO_DETECTIONS
    if detections is not None:
        found = read_detections(Path(detections), length, min_score)
    last = 1 + int(found.frames.max(initial=-1))
    return Sequence(
        name=f"camera{text}" if text.isdigit() else Path(text).stem or "stream",
        frame_rate=images.frame_rate or 30.0,
        length=last if live and detections is not None else length,
        image_size=images.size if all(images.size) else None,
        detections=found.per_frame(last),
        score_scale=found.score_scale,
        images=images,
    )
