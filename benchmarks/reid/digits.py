"""Handwritten digits: the training images of MNIST from its IDX files, or digits rendered in their place."""

import gzip
import struct
from pathlib import Path

import cv2
import numpy as np

from reid.common.errors import InputError
from reid.common.foreign_files import reading

SIZE = 28  # pixels
CLASSES = 10
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def read_mnist(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The training images `(N, 28, 28)` uint8 and labels `(N,)` of MNIST, from `train-images-idx3-ubyte[.gz]` and its labels."""
    images = _read_idx(folder, "train-images", 3)
    labels = _read_idx(folder, "train-labels", 1)
    if images.shape[1:] != (SIZE, SIZE) or len(images) != len(labels):
        raise InputError(f"{folder}: not MNIST: {len(images)} images of {images.shape[1:]} pixels and {len(labels)} labels")
    return images, labels.astype(np.int64)


def render_digits(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`count` drawings of each digit, `(10 * count, 28, 28)` uint8 white on black, shifted and blurred, and their labels."""
    labels = np.repeat(np.arange(CLASSES), count)
    images = np.zeros((len(labels), SIZE, SIZE), np.uint8)
    for image, label in zip(images, labels, strict=True):
        font, thickness = _FONTS[random.integers(len(_FONTS))], int(random.integers(1, 4))
        (width, height), _ = cv2.getTextSize(str(label), font, 0.8, thickness)
        cv2.putText(image, str(label), ((SIZE - width) // 2, (SIZE + height) // 2), font, 0.8, 255, thickness, cv2.LINE_AA)
        turn: np.ndarray = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), random.uniform(-20, 20), random.uniform(0.8, 1.15))
        turn[:, 2] += random.uniform(-2, 2, 2)
        image[:] = cv2.GaussianBlur(cv2.warpAffine(image, turn, (SIZE, SIZE)), (3, 3), random.uniform(0.3, 1))
    return images, labels


def _read_idx(folder: Path, name: str, axes: int) -> np.ndarray:
    """Read an IDX file of unsigned bytes, gzipped or not, under either common name."""
    for path in (folder / f"{name}{dot}idx{axes}-ubyte{end}" for dot in "-." for end in ("", ".gz")):
        if path.is_file():
            with reading(path, "a gzip file", "download it again"):
                data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            break
    else:
        raise InputError(f"{folder}: no {name}-idx{axes}-ubyte of MNIST, gzipped or not")
    start = 4 + 4 * axes
    if len(data) < start or data[:4] != bytes([0, 0, 8, axes]):
        raise InputError(f"{path}: not an IDX file of bytes with {axes} axes")
    shape = struct.unpack(f">{axes}I", data[4:start])
    if len(data) - start != np.prod(shape, dtype=np.int64):
        raise InputError(f"{path}: {len(data) - start} bytes do not fill {' x '.join(map(str, shape))}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
