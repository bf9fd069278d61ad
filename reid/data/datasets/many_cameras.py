"""Training sets of few people in many cameras or sequences."""

from pathlib import Path

from reid.data.datasets.registry import Count, DataSet, locate, register
from reid.data.named_files import read_files


@register("3DPeS/RGB/1_23_FRAME_345_RGB.bmp: identity, sequence, frame", train=Count(1011, 192))
def pes3d(folder: Path) -> DataSet:
    """Baltieri et al., J-HGBU 2011 (3DPeS): 8 cameras, which the file names do not give; each sequence counts as a camera."""
    folder = locate(folder, "3DPeS", "RGB") / "RGB"
    return DataSet(read_files(folder, r"(\d+)_(\d+)_.*\.bmp", lambda match: (int(match[1]), int(match[2]))))


@register("Shinpuhkan2014dataset/images/001_01_....jpg: identity, camera", train=Count(None, 24))
def shinpuhkan(folder: Path) -> DataSet:
    """Kawanishi et al., FCV 2014 (Shinpuhkan2014): 16 cameras, everyone in all of them, more than 22,000 images."""
    folder = locate(folder, "Shinpuhkan2014dataset", "images") / "images"
    return DataSet(read_files(folder, r"(\d{3})_(\d{2}).*\.jpg", lambda match: (int(match[1]), int(match[2]))))
