"""Which files are pictures, wherever a folder of them is read."""

from pathlib import Path

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}


def is_picture(path: Path) -> bool:
    """Whether a file is a picture by its name; hidden ones, as the `._` files that macOS leaves beside pictures, are none."""
    return path.suffix.lower() in PICTURES and not path.name.startswith(".")
