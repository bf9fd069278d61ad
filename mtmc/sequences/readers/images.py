"""The images of a camera in a recording's folder: numbered images, or a video."""

from pathlib import Path

from reid.footage.frames import PictureFolder, Video, choose_images, videos_in


def find_images(folder: Path, stem: str, length: int | None = None) -> PictureFolder | Video | None:
    """The images in `folder/stem/`, or the video `folder/stem.mp4` (or another suffix), or None.

    `length` is the required number of frames; None accepts any. Raises `InputError` for two videos, as `choose_images` does.
    """
    videos = [path for path in videos_in(folder) if path.stem == stem]
    return choose_images(folder / stem if (folder / stem).is_dir() else None, videos, length)
