"""The images of a camera in a recording's folder: numbered images, or a video."""

from pathlib import Path

from reid.footage.frames import VIDEOS, PictureFolder, Video


def find_images(folder: Path, stem: str, length: int | None = None) -> PictureFolder | Video | None:
    """The images in `folder/stem/`, or the video `folder/stem.mp4` (or another suffix), or None.

    `length` is the required number of frames; None accepts any.
    """
    if (folder / stem).is_dir() and not (pictures := PictureFolder(folder / stem, length)).empty:
        return pictures
    videos = (path for path in sorted(folder.glob(f"{stem}.*")) if path.suffix.lower() in VIDEOS)
    return next((Video(path, length) for path in videos), None)
